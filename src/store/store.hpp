// Store: one cache root and what its parts share.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/clock.hpp>
#include <larder/base/random.hpp>
#include <larder/store/layout.hpp>

#include <string>

namespace larder::store {

/// Whether a small file has to survive a power cut (leases and marks of use need not).
enum class Durability { Synced, None };

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

  /// The root is a folder, or nothing is there yet. Errors: IoFailed.
  [[nodiscard]] Result<void> check_root() const;

  /// Makes the root, CACHEDIR.TAG and the repository's folder (with blobs/, refs/, snapshots/; as a whole, by rename), and .larder/tmp.
  /// Refuses a layout folder that is a link (T49): UnsafeLink. Errors: PermissionDenied, ReadOnly, DiskFull, IoFailed.
  Result<void> prepare(const RepoLayout& layout);

  /// A name in `tmp_folder` that no other call and no other run has: "<8 hex>.<run>".
  [[nodiscard]] std::string temp_name(const std::string& tmp_folder);

  /// Writes a small file whole: temp in `tmp_folder`, fsync, rename to `path`, fsync of its folder. Missing folders are made; below the
  /// cache root none may be a link (UnsafeLink).
  Result<void> write_small(const std::string& tmp_folder, const std::string& path, std::string_view content,
                           Durability durability = Durability::Synced);

  /// Makes a folder and its missing parents; below the cache root none may be a link (UnsafeLink). New ones are synced.
  Result<void> make_folders(const std::string& path);

 private:
  Result<void> write_tag();
  Result<void> make_repo(const RepoLayout& layout);
  Result<void> fill_new_repo(const std::string& folder);
  Result<void> check_repo(const RepoLayout& layout);

  fs::Disk& disk_;
  Clock& clock_;
  Random& random_;
  StoreOptions options_;
  std::string run_;
};

}  // namespace larder::store
