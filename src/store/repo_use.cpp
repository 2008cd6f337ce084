#include "store/repo_use.hpp"

#include "store/blob_lock.hpp"
#include "store/tree_cache.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::string_view kLockEnd = ".lock";

void add_leased_blobs(fs::Disk& disk, const RepoLayout& layout, RepoUse& use) {
  if (use.has_unknown_lease) use.uses_everything = true;
  for (const repo::CommitId& commit : use.leased) {
    const auto tree = read_tree(disk, layout.tree(commit));
    if (!tree || !*tree) {
      use.uses_everything = true;
      continue;
    }
    for (std::size_t i = 0; i < (*tree)->size(); ++i) use.leased_blobs.insert((*tree)->at(i).blob_name());
  }
}

/// May the revision be the one that is being downloaded? By its listing; without one it may.
bool may_need(fs::Disk& disk, const RepoLayout& layout, const RevisionRecord& revision, const RepoUse& use) {
  if (!revision.commit) return true;
  const auto tree = read_tree(disk, layout.tree(*revision.commit));
  if (!tree || !*tree) return true;
  for (std::size_t i = 0; i < (*tree)->size(); ++i) {
    if (use.locked.contains((*tree)->at(i).blob_name())) return true;
  }
  return false;
}

/// The last change was larder's and is over: a pull left its mark of use or a lease that is void, a removal that was cut off its note.
Result<bool> was_changed_by_larder(Store& store, const RepoLayout& layout, const repo::CommitId& commit, std::int64_t newest_ns,
                                   NotedSnapshots& noted) {
  LARDER_TRY(const auto used, store.disk().look(layout.used(commit)));
  if (used && used->mtime_ns >= newest_ns) return true;
  LARDER_TRY(const auto leases, read_leases(store.disk(), layout));
  if (std::any_of(leases.begin(), leases.end(), [&](const LeaseRecord& lease) { return lease.commit == commit; })) return true;
  return noted.contains(commit.hex());
}

/// Without a listing: everything, or nothing.
Result<bool> lacks_files(Store& store, const RepoLayout& layout, const repo::CommitId& commit, bool is_empty) {
  LARDER_TRY(const auto tree, read_tree(store.disk(), layout.tree(commit)));
  if (!tree) return is_empty;
  for (std::size_t i = 0; i < tree->size(); ++i) {
    LARDER_TRY(const auto entry, store.disk().look(layout.entry(commit, tree->at(i).path)));
    if (!entry) return true;
  }
  return false;
}

DoubtfulLease in_words(const RepoLayout& layout, const LeaseRecord& lease) {
  DoubtfulLease doubt{layout.folder() + "/.larder/leases/" + lease.run, "", unix_seconds(lease.until)};
  if (!lease.owner.host.empty()) doubt.owner = "process " + std::to_string(lease.owner.pid) + " on " + lease.owner.host;
  return doubt;
}

}  // namespace

Result<LocksLook> look_at_all_locks(fs::Disk& disk, const RepoLayout& layout) {
  LocksLook look;
  LARDER_TRY(const auto facts, disk.look(layout.locks()));
  if (!facts || facts->kind != fs::FileKind::Folder) return look;
  LARDER_TRY(const auto names, disk.list(layout.locks()));
  for (const std::string& name : names) {
    if (name.size() <= kLockEnd.size() || !name.ends_with(kLockEnd)) continue;
    ++look.tried;
    if (is_lock_held(disk, layout.locks() + "/" + name)) look.held.insert(name.substr(0, name.size() - kLockEnd.size()));
  }
  return look;
}

Result<bool> is_being_filled(Store& store, const RepoLayout& layout, const FolderChange& change, NotedSnapshots& noted) {
  const auto commit = repo::CommitId::parse(change.snapshot);
  const auto now = unix_ns(store.clock().wall_now());
  if (!commit || now - change.newest_ns > std::chrono::duration_cast<std::chrono::nanoseconds>(kFillGrace).count()) return false;
  LARDER_TRY(const bool is_ours, was_changed_by_larder(store, layout, *commit, change.newest_ns, noted));
  return is_ours ? Result<bool>(false) : lacks_files(store, layout, *commit, change.is_empty);
}

Result<RepoUse> read_leases_now(Store& store, const RepoLayout& layout) {
  RepoUse use;
  const WallTime now = store.clock().wall_now();
  LARDER_TRY(const auto leases, read_leases(store.disk(), layout));
  for (const LeaseRecord& lease : leases) {
    const Liveness owner = liveness(store.disk(), lease.owner);
    if (is_void(lease, owner, now)) continue;
    if (owner == Liveness::Unknown) use.doubtful.push_back(lease);
    if (lease.commit) {
      use.leased.push_back(*lease.commit);
    } else {
      use.has_unknown_lease = true;
    }
  }
  add_leased_blobs(store.disk(), layout, use);
  return use;
}

Result<RepoUse> read_use(Store& store, const RepoLayout& layout) {
  LARDER_TRY(RepoUse use, read_leases_now(store, layout));
  LARDER_TRY(auto locks, look_at_all_locks(store.disk(), layout));
  use.locked = std::move(locks.held);
  return use;
}

void apply_use(Store& store, const RepoLayout& layout, const RepoUse& use, RepoRecord& record) {
  if (use.is_idle()) return;
  record.is_in_use = use.uses_everything;
  for (const LeaseRecord& lease : use.doubtful) record.doubtful_leases.push_back(in_words(layout, lease));
  for (BlobRecord& blob : record.blobs) blob.is_locked = use.needs_blob(blob.name);
  for (RevisionRecord& revision : record.revisions) {
    revision.is_in_use = revision.commit && std::find(use.leased.begin(), use.leased.end(), *revision.commit) != use.leased.end();
    if (!revision.is_in_use && !use.locked.empty()) revision.is_in_use = may_need(store.disk(), layout, revision, use);
  }
}

}  // namespace larder::store
