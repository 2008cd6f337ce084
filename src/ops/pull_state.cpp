#include "ops/pull_state.hpp"

#include "base/escape.hpp"
#include "store/folders.hpp"
#include "store/local_dir.hpp"
#include "store/no_exist.hpp"
#include "store/pin.hpp"
#include "store/ref_store.hpp"
#include "store/tree_cache.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

namespace larder::ops {
namespace {

constexpr std::size_t kQuickTree = 20'000;  // files: writes in well under the second that an interrupt has (docs/manual.md "Ground rules")

bool is_refused(const Error& error) { return error.code == ErrorCode::ReadOnly || error.code == ErrorCode::PermissionDenied; }

}  // namespace

PullState::PullState(Services& services, const PullOptions& options, const Prepared& prepared, const CancelToken& cancel)
    : services_(services),
      options_(options),
      prepared_(prepared),
      cancel_(cancel),
      layout_(services.store.layout(options.reference.repo)) {}

Result<void> PullState::begin() {
  has_begun_ = true;
  if (!prepared_.plan.files.empty()) return {};  // the destination makes its folders and takes the lease before its first change
  if (options_.local_dir) return services_.disk.make_folders(prepared_.folder);
  LARDER_TRY(const auto gate, make_repo());
  return services_.disk.make_folders(prepared_.folder);
}

Result<store::RepoGate> PullState::make_repo() const {
  return store::RepoGate::prepare(services_.store, layout_, options_.engine.lock_timeout, cancel_);
}

Result<void> PullState::write_tree() {
  const bool is_new = prepared_.target.tree_is_new;
  if (!is_new && !options_.local_dir) return {};
  const auto& commit = prepared_.target.resolved.commit;
  if (options_.local_dir) {
    const store::LocalDirLayout local(*options_.local_dir);
    // A listing that the cache had belongs here as well: the folder may be carried to a machine without network.
    LARDER_TRY(const auto there, services_.disk.look(local.tree(commit)));
    if (!is_new && there) return {};
    store::Folders folders(services_.disk, local.folder());  // T11: not through a link
    for (const auto& path : {local.tmp(), local.trees()}) LARDER_CHECK(folders.make(path));
    return store::write_tree(services_.store, local.tmp(), local.tree(commit), *prepared_.target.tree);
  }
  // I12: a run that failed early has made nothing yet, and a repository that is only a listing would be one more warning of the scanner.
  auto gate = make_repo();
  auto written = gate ? Result<void>{} : Result<void>(fail(gate.error()));
  if (written) written = store::write_tree(services_.store, layout_.tmp(), layout_.tree(commit), *prepared_.target.tree);
  if (!written && is_refused(written.error()) && !has_begun_) return {};
  return written;
}

Result<void> PullState::write_ref(PullReport& report) {
  const auto& resolved = prepared_.target.resolved;
  if (options_.offline || resolved.asked.commit()) return {};
  LARDER_TRY(const auto before, store::read_ref(services_.store, layout_, resolved.asked));
  LARDER_TRY(const auto written, store::write_ref(services_.store, layout_, resolved.asked, resolved.commit));
  switch (written) {
    case store::RefWrite::Written:
      if (before) {
        report.notes.push_back(fmt::format("{} moved from {} to {}", resolved.asked.text(), before->hex(), resolved.commit.hex()));
      }
      break;
    case store::RefWrite::AlreadyThere:
      break;
    case store::RefWrite::Collides:
      report.warnings.push_back(
          fmt::format("refs/{}: not written, its name collides with another ref in the cache; offline use this snapshot by its commit {}",
                      escape_text(resolved.asked.text()), resolved.commit.hex()));
      break;
  }
  return {};
}

Result<void> PullState::write_marks_and_ref(PullReport& report) {
  if (options_.local_dir) return {};
  const auto& resolved = prepared_.target.resolved;
  if (resolved.asked.commit() && !options_.offline) {
    auto pinned = store::write_pin(services_.store, layout_, resolved.commit, store::PinKind::Commit);
    if (!pinned && (has_begun_ || !is_refused(pinned.error()))) return pinned;
  }
  if (auto used = store::mark_used(services_.store, layout_, resolved.commit); !used) log::info(used.error().text());
  auto written = write_ref(report);
  if (!written && !has_begun_ && is_refused(written.error())) {
    report.warnings.push_back("the ref was not written: " + written.error().text());
    return {};
  }
  return written;
}

void PullState::mark_missing(const std::vector<std::string>& paths) {
  if (options_.local_dir || options_.offline || paths.empty()) return;
  const auto gate = make_repo();
  auto prepared = gate ? Result<void>{} : Result<void>(fail(gate.error()));
  for (const auto& path : paths) {
    if (!prepared || !repo::check_name(path, repo::NamePlace::Cache)) continue;
    prepared = store::write_no_exist(services_.store, layout_, prepared_.target.resolved.commit, path);
  }
  if (!prepared) log::info(prepared.error().text());
}

void PullState::abandon() {
  const bool is_quick = has_begun_ && prepared_.target.tree && prepared_.target.tree->size() <= kQuickTree;
  if (!is_quick) return;
  if (auto written = write_tree(); !written) log::info(written.error().text());
}

}  // namespace larder::ops
