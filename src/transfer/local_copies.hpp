// LocalCopies: bytes of wanted files that are on this machine already, and their way into a local folder.
#pragma once

#include "store/adopt_blob.hpp"
#include "store/file_digest.hpp"
#include "store/local_dir.hpp"
#include "store/other_names.hpp"
#include "store/store.hpp"

#include <larder/repo/tree.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace larder::transfer {

/// A file that has the bytes of a wanted one, or promises to.
struct LocalCopy {
  std::string path;
  bool may_be_linked = false;  ///< a plain blob of the repository's own, and links are wanted
  bool must_hash = false;      ///< nobody has compared its digest, or everybody may write it (T50)
};

/// Looks into the cache, and at what this run has put into the folder. The cache is only read. Thread: one at a time.
class LocalCopies {
 public:
  LocalCopies(store::Store& cache, store::LocalDirLayout folder, const repo::RepoId& repo, const repo::CommitId& commit,
              store::HardLinks links);

  /// In the cache: the blob, the snapshot's file, or what another client named otherwise. nullopt: not there, or not to be read.
  Result<std::optional<LocalCopy>> find_in_cache(const repo::FileEntry& file);
  /// The same, but first a file with the same bytes that `add` was told of.
  Result<std::optional<LocalCopy>> find(const repo::FileEntry& file);
  /// This file is in the folder now: others with the same bytes are copied from it.
  void add(const repo::FileEntry& file);

  /// Makes `temp`, which must not exist, hold the bytes: hard-linked if it may be, else reflinked, else copied; synced unless linked.
  /// False: they turned out wrong, and `temp` is of no use. Errors: those of the disk, what `cancel` says.
  Result<bool> fill(const std::string& temp, const repo::FileEntry& file, const LocalCopy& copy, const store::BytesDone& done,
                    const CancelToken& cancel);

 private:
  [[nodiscard]] std::string placed_path(const digest::Digest& digest) const;
  Result<bool> clone_or_copy(const std::string& temp, const repo::FileEntry& file, const LocalCopy& copy, const store::BytesDone& done,
                             const CancelToken& cancel);

  store::Store& store_;
  store::RepoLayout cached_;
  store::LocalDirLayout folder_;
  repo::CommitId commit_;
  store::HardLinks links_;
  store::OtherNames other_names_;
  // What `add` was told: some forty bytes and the path for each (I9).
  std::unordered_map<std::uint64_t, std::uint64_t> placed_;  // head of a digest → begin in paths_
  std::string paths_;                                        // each ended by a NUL, which no name holds (T3)
};

}  // namespace larder::transfer
