// UseWatch: who uses a repository, asked for each thing that goes from it.
#pragma once

#include "store/look_budget.hpp"
#include "store/repo_use.hpp"

#include <larder/repo/tree.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace larder::store {

/// The same answers as `read_use` and `apply_use` for one snapshot, at a price that does not grow with the repository: leases are read each
/// time; of the locks, which may be one a blob and outlive their holders, those of the snapshot's own blobs are tried each time and
/// all of them when that is due (LookBudget). Thread: one at a time.
class UseWatch {
 public:
  UseWatch(Store& store, RepoLayout layout) : store_(store), layout_(std::move(layout)) {}

  /// I7: may somebody need the snapshot now? By a lease of its commit, or of one that is not known yet; by a held lock of a blob that its
  /// listing names, of any blob where it has no listing.
  Result<bool> uses(const std::string& snapshot);
  /// Has a lease that was live in an earlier question ended since this was last asked? Its run may have written refs.
  [[nodiscard]] bool take_ended() { return std::exchange(has_ended_, false); }

 private:
  Result<bool> is_leased(const std::string& snapshot);
  Result<bool> has_listing(const repo::CommitId& commit);
  Result<bool> may_need_locked(const std::string& snapshot);
  Result<bool> look_at_locks();
  bool open_listing(const std::string& snapshot);
  [[nodiscard]] bool is_any_locked(bool is_fresh) const;

  Store& store_;
  RepoLayout layout_;
  std::set<std::string> live_;             // runs with a live lease, as of the last question
  std::set<repo::CommitId> with_listing_;  // leased commits whose listing could be read
  bool has_ended_ = false;
  std::set<std::string, std::less<>> held_;  // as of the last look at all locks
  std::size_t locks_ = 0;
  LookBudget lock_budget_;
  std::string opened_;                 // the snapshot asked for last
  std::optional<repo::Tree> listing_;  // its listing
  LookBudget listing_budget_;
  bool is_locked_ = false;  // its answer
};

}  // namespace larder::store
