// Store: one cache root and what its parts share.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/clock.hpp>
#include <larder/base/random.hpp>
#include <larder/store/layout.hpp>

#include <string>

namespace larder::store {

struct StoreOptions {
  std::string root;               ///< absolute; the root itself may be a link, it is resolved at open (R-501)
  bool has_symlinks = true;       ///< false: HF_HUB_DISABLE_SYMLINKS
  bool uses_shared_blobs = true;  ///< false: HF_HUB_DISABLE_SHARED_BLOBS or HF_HUB_DISABLE_XET
};

/// What every part of the store needs: root, disk, clock, the id of this run. Makes nothing until something is stored.
/// Thread: the references are shared; each part says what it allows.
class Store {
 public:
  Store(fs::Disk& disk, Clock& clock, Random& random, StoreOptions options);

  [[nodiscard]] const std::string& root() const { return options_.root; }
  [[nodiscard]] const StoreOptions& options() const { return options_; }
  [[nodiscard]] fs::Disk& disk() const { return disk_; }
  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] Random& random() const { return random_; }
  /// 8 hex digits, random for each run: ends every name of ours on disk.
  [[nodiscard]] const std::string& run() const { return run_; }
  [[nodiscard]] RepoLayout layout(const repo::RepoId& repo) const { return {options_.root, repo}; }

  /// Makes the root, CACHEDIR.TAG and the repository's folder (with blobs/, refs/, snapshots/; as a whole, by rename: reliability.md step
  /// 0), and .larder/. Refuses a layout folder that is a link (T49): UnsafeLink. Errors: PermissionDenied, ReadOnly, DiskFull, IoFailed.
  Result<void> prepare(const RepoLayout& layout);

  /// Writes a small file whole: temp in `tmp_folder`, fsync, rename to `path`, fsync of its folder (missing parents below the repository
  /// are made).
  Result<void> write_small(const std::string& tmp_folder, const std::string& path, std::string_view content);

 private:
  fs::Disk& disk_;
  Clock& clock_;
  Random& random_;
  StoreOptions options_;
  std::string run_;
};

}  // namespace larder::store
