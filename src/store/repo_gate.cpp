#include "store/repo_gate.hpp"

#include "base/escape.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace larder::store {
namespace {

constexpr std::chrono::milliseconds kPoll{50};

/// Busy: still, after `patience`. Whatever else goes wrong leaves the gate open.
Result<fs::LockAttempt> wait_for(Store& store, const RepoLayout& layout, fs::FileLock::Kind kind, std::chrono::seconds patience,
                                 const CancelToken& cancel) {
  const SteadyTime deadline = store.clock().now() + patience;
  while (true) {
    auto attempt = fs::FileLock::try_lock_folder(layout.repo(), kind);
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

Result<RepoGate> RepoGate::prepare(Store& store, const RepoLayout& layout, std::chrono::seconds patience, const CancelToken& cancel) {
  constexpr int kTries = 64;  // each lost race means that a removal has ended
  for (int i = 0; i < kTries; ++i) {
    auto made = store.prepare(layout);
    // Taken away under our hands; or a place that takes no folders (/proc), which shows by the last try.
    if (!made && made.error().os_error == ENOENT && i + 1 < kTries) continue;
    LARDER_CHECK(std::move(made));
    LARDER_TRY(auto gate, enter(store, layout, patience, cancel));
    LARDER_TRY(const auto still, store.disk().look(layout.snapshots()));
    if (still) return gate;
  }
  return fail(ErrorCode::LockBusy, fmt::format("{}: is made and removed all the time", escape_text(layout.repo())));
}

Result<std::optional<RepoGate>> RepoGate::close(Store& store, const RepoLayout& layout, std::chrono::seconds patience,
                                                const CancelToken& cancel) {
  LARDER_TRY(auto attempt, wait_for(store, layout, fs::FileLock::Kind::Exclusive, patience, cancel));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) return std::optional<RepoGate>{};
  return std::optional<RepoGate>(RepoGate(std::move(attempt.lock)));
}

}  // namespace larder::store
