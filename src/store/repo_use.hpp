// RepoUse: who works in a repository right now: live leases of larder, and locks held by anybody.
#pragma once

#include "store/lease.hpp"

#include <larder/store/inventory.hpp>

#include <set>
#include <string>
#include <vector>

namespace larder::store {

struct RepoUse {
  std::vector<repo::CommitId> leased;               ///< commits of the leases that are not void
  bool has_unknown_lease = false;                   ///< a live lease that names no commit
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

/// Marks what `use` protects in `record`: revisions, blobs, or the whole repository (I7).
void apply_use(Store& store, const RepoLayout& layout, const RepoUse& use, RepoRecord& record);

}  // namespace larder::store
