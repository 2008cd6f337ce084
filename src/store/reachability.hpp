// Reachability: which blobs of a repository snapshots lead to now, kept up to date cheaply while blobs are removed.
#pragma once

#include "store/removal_steps.hpp"
#include "store/snapshot_walk.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace larder::store {

/// Names of the blobs that links in snapshots/ lead to, by their first hop. A name is never forgotten once seen: the answer errs on the
/// side of keeping. Thread: one at a time.
class Reachability {
 public:
  Reachability(Store& store, RepoLayout layout) : store_(store), layout_(std::move(layout)) {}

  /// Reads all snapshots the first time, afterwards only the folders that changed since: a link that appears changes its folder's mtime.
  /// A folder that changed within the last two seconds is always read again, because file times are that coarse on some file systems.
  Result<void> refresh(RemovalSteps& steps, const CancelToken& cancel);
  /// After `refresh`: does any snapshot lead to that blob?
  [[nodiscard]] bool reaches(std::string_view blob) const { return names_.contains(std::string(blob)); }

 private:
  struct Known {
    std::int64_t mtime_ns = 0;
    std::uint64_t inode = 0;
    bool is_settled = false;
    std::vector<std::string> subfolders;
  };
  Result<void> refresh_folder(const std::string& snapshot, const std::string& folder, std::vector<std::string>& waiting,
                              RemovalSteps& steps);

  Store& store_;
  RepoLayout layout_;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, Known> folders_;  // by path below snapshots/
};

}  // namespace larder::store
