// RepoUse: who works in a repository right now: live leases of larder, and locks held by anybody.
#pragma once

#include "store/lease.hpp"
#include "store/removal_note.hpp"

#include <larder/store/inventory.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace larder::store {

/// Between two files of a download lie a few requests.
constexpr std::chrono::minutes kFillGrace{2};

struct RepoUse {
  std::vector<repo::CommitId> leased;               ///< commits of the leases that are not void
  bool has_unknown_lease = false;                   ///< a live lease that names no commit
  std::vector<LeaseRecord> doubtful;                ///< leases that are not void, of owners that may be dead all the same
  std::set<std::string, std::less<>> locked;        ///< names of blobs whose lock somebody else holds (R-540)
  std::set<std::string, std::less<>> leased_blobs;  ///< by the listings of the leased commits
  bool uses_everything = false;                     ///< a leased commit has no readable listing yet: which blobs it needs is not known
  [[nodiscard]] bool is_idle() const { return leased.empty() && locked.empty() && !has_unknown_lease; }
  [[nodiscard]] bool needs_blob(std::string_view name) const {
    return uses_everything || locked.contains(name) || leased_blobs.contains(name);
  }
};

/// Looks at `.larder/leases` and tries every lock in `.locks/<repo folder>`, each only for an instant. A lock that cannot be tried (another
/// user's, R-542) counts as free where nobody holds it by /proc/locks. Errors: those of reading the folders.
Result<RepoUse> read_use(Store& store, const RepoLayout& layout);

/// The same without the locks: what live leases need, for whoever holds the locks in question himself.
Result<RepoUse> read_leases_now(Store& store, const RepoLayout& layout);

/// The locks of a repository's blobs that somebody else holds, by the blobs' names, and how many were tried.
struct LocksLook {
  std::set<std::string, std::less<>> held;
  std::size_t tried = 0;
};
Result<LocksLook> look_at_all_locks(fs::Disk& disk, const RepoLayout& layout);

/// A folder of snapshots/ and when it, or a folder in it, last changed.
struct FolderChange {
  const std::string& snapshot;
  std::int64_t newest_ns = 0;
  bool is_empty = false;  ///< it holds no entry
};
/// Is somebody filling that snapshot who leaves no other sign? The Python client holds a lock only while a file is under way, none between
/// two of them, but its listing comes first, and where it asks for a single file and has none, the empty folder. So: a
/// commit of whose listing files are still missing, or that has neither listing nor entry, and of which a folder changed within kFillGrace;
/// not by a pull or removal of larder's that has ended since, or died.
Result<bool> is_being_filled(Store& store, const RepoLayout& layout, const FolderChange& change, NotedSnapshots& noted);

/// Marks what `use` protects in `record`: revisions, blobs, or the whole repository (I7).
void apply_use(Store& store, const RepoLayout& layout, const RepoUse& use, RepoRecord& record);

}  // namespace larder::store
