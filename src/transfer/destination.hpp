// Destination: where finished files go, and the partials on their way: the cache, or a local folder.
#pragma once

#include "store/partial_blob.hpp"

#include <larder/base/progress.hpp>
#include <larder/repo/tree.hpp>
#include <larder/transfer/plan.hpp>

#include <memory>
#include <span>
#include <string>

namespace larder::transfer {

/// A small file, complete and its digest verified, on its way into a group commit.
struct SmallFile {
  repo::FileEntry file;
  std::string content;
};

enum class LockOutcome { Held, Busy, AlreadyDone };

/// Plan-time looks come from the caller's thread before the engine runs; `settle` too. Everything else comes from the engine's one disk
/// worker.
class Destination {
 public:
  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  virtual ~Destination() = default;

  /// What is there for this file now. Writes nothing.
  virtual Result<PresenceFacts> look(const repo::FileEntry& file) = 0;

  /// Makes the file complete without the network: link an existing blob, verify and link a shared payload, copy from the cache. False: the
  /// bytes turned out wrong or are gone, it must be fetched. Hashing big files tells `progress` through `task`.
  virtual Result<bool> settle(const repo::FileEntry& file, Presence presence, ProgressSink& progress, const CancelToken& cancel) = 0;

  /// Makes what every file needs there, and renews the lease when that is due. Asked once before the first byte is fetched, so that a place
  /// that cannot be written is one error and not one a file; the calls below do it by themselves.
  virtual Result<void> prepare() = 0;

  /// One try to take the blob's lock. AlreadyDone: another process finished it meanwhile and it is now linked here. Where
  /// locks do not work: Held. `holder` is set to the pid of who has it, if known. The lock is released by `publish` or `abandon`.
  virtual Result<LockOutcome> try_lock(const repo::FileEntry& file, std::optional<int>& holder) = 0;

  /// The partial to write into: a dead run's one taken over, else a new one.
  virtual Result<std::unique_ptr<store::PartialBlob>> open_partial(const repo::FileEntry& file) = 0;

  /// The digest is right: fsync, rename to the final name, folder fsync (steps 4–6; a cache makes the links in `finish`). The partial is
  /// gone afterwards. Releases the lock.
  virtual Result<void> publish(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial) = 0;

  /// Group commit (engine.md §5.4): temps, one sync, renames, one folder fsync. Result per file, in order.
  virtual std::vector<Result<void>> publish_small(std::span<const SmallFile> files) = 0;

  /// The file failed or the run was interrupted: what is good of the partial stays for a later run (`keep`), else it is removed. Releases
  /// the lock.
  virtual void abandon(const repo::FileEntry& file, std::unique_ptr<store::PartialBlob> partial, bool keep) = 0;

  /// After the last file, whether all came or not: links that are still to be made, fsync of every folder that got an entry.
  virtual Result<void> finish() = 0;
};

}  // namespace larder::transfer
