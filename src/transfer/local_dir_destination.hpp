// LocalDirDestination: finished files become plain files in a folder, with the bookkeeping of `hf` beside them.
#pragma once

#include "fs/file_lock.hpp"
#include "store/lease.hpp"
#include "store/local_dir.hpp"
#include "transfer/destination.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace larder::transfer {

struct LocalDirOptions {
  std::string folder;       ///< absolute
  bool hard_links = false;  ///< `--link`: hard links to blobs the repository in the cache owns; never to a shared payload (R-570)
  bool overwrite = false;   ///< `--overwrite`: files that were edited or are not ours may be replaced
  bool force = false;       ///< `--force`: fetch again what is here
};

/// `--local-dir` (docs/cache-layout.md "A local folder"). The cache is only read. Files are replaced by rename, and never through a
/// link (T11). Thread: as Destination says.
class LocalDirDestination final : public Destination {
 public:
  /// `cache` outlives the destination: its root is looked into for bytes that are here already, its run, clock and disk are used.
  LocalDirDestination(store::Store& cache, const repo::RepoId& repo, repo::CommitId commit, LocalDirOptions options);
  ~LocalDirDestination() override;

  Result<PresenceFacts> look(const repo::FileEntry& file) override;
  Result<bool> settle(const repo::FileEntry& file, Presence presence, ProgressSink& progress, const CancelToken& cancel) override;
  Result<void> prepare() override;
  Result<LockOutcome> try_lock(const repo::FileEntry& file, std::optional<int>& holder) override;
  Result<std::unique_ptr<store::PartialBlob>> open_partial(const repo::FileEntry& file) override;
  Result<void> publish(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial) override;
  std::vector<Result<void>> publish_small(std::span<const SmallFile> files) override;
  void abandon(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial, bool keep) override;
  Result<void> finish() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::transfer
