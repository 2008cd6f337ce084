#include "transfer/local_dir_destination.hpp"

#include "base/escape.hpp"
#include "base/scope_exit.hpp"
#include "fs/path.hpp"
#include "store/blob_publisher.hpp"
#include "store/local_files.hpp"
#include "store/partial_store.hpp"
#include "transfer/local_copies.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace larder::transfer {
namespace {

using store::LocalState;

store::LocalWanted wanted(const repo::FileEntry& file) { return {file.path, file.digest(), file.size}; }

}  // namespace

class LocalDirDestination::Impl {
 public:
  Impl(store::Store& cache, const repo::RepoId& repo, repo::CommitId commit, LocalDirOptions options)
      : store_(cache),
        commit_(std::move(commit)),
        options_(std::move(options)),
        layout_(fs::resolved(options_.folder)),  // DIR may be a link or lie below one; nothing below it may
        files_(cache, layout_, commit_, options_.overwrite ? store::Overwrite::Yes : store::Overwrite::No),
        partials_(cache, layout_.own()),
        copies_(cache, layout_, repo, commit_, options_.hard_links ? store::HardLinks::Yes : store::HardLinks::No) {}

  Result<PresenceFacts> look(const repo::FileEntry& file);
  Result<bool> settle_here(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel);
  Result<LockOutcome> try_lock(const repo::FileEntry& file, std::optional<int>& holder);
  Result<std::unique_ptr<store::PartialBlob>> open_partial(const repo::FileEntry& file);
  Result<void> publish(const repo::FileEntry& file, store::PartialBlob& partial);
  std::vector<Result<void>> publish_small(std::span<const SmallFile> files);
  void unlock(std::string_view path) { locks_.erase(std::string(path)); }
  Result<void> prepare();
  Result<void> finish() { return files_.sync(); }

 private:
  static constexpr int kOthersThatBegin = 16;  // runs in one folder at the same time

  /// A small file on its way into a group commit; empty names: it failed.
  struct Staged {
    std::string temp;
    std::string metadata;
    UniqueFd fd;
  };

  Result<void> begin();
  Result<bool> bring(const repo::FileEntry& file, const LocalCopy& copy, ProgressSink& progress, const CancelToken& cancel);
  Result<void> install(const std::string& temp, const repo::FileEntry& file);
  Result<bool> finished_by_another(const repo::FileEntry& file);
  Result<Staged> stage(const SmallFile& small);
  Result<void> sync_staged(const std::vector<Staged>& staged);
  Result<void> install_staged(const Staged& staged, const repo::FileEntry& file);

  store::Store& store_;
  repo::CommitId commit_;
  LocalDirOptions options_;
  store::LocalDirLayout layout_;
  store::LocalFiles files_;
  store::PartialStore partials_;
  LocalCopies copies_;
  std::optional<store::Lease> lease_;
  std::map<std::string, fs::FileLock> locks_;  // by path
  bool prepared_ = false;
  bool noted_no_locks_ = false;
};

Result<void> LocalDirDestination::Impl::prepare() {
  if (prepared_) return lease_->renew_if_due();
  auto begun = begin();
  // What we write before our lease is there looks like a dead run's to another one that begins at the same time, and is cleared away.
  for (int others = 0; !begun && begun.error().os_error == ENOENT && others < kOthersThatBegin; ++others) begun = begin();
  LARDER_CHECK(begun);
  prepared_ = true;
  return {};
}

Result<void> LocalDirDestination::Impl::begin() {
  LARDER_CHECK(files_.prepare());
  LARDER_TRY(auto lease, store::Lease::take_in(store_, layout_.leases(), layout_.tmp(), commit_));
  lease_.emplace(std::move(lease));
  return {};
}

Result<PresenceFacts> LocalDirDestination::Impl::look(const repo::FileEntry& file) {
  LARDER_TRY(const LocalState state, files_.look(wanted(file)));
  switch (state) {
    case LocalState::Here:
      return PresenceFacts{Presence::Complete};
    case LocalState::HereBefore:
    case LocalState::SameBytes:
      return PresenceFacts{Presence::BlobHere};
    case LocalState::Foreign:
      return PresenceFacts{Presence::Foreign};
    case LocalState::Absent:
    case LocalState::Other:
      break;
  }
  LARDER_TRY(const auto copy, copies_.find_in_cache(file));
  if (copy) {
    PresenceFacts facts{Presence::BlobHere};
    if (!copy->may_be_linked) facts.settle_bytes = file.size;  // a reflink may save it, but nobody knows before
    return facts;
  }
  LARDER_TRY(const std::uint64_t bytes, partials_.resumable_bytes(file.digest(), file.size));
  return PresenceFacts{bytes > 0 ? Presence::Partial : Presence::Missing, bytes};
}

