#include "transfer/cache_destination.hpp"

#include "base/escape.hpp"
#include "store/adopt_blob.hpp"
#include "store/blob_lock.hpp"
#include "store/file_digest.hpp"
#include "store/no_exist.hpp"
#include "store/partial_store.hpp"
#include "store/shared_store.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {
namespace {

constexpr std::chrono::nanoseconds kWrittenBackAfter = std::chrono::minutes(10);  // the kernel's own limit is 30 s, plus a busy disk

/// A progress task that ends however the function is left.
class HashTask {
 public:
  HashTask(ProgressSink& sink, const repo::FileEntry& file) : sink_(sink), id_(sink.begin(TaskKind::File, file.path, file.size)) {}
  HashTask(const HashTask&) = delete;
  HashTask& operator=(const HashTask&) = delete;
  ~HashTask() { sink_.end(id_, done_ ? TaskEnd::Done : TaskEnd::Failed); }
  [[nodiscard]] store::BytesDone heard() {
    return [this](std::uint64_t bytes) { sink_.advance(id_, bytes); };
  }
  void done() { done_ = true; }

 private:
  ProgressSink& sink_;
  TaskId id_;
  bool done_ = false;
};

store::Existing existing(const CacheDestinationOptions& options) {
  return options.force ? store::Existing::Replace : store::Existing::Keep;
}

}  // namespace

CacheDestination::CacheDestination(store::Store& store, store::RepoLayout layout, repo::CommitId commit,
                                   const CacheDestinationOptions& options)
    : store_(store),
      layout_(std::move(layout)),
      commit_(std::move(commit)),
      options_(options),
      partials_(store, layout_.own()),
      shared_(store),
      other_names_(store.disk(), layout_, commit_),
      snapshot_(std::in_place, store, layout_, commit_),
      publisher_(store, layout_, existing(options)) {}

CacheDestination::~CacheDestination() = default;

Result<void> CacheDestination::prepare() {
  if (prepared_) {
    if (lease_) LARDER_CHECK(lease_->renew_if_due());
    return {};
  }
  LARDER_TRY(const auto gate, store::RepoGate::prepare(store_, layout_, options_.lock_timeout, options_.cancel));
  LARDER_TRY(const auto held, store_.disk().look(layout_.leases() + "/" + store_.run()));
  if (!held) {
    LARDER_TRY(auto lease, store::Lease::take(store_, layout_, commit_));
    lease_.emplace(std::move(lease));
  }
  LARDER_TRY(has_markers_, store::has_no_exist(store_, layout_, commit_));
  prepared_ = true;
  gate_.reset();
  return {};
}

Result<void> CacheDestination::enter_gate() {
  if (gate_) return {};
  LARDER_TRY(auto gate, store::RepoGate::enter(store_, layout_, options_.lock_timeout, options_.cancel));
  gate_.emplace(std::move(gate));
  return {};
}

// Of a repository that is not here no file needs looking for: one question a file for four.
Result<bool> CacheDestination::has_repo() {
  if (has_repo_) return true;
  LARDER_TRY(const auto repo, store_.disk().look(layout_.repo()));
  has_repo_ = repo.has_value();
  return has_repo_;
}

Result<PresenceFacts> CacheDestination::look(const repo::FileEntry& file) {
  LARDER_TRY(const bool is_there, has_repo());
  if (is_there && options_.is_watched && !gate_ && !prepared_) LARDER_CHECK(enter_gate());  // what is not there is not removed
  store::CachedFile cached;
  if (is_there) {
    LARDER_TRY(cached, find(file));
  }
  if (cached.state == store::CachedState::Complete && !cached.must_hash) return PresenceFacts{Presence::Complete, 0};
  if (cached.state != store::CachedState::Missing) return PresenceFacts{Presence::BlobHere, 0};
  LARDER_TRY(const bool shared, is_shared_here(file));
  if (shared) return PresenceFacts{Presence::SharedHere, 0};
  if (is_there && other_names_.find(file)) return PresenceFacts{Presence::BlobHere, 0};
  LARDER_TRY(const std::uint64_t bytes, partials_.resumable_bytes(file.digest(), file.size));
  return PresenceFacts{bytes > 0 ? Presence::Partial : Presence::Missing, bytes};
}

Result<store::CachedFile> CacheDestination::find(const repo::FileEntry& file) const {
  return store::find_cached(store_.disk(), layout_, commit_, {file.path, file.digest(), file.size});
}

// c: only what the listing says Xet has, and only with a sha256 to check it by.
Result<bool> CacheDestination::is_shared_here(const repo::FileEntry& file) {
  if (!file.xet_hash || !file.lfs_sha256) return false;
  if (!shared_usable_) {
    LARDER_TRY(shared_usable_, shared_.is_usable());
  }
  if (!*shared_usable_) return false;
  return shared_.has(repo::hex(*file.xet_hash), file.size);
}

