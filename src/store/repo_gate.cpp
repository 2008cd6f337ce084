#include "store/repo_gate.hpp"

#include "base/escape.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

namespace larder::store {
namespace {

constexpr std::chrono::milliseconds kPoll{50};

/// Busy: still, after `patience`. Whatever else goes wrong leaves the gate open.
Result<fs::LockAttempt> wait_for(Store& store, const RepoLayout& layout, fs::FileLock::Kind kind, std::chrono::seconds patience,
                                 const CancelToken& cancel) {
  const SteadyTime deadline = store.clock().now() + patience;
  if (const auto made = store.make_folders(layout.locks()); !made) return fs::LockAttempt{fs::FileLock::Outcome::Unsupported, std::nullopt};
  while (true) {
    auto attempt = fs::FileLock::try_lock(layout.gate(), fs::FileLock::kGroupMode, kind);
    if (!attempt) {
      log::info(attempt.error().text());
      return fs::LockAttempt{fs::FileLock::Outcome::Unsupported, std::nullopt};
    }
    if (attempt->outcome != fs::FileLock::Outcome::Busy || store.clock().now() >= deadline) return attempt;
    if (!store.clock().wait_until(store.clock().now() + kPoll, cancel)) return fail(cancel.error());
  }
}

}  // namespace

Result<RepoGate> RepoGate::enter(Store& store, const RepoLayout& layout, std::chrono::seconds patience, const CancelToken& cancel) {
  LARDER_TRY(auto attempt, wait_for(store, layout, fs::FileLock::Kind::Shared, patience, cancel));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) {
    return fail(ErrorCode::LockBusy, fmt::format("{}: something is being removed from it", escape_text(layout.repo())),
                "try again when `larder cache` has ended");
  }
  return RepoGate(std::move(attempt.lock));
}

Result<std::optional<RepoGate>> RepoGate::close(Store& store, const RepoLayout& layout, std::chrono::seconds patience,
                                                const CancelToken& cancel) {
  LARDER_TRY(auto attempt, wait_for(store, layout, fs::FileLock::Kind::Exclusive, patience, cancel));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) return std::optional<RepoGate>{};
  return std::optional<RepoGate>(RepoGate(std::move(attempt.lock)));
}

}  // namespace larder::store