Result<bool> LocalDirDestination::Impl::settle_here(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel) {
  LARDER_TRY(const LocalState state, files_.look(wanted(file)));
  switch (state) {
    case LocalState::Here:
      return true;
    case LocalState::HereBefore:
    case LocalState::SameBytes:
      LARDER_CHECK(prepare());
      LARDER_CHECK(files_.write_metadata(wanted(file)));
      return true;
    case LocalState::Absent:
    case LocalState::Other:
    case LocalState::Foreign:  // `install` refuses it without --overwrite
      break;
  }
  LARDER_TRY(const auto copy, copies_.find(file));
  if (!copy) return false;
  LARDER_CHECK(prepare());
  return bring(file, *copy, progress, cancel);
}

Result<bool> LocalDirDestination::Impl::bring(const repo::FileEntry& file, const LocalCopy& copy, ProgressSink& progress,
                                              const CancelToken& cancel) {
  const std::string temp = store_.temp_name(layout_.tmp());
  const ScopeExit clean([&] { (void)store_.disk().remove_file(temp); });
  const TaskId task = progress.begin(TaskKind::File, file.path, file.size);
  bool done = false;
  const ScopeExit end([&] { progress.end(task, done ? TaskEnd::Done : TaskEnd::Failed); });
  const auto heard = [&](std::uint64_t bytes) { progress.advance(task, bytes); };
  LARDER_TRY(const bool right, copies_.fill(temp, file, copy, heard, cancel));
  if (!right) {
    log::warn(fmt::format("{}: not used: its bytes are not what its name says", escape_text(copy.path)));
    return false;
  }
  LARDER_CHECK(install(temp, file));
  done = true;
  return true;
}

Result<void> LocalDirDestination::Impl::install(const std::string& temp, const repo::FileEntry& file) {
  LARDER_CHECK(files_.install(temp, wanted(file)));
  LARDER_CHECK(files_.write_metadata(wanted(file)));
  copies_.add(file);
  return {};
}

Result<LockOutcome> LocalDirDestination::Impl::try_lock(const repo::FileEntry& file, std::optional<int>& holder) {
  LARDER_CHECK(prepare());
  const std::string path(file.path);
  if (locks_.contains(path)) return LockOutcome::Held;
  LARDER_CHECK(files_.make_folders_for(path));
  LARDER_TRY(auto attempt, fs::FileLock::try_lock(layout_.lock(path)));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) {
    holder = fs::FileLock::holder(layout_.lock(path));
    return LockOutcome::Busy;
  }
  if (attempt.outcome == fs::FileLock::Outcome::Unsupported && !std::exchange(noted_no_locks_, true)) {  // L32: one notice
    log::warn(fmt::format("{}: file locks do not work here: another process may download the same file", escape_text(layout_.folder())));
  }
  LARDER_TRY(const bool finished, finished_by_another(file));
  if (finished) return LockOutcome::AlreadyDone;
  if (attempt.lock) locks_.emplace(path, std::move(*attempt.lock));
  return LockOutcome::Held;
}

Result<bool> LocalDirDestination::Impl::finished_by_another(const repo::FileEntry& file) {
  if (options_.force) return false;
  LARDER_TRY(const LocalState state, files_.look(wanted(file)));
  if (state == LocalState::HereBefore || state == LocalState::SameBytes) LARDER_CHECK(files_.write_metadata(wanted(file)));
  return state == LocalState::Here || state == LocalState::HereBefore || state == LocalState::SameBytes;
}

Result<std::unique_ptr<store::PartialBlob>> LocalDirDestination::Impl::open_partial(const repo::FileEntry& file) {
  LARDER_CHECK(prepare());
  return partials_.open(file.digest(), file.size);
}

Result<void> LocalDirDestination::Impl::publish(const repo::FileEntry& file, store::PartialBlob& partial) {
  LARDER_CHECK(store::seal(store_.disk(), partial));
  LARDER_CHECK(install(partial.data_path(), file));
  (void)partial.remove();  // the file is in place: what is left of the folder is only untidy
  return {};
}