Result<bool> CacheDestination::settle(const repo::FileEntry& file, Presence presence, ProgressSink& progress, const CancelToken& cancel) {
  switch (presence) {
    case Presence::Complete:
      return true;
    case Presence::BlobHere:
      return settle_here(file, progress, cancel);
    case Presence::SharedHere:
      return settle_shared(file, progress, cancel);
    case Presence::Missing:
    case Presence::Partial:
    case Presence::Foreign:
      return false;
  }
  return false;
}

Result<bool> CacheDestination::settle_here(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel) {
  LARDER_TRY(const auto cached, find(file));
  if (cached.state == store::CachedState::Missing) return settle_other_name(file, progress, cancel);
  if (cached.must_hash) {
    HashTask task(progress, file);
    LARDER_TRY(const bool right, has_right_bytes(cached.path, file, task.heard(), cancel));
    if (!right) return false;
    task.done();
  }
  if (cached.state == store::CachedState::Complete) return true;
  LARDER_CHECK(prepare());
  LARDER_CHECK(reuse(file, cached));
  return true;
}

// another client may have the bytes here under a name of its own. Only the digest says so; then they get their name as published
// bytes do, and the link is replaced.
Result<bool> CacheDestination::settle_other_name(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel) {
  const auto found = other_names_.find(file);
  if (!found) return false;
  HashTask task(progress, file);
  LARDER_TRY(const bool right, has_right_bytes(found->path, file, task.heard(), cancel));
  if (!right) return false;
  LARDER_CHECK(prepare());
  // One inode with what everybody may write would not be a blob for long (T50).
  const auto hard_links = store::everybody_may_write(found->facts) ? store::HardLinks::No : store::HardLinks::Yes;
  const auto taken = store::adopt_blob(store_, layout_, {found->path, file.digest(), file.size, found->facts}, hard_links, cancel);
  if (!taken && (taken.error().code == ErrorCode::LockBusy || taken.error().code == ErrorCode::DigestMismatch)) return false;
  LARDER_CHECK(taken);
  LARDER_CHECK(link(file, store::BlobOrigin::WasHere));
  task.done();
  return true;
}

// Other clients sync nothing. A file that one of them has just written may not be on the disk yet, and our success is to survive a power
// cut (I5): one sync at the end serves all of them. What is older has been written back long ago.
Result<void> CacheDestination::reuse(const repo::FileEntry& file, const store::CachedFile& cached) {
  const std::int64_t now = unix_ns(store_.clock().wall_now());
  if (cached.facts.ctime_ns > now - kWrittenBackAfter.count()) recent_ = cached.path;
  return link(file, store::BlobOrigin::WasHere);
}

Result<bool> CacheDestination::has_right_bytes(const std::string& path, const repo::FileEntry& file, const store::BytesDone& heard,
                                               const CancelToken& cancel) {
  LARDER_TRY(const UniqueFd fd, store_.disk().open_read(path));
  LARDER_TRY(const auto digest, store::digest_file(store_.disk(), fd.value(), {file.digest().algorithm(), file.size}, heard, cancel));
  if (digest == file.digest()) return true;
  log::warn(fmt::format("{}: not used for {}: digest mismatch: expected {}, got {}", escape_text(path), escape_text(file.path),
                        file.digest().text(), digest.text()));
  return false;
}

Result<bool> CacheDestination::settle_shared(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel) {
  LARDER_TRY(const bool here, is_shared_here(file));
  if (!here) return false;
  LARDER_CHECK(prepare());
  HashTask task(progress, file);
  const store::SharedLink what{repo::hex(*file.xet_hash), file.digest(), file.size};
  LARDER_TRY(const bool linked, shared_.link(layout_, what, task.heard(), cancel));
  if (!linked) return false;
  task.done();
  LARDER_CHECK(link(file, store::BlobOrigin::WasHere));
  return true;
}

// Without links the blob itself moves into the snapshot, and others of the same bytes have to know. A blob that was here is linked at once:
// it may be another revision's, whose removal takes what no snapshot leads to.
Result<void> CacheDestination::link(const repo::FileEntry& file, store::BlobOrigin origin) {
  if (!snapshot_->has_links()) return place(file.path, file.blob_name(), origin);
  pending_.push_back({file.path, file.digest(), origin});
  return origin == store::BlobOrigin::WasHere ? place(file.path, file.blob_name(), origin) : Result<void>{};
}

