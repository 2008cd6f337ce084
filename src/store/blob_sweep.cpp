#include "store/blob_sweep.hpp"

#include "store/blob_lock.hpp"
#include "store/repo_use.hpp"
#include "store/shared_store.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace larder::store {
namespace {

/// Locks held at a time while blobs go: well under the usual limit of 1,024 open files.
constexpr std::size_t kBlobBatch = 256;

}  // namespace

Result<void> BlobSweep::run() {
  const std::set<std::string> names = std::exchange(names_, {});
  if (names.empty()) return {};
  LARDER_TRY(const auto folder, store_.disk().look(layout_.blobs()));
  if (!folder || folder->kind != fs::FileKind::Folder) return {};
  has_place_aside_ = store_.make_folders(layout_.tmp()).has_value();  // a full disk may have no room for it
  std::vector<std::string> batch;
  for (const std::string& name : names) {
    batch.push_back(name);
    if (batch.size() < kBlobBatch) continue;
    LARDER_CHECK(remove_batch(batch));
    batch.clear();
  }
  if (!batch.empty()) LARDER_CHECK(remove_batch(batch));
  LARDER_CHECK(store_.disk().sync_folder(layout_.blobs()));
  // Who links a blob makes the folder for the link before he looks for the blob.
  LARDER_TRY(const auto snapshots, store_.disk().list(layout_.snapshots()));
  return snapshots.empty() ? let_go() : Result<void>{};
}

/// C7: lock first, then look. Whoever wants to link one of these blobs holds its lock or a lease, or has made the link already. A lock that
/// somebody holds keeps the blob; where locks do not work, leases and links have to do.
Result<void> BlobSweep::remove_batch(const std::vector<std::string>& names) {
  std::vector<fs::FileLock> locks;
  std::vector<const std::string*> free;
  for (const std::string& name : names) {
    if (cancel_.is_cancelled()) return fail(cancel_.error());
    LARDER_TRY(const auto entry, store_.disk().look(layout_.blob(name)));
    if (!entry) continue;
    auto attempt = try_lock_blob(store_, layout_, name);
    // A full disk has no room for a lock file that is not there yet, so nobody holds it; and removing is what makes room.
    if (!attempt && attempt.error().code != ErrorCode::DiskFull) return fail(std::move(attempt).error());
    if (attempt && attempt->outcome == fs::FileLock::Outcome::Busy) continue;
    if (attempt && attempt->lock) locks.push_back(std::move(*attempt->lock));
    free.push_back(&name);
  }
  if (free.empty()) return {};
  LARDER_TRY(const RepoUse use, read_leases_now(store_, layout_));
  LARDER_CHECK(reachability_.refresh(steps_, cancel_));
  Result<void> outcome;  // L14: one that cannot be removed does not keep the others
  for (const std::string* name : free) {
    if (use.needs_blob(*name) || reachability_.reaches(*name)) continue;
    if (auto removed = remove(*name); !removed && outcome) outcome = std::move(removed);
  }
  return outcome;
}

Result<void> BlobSweep::remove(const std::string& name) {
  const std::string path = layout_.blob(name);
  LARDER_TRY(const auto facts, store_.disk().look(path));
  if (!facts || (facts->kind != fs::FileKind::Regular && facts->kind != fs::FileKind::Symlink)) return {};
  if (facts->kind == fs::FileKind::Symlink) {
    LARDER_TRY(const auto text, store_.disk().read_link(path));
    const auto payload = text ? payload_of_entry(layout_, *text) : std::nullopt;
    if (!payload) return {};  // a link that leads elsewhere is nobody's blob
    payloads_.insert(*payload);
  }
  if (put_aside(name)) return {};
  LARDER_CHECK(store_.disk().remove_file(path));
  steps_.removed();
  return {};
}

/// False: there is no place for it, which a full disk is reason enough for; removing is what makes room.
bool BlobSweep::put_aside(const std::string& name) {
  if (!has_place_aside_ || !store_.disk().rename(layout_.blob(name), place_aside(name))) return false;
  aside_.push_back(name);
  return true;
}

Result<void> BlobSweep::look_again() {
  const auto looked = reachability_.refresh(steps_, cancel_);
  if (cancel_.is_cancelled()) return fail(cancel_.error());
  const auto wanted = std::partition(aside_.begin(), aside_.end(),
                                     [&](const std::string& name) { return looked.has_value() && !reachability_.reaches(name); });
  const std::vector<std::string> names(wanted, aside_.end());
  aside_.erase(wanted, aside_.end());
  return give_back(names);
}

/// A blob that somebody has made meanwhile stays, and ours goes with the others. What cannot be given back is left where it is.
Result<void> BlobSweep::give_back(const std::vector<std::string>& names) {
  Result<void> outcome;
  for (const std::string& name : names) {
    auto back = store_.disk().rename_new(place_aside(name), layout_.blob(name));
    if (!back && back.error().os_error == ENOENT) continue;  // gone with the whole repository
    if (back && !*back) aside_.push_back(name);
    if (!back && outcome) outcome = fail(std::move(back).error());
  }
  return outcome;
}

Result<void> BlobSweep::let_go() {
  Result<void> outcome;
  for (const std::string& name : std::exchange(aside_, {})) {
    auto removed = store_.disk().remove_file(place_aside(name));
    if (removed) steps_.removed();
    if (!removed && outcome) outcome = fail(std::move(removed).error());
  }
  return outcome;
}

}  // namespace larder::store
