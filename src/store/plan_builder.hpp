// PlanBuilder: keeps count of who still needs a blob while a removal plan grows.
#pragma once

#include <larder/store/gc.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace larder::store {

/// Adds items to a plan and knows at any time what they free. A blob is freed by the item after which no revision that stays leads to it,
/// an inode with several links by the last of them (T53), a payload of the shared store when its last referrer goes. Pure.
class PlanBuilder {
 public:
  explicit PlanBuilder(const Inventory& inventory);

  void remove_repo(std::size_t repo, RemovalReason reason);
  void remove_revision(std::size_t repo, std::size_t revision, RemovalReason reason);
  void remove_file(std::size_t repo, const FileTarget& file);
  /// What is dead or leads nowhere: leftovers of the root and of every repository, old blobs without links, payloads without referrers.
  void remove_dead(std::int64_t now_ns);
  /// What a removal that was cut off has left behind in one repository.
  void finish_removals(std::size_t repo);
  void keep(const repo::RepoId& repo, std::string commit, KeptReason reason);
  void warn(std::string text) { plan_.warnings.push_back(std::move(text)); }

  /// Bytes of the cache when the plan so far is done.
  [[nodiscard]] std::uint64_t bytes_after() const { return plan_.bytes_before - freed_; }
  /// The plan, items in the order of the work, payloads that lost their last referrer added.
  RemovalPlan finish();

 private:
  struct RepoState {
    std::vector<std::uint32_t> uses;       // by blob: revisions that stay and lead to it
    std::vector<std::uint32_t> file_uses;  // by blob: entries that remove_file took
    std::vector<bool> is_gone;             // by blob
  };
  struct PayloadState {
    std::size_t left = 0;
    bool is_gone = false;
  };
  using Inode = std::pair<std::uint64_t, std::uint64_t>;

  std::uint64_t remove_blob(std::size_t repo, std::uint32_t blob);
  std::uint64_t free_inode(const BlobRecord& blob);
  void lose_referrer(std::uint32_t payload);
  void remove_leftovers(const std::vector<Leftover>& leftovers, const RepoRecord* repo);
  void remove_unlinked(std::size_t repo, std::int64_t now_ns);
  void remove_unlinked_blob(std::size_t repo, std::uint32_t index);
  void add(RemovalItem item);
  void count_everything();
  void warn_of_doubtful_leases();

  const Inventory& inventory_;
  std::vector<RepoState> repos_;
  std::vector<PayloadState> payloads_;
  std::map<Inode, std::uint32_t> inode_links_;  // of inodes with several links: how many the plan removed
  std::uint64_t freed_ = 0;
  RemovalPlan plan_;
};

/// May the revision be removed at all, as far as its content goes? False for a folder in which no cache writer made anything.
bool is_removable(const RepoRecord& repo, const RevisionRecord& revision);

}  // namespace larder::store