Result<void> CacheDestination::place(std::string_view path, const std::string& blob, store::BlobOrigin origin) {
  LARDER_CHECK(snapshot_->place(path, blob, origin));
  // a marker would win over the file that is now here.
  if (has_markers_) LARDER_CHECK(store::remove_no_exist(store_, layout_, commit_, path));
  return {};
}

/// In the order of the blobs: where links turn out to be impossible, only the last file of the same bytes takes the blob with it.
/// One that has no place does not keep the others from theirs; the first error is the answer.
Result<void> CacheDestination::place_pending() {
  std::sort(pending_.begin(), pending_.end(), [](const PendingLink& a, const PendingLink& b) { return a.digest < b.digest; });
  if (!pending_.empty() && snapshot_->has_links()) snapshot_.emplace(store_, layout_, commit_);  // folders made before may be gone
  Result<void> all;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const bool has_twin = i + 1 < pending_.size() && pending_[i + 1].digest == pending_[i].digest;
    Result<void> placed = place_fetched(pending_[i], has_twin);
    if (!placed && all) all = std::move(placed);
  }
  pending_.clear();
  return all;
}

Result<void> CacheDestination::place_fetched(const PendingLink& link, bool has_twin) {
  const std::string blob = link.digest.hex();
  LARDER_TRY(const auto there, store_.disk().look_through(layout_.blob(blob)));
  if (!there && snapshot_->has_links()) {
    return fail(ErrorCode::IoFailed, fmt::format("{}: removed by another program during the download", escape_text(link.path)),
                "run the same command again");
  }
  return place(link.path, blob, has_twin ? store::BlobOrigin::WasHere : link.origin);
}

Result<LockOutcome> CacheDestination::try_lock(const repo::FileEntry& file, std::optional<int>& holder) {
  LARDER_CHECK(prepare());
  const std::string blob = file.blob_name();
  if (locks_.contains(blob)) return LockOutcome::Held;
  LARDER_TRY(auto attempt, store::try_lock_blob(store_, layout_, blob));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) {
    holder = fs::FileLock::holder(layout_.lock(blob));
    return LockOutcome::Busy;
  }
  if (attempt.outcome == fs::FileLock::Outcome::Unsupported) note_no_locks();
  LARDER_TRY(const bool finished, finished_by_another(file));
  if (finished) return LockOutcome::AlreadyDone;
  if (attempt.lock) locks_.emplace(blob, std::move(*attempt.lock));
  return LockOutcome::Held;
}

// L32: one notice, then on without locks; they only save bandwidth.
void CacheDestination::note_no_locks() {
  if (std::exchange(noted_no_locks_, true)) return;
  log::warn(fmt::format("{}: file locks do not work here: another process may download the same file", escape_text(store_.root())));
}

Result<bool> CacheDestination::finished_by_another(const repo::FileEntry& file) {
  if (options_.force) return false;
  LARDER_TRY(const auto cached, find(file));
  if (cached.state == store::CachedState::Missing) return false;
  if (cached.must_hash) {
    LARDER_TRY(const bool right, has_right_bytes(cached.path, file, {}, {}));
    if (!right) return false;
  }
  if (cached.state == store::CachedState::BlobHere) LARDER_CHECK(reuse(file, cached));
  return true;
}

Result<std::unique_ptr<store::PartialBlob>> CacheDestination::open_partial(const repo::FileEntry& file) {
  LARDER_CHECK(prepare());
  return partials_.open(file.digest(), file.size);
}

Result<void> CacheDestination::publish(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial) {
  auto published = publisher_.publish(file.digest(), *partial);
  if (published) published = link(file, store::BlobOrigin::JustPublished);
  locks_.erase(file.blob_name());  // held until the link is there
  return published;
}

std::vector<Result<void>> CacheDestination::publish_small(std::span<const SmallFile> files) {
  if (auto prepared = prepare(); !prepared) return std::vector<Result<void>>(files.size(), prepared);
  std::vector<store::SmallBlob> blobs;
  blobs.reserve(files.size());
  for (const auto& small : files) blobs.push_back({small.file.digest(), small.content});
  auto results = publisher_.publish_small(blobs);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (results[i]) results[i] = link(files[i].file, store::BlobOrigin::JustPublished);
  }
  return results;
}

void CacheDestination::abandon(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial, bool keep) {
  store::put_aside(std::move(partial), keep ? store::PartialFate::Keep : store::PartialFate::Drop);
  locks_.erase(file.blob_name());
}

Result<void> CacheDestination::finish() {
  if (recent_) {
    LARDER_TRY(const UniqueFd fd, store_.disk().open_read(*recent_));
    LARDER_CHECK(store_.disk().sync_filesystem(fd.value()));
    recent_.reset();
  }
  Result<void> placed = place_pending();
  LARDER_CHECK(snapshot_->sync());
  return placed;
}

}  // namespace larder::transfer
