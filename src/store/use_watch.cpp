#include "store/use_watch.hpp"

#include "store/blob_lock.hpp"
#include "store/tree_cache.hpp"

#include <algorithm>
#include <utility>

namespace larder::store {

Result<bool> UseWatch::uses(const std::string& snapshot) {
  LARDER_TRY(const bool has_lease, is_leased(snapshot));
  return has_lease ? Result<bool>(true) : may_need_locked(snapshot);
}

Result<bool> UseWatch::is_leased(const std::string& snapshot) {
  LARDER_TRY(const auto leases, read_leases(store_.disk(), layout_));
  const WallTime now = store_.clock().wall_now();
  std::set<std::string> live;
  bool is_used = false;
  for (const LeaseRecord& lease : leases) {
    if (is_void(store_.disk(), lease, now)) continue;
    live.insert(lease.run);
    if (is_used) continue;
    is_used = !lease.commit || lease.commit->hex() == snapshot;
    if (is_used) continue;
    LARDER_TRY(const bool is_known, has_listing(*lease.commit));
    is_used = !is_known;  // which blobs it needs is not known yet
  }
  has_ended_ = has_ended_ || !std::includes(live.begin(), live.end(), live_.begin(), live_.end());
  live_ = std::move(live);
  return is_used;
}

Result<bool> UseWatch::has_listing(const repo::CommitId& commit) {
  if (with_listing_.contains(commit)) return true;
  const auto tree = read_tree(store_.disk(), layout_.tree(commit));
  if (!tree || !*tree) return false;
  with_listing_.insert(commit);
  return true;
}

Result<bool> UseWatch::may_need_locked(const std::string& snapshot) {
  LARDER_TRY(const bool is_fresh, look_at_locks());
  if (is_fresh && held_.empty()) return false;
  const bool is_new = open_listing(snapshot);
  if (!listing_) return !held_.empty();
  if (is_new || listing_budget_.is_due(listing_->size())) is_locked_ = is_any_locked(is_fresh);
  return is_locked_;
}

/// True: all locks were tried just now.
Result<bool> UseWatch::look_at_locks() {
  if (!lock_budget_.is_due(locks_)) return false;
  LARDER_TRY(auto locks, look_at_all_locks(store_.disk(), layout_));
  held_ = std::move(locks.held);
  locks_ = locks.tried;
  return true;
}

/// False: it is the one of the last question.
bool UseWatch::open_listing(const std::string& snapshot) {
  if (opened_ == snapshot) return false;
  opened_ = snapshot;
  listing_.reset();
  listing_budget_ = LookBudget();
  const auto commit = repo::CommitId::parse(snapshot);
  if (!commit) return true;
  auto tree = read_tree(store_.disk(), layout_.tree(*commit));
  if (tree && *tree) listing_ = std::move(**tree);
  return true;
}

bool UseWatch::is_any_locked(bool is_fresh) const {
  for (std::size_t i = 0; i < listing_->size(); ++i) {
    const std::string blob = listing_->at(i).blob_name();
    if (is_fresh ? held_.contains(blob) : is_lock_held(store_.disk(), layout_.lock(blob))) return true;
  }
  return false;
}

}  // namespace larder::store