Result<LocalDirDestination::Impl::Staged> LocalDirDestination::Impl::stage(const SmallFile& small) {
  fs::Disk& disk = store_.disk();
  Staged staged;
  LARDER_CHECK(files_.make_folders_for(small.file.path));
  const std::string temp = store_.temp_name(layout_.tmp());
  LARDER_TRY(staged.fd, disk.create_new(temp));
  ScopeExit clean([&] { (void)disk.remove_file(temp); });
  LARDER_CHECK(disk.write_at(staged.fd.value(), std::as_bytes(std::span(small.content)), 0));
  LARDER_TRY(staged.metadata, files_.stage_metadata(wanted(small.file)));
  staged.temp = temp;
  clean.dismiss();
  return staged;
}

Result<void> LocalDirDestination::Impl::sync_staged(const std::vector<Staged>& staged) {
  for (const auto& one : staged) {
    if (!one.fd) continue;
    if (store::one_sync_is_cheaper(staged.size())) return store_.disk().sync_filesystem(one.fd.value());
    LARDER_CHECK(store_.disk().sync_file(one.fd.value()));
  }
  return {};
}

Result<void> LocalDirDestination::Impl::install_staged(const Staged& staged, const repo::FileEntry& file) {
  LARDER_CHECK(files_.install(staged.temp, wanted(file)));
  LARDER_CHECK(files_.install_metadata(staged.metadata, file.path));
  copies_.add(file);
  return {};
}

// Group commit (engine.md §5.4): every file and its metadata aside, one sync for all, then the renames.
std::vector<Result<void>> LocalDirDestination::Impl::publish_small(std::span<const SmallFile> files) {
  if (auto prepared = prepare(); !prepared) return std::vector<Result<void>>(files.size(), prepared);
  std::vector<Result<void>> results(files.size());
  std::vector<Staged> staged(files.size());
  bool any_open = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto one = stage(files[i]);
    if (!one) {
      results[i] = fail(std::move(one).error());
      continue;
    }
    staged[i] = std::move(*one);
    // Where one sync serves all, one descriptor is enough (L15).
    if (store::one_sync_is_cheaper(files.size()) && std::exchange(any_open, true)) staged[i].fd.reset();
  }
  const auto synced = sync_staged(staged);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (results[i]) results[i] = synced ? install_staged(staged[i], files[i].file) : synced;
    if (results[i]) continue;
    for (const auto& temp : {staged[i].temp, staged[i].metadata}) {
      if (!temp.empty()) (void)store_.disk().remove_file(temp);
    }
  }
  return results;
}

LocalDirDestination::LocalDirDestination(store::Store& cache, const repo::RepoId& repo, repo::CommitId commit, LocalDirOptions options)
    : impl_(std::make_unique<Impl>(cache, repo, std::move(commit), std::move(options))) {}
LocalDirDestination::~LocalDirDestination() = default;

Result<PresenceFacts> LocalDirDestination::look(const repo::FileEntry& file) { return impl_->look(file); }

Result<bool> LocalDirDestination::settle(const repo::FileEntry& file, Presence presence, ProgressSink& progress,
                                         const CancelToken& cancel) {
  if (presence == Presence::Complete) return true;
  if (presence != Presence::BlobHere) return false;
  return impl_->settle_here(file, progress, cancel);
}

Result<void> LocalDirDestination::prepare() { return impl_->prepare(); }

Result<LockOutcome> LocalDirDestination::try_lock(const repo::FileEntry& file, std::optional<int>& holder) {
  return impl_->try_lock(file, holder);
}

Result<std::unique_ptr<store::PartialBlob>> LocalDirDestination::open_partial(const repo::FileEntry& file) {
  return impl_->open_partial(file);
}

Result<void> LocalDirDestination::publish(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial) {
  auto published = impl_->publish(file, *partial);
  impl_->unlock(file.path);
  return published;
}

std::vector<Result<void>> LocalDirDestination::publish_small(std::span<const SmallFile> files) { return impl_->publish_small(files); }

void LocalDirDestination::abandon(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial, bool keep) {
  store::put_aside(std::move(partial), keep ? store::PartialFate::Keep : store::PartialFate::Drop);
  impl_->unlock(file.path);
}

Result<void> LocalDirDestination::finish() { return impl_->finish(); }

}  // namespace larder::transfer
