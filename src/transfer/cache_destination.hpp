// CacheDestination: finished files become blobs and links of one snapshot in the cache.
#pragma once

#include "fs/file_lock.hpp"
#include "store/blob_publisher.hpp"
#include "store/file_digest.hpp"
#include "store/lease.hpp"
#include "store/other_names.hpp"
#include "store/partial_store.hpp"
#include "store/presence.hpp"
#include "store/repo_gate.hpp"
#include "store/shared_store.hpp"
#include "store/snapshot_writer.hpp"
#include "transfer/destination.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace larder::transfer {

struct CacheDestinationOptions {
  bool force = false;       ///< `--force`, `--repair`: what is here is fetched again and replaced, never written through
  bool is_watched = false;  ///< from the first `look` on no removal by larder begins in this repository until the lease is there
  std::chrono::seconds lock_timeout{600};  ///< how long a removal under way is waited for: then LockBusy
  CancelToken cancel{};                    ///< ends that wait
};

/// The commit order of docs/reliability.md, steps 0 to 6, for one commit of one repository. Nothing is made before something is stored.
/// What was fetched gets its links together, in `finish`: `hf cache prune` removes every snapshot that no ref names yet, with its blobs
/// (R-821, C5), and what it cannot see it leaves alone. Files are views of one tree that lives longer than this.
/// Takes the run's lease of the repository by itself, if the caller does not hold it already.
/// Thread: as Destination says.
class CacheDestination final : public Destination {
 public:
  /// Everything but `options` is borrowed or copied; `store` outlives the destination.
  CacheDestination(store::Store& store, store::RepoLayout layout, repo::CommitId commit, const CacheDestinationOptions& options);
  ~CacheDestination() override;

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
  /// A link that `finish` makes or makes sure of; 64 bytes a file.
  struct PendingLink {
    std::string_view path;  // of the tree
    digest::Digest digest;
    store::BlobOrigin origin = store::BlobOrigin::WasHere;
  };

  Result<void> enter_gate();
  Result<bool> has_repo();
  [[nodiscard]] Result<store::CachedFile> find(const repo::FileEntry& file) const;
  Result<bool> is_shared_here(const repo::FileEntry& file);
  Result<bool> settle_here(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel);
  Result<bool> settle_other_name(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel);
  Result<bool> settle_shared(const repo::FileEntry& file, ProgressSink& progress, const CancelToken& cancel);
  Result<bool> has_right_bytes(const std::string& path, const repo::FileEntry& file, const store::BytesDone& heard,
                               const CancelToken& cancel);
  Result<void> link(const repo::FileEntry& file, store::BlobOrigin origin);
  Result<void> place(std::string_view path, const std::string& blob, store::BlobOrigin origin);
  Result<void> place_pending();
  Result<void> place_fetched(const PendingLink& link, bool has_twin);
  Result<bool> finished_by_another(const repo::FileEntry& file);
  Result<void> reuse(const repo::FileEntry& file, const store::CachedFile& cached);
  void note_no_locks();

  store::Store& store_;
  store::RepoLayout layout_;
  repo::CommitId commit_;
  CacheDestinationOptions options_;
  store::PartialStore partials_;
  store::SharedStore shared_;
  store::OtherNames other_names_;
  std::optional<store::SnapshotWriter> snapshot_;
  store::BlobPublisher publisher_;
  std::optional<store::RepoGate> gate_;        // until the lease is there
  std::optional<store::Lease> lease_;          // only where the caller holds none
  std::optional<bool> shared_usable_;          // asked once
  std::map<std::string, fs::FileLock> locks_;  // by blob name
  std::vector<PendingLink> pending_;
  std::optional<std::string> recent_;  // a reused file that may not have been written back yet
  bool has_repo_ = false;              // as far as was seen
  bool prepared_ = false;
  bool has_markers_ = false;  // .no_exist/<commit> is there
  bool noted_no_locks_ = false;
};

}  // namespace larder::transfer
