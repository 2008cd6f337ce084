// Folders: makes folders below a base without leaving it through a link, and syncs each changed one once.
#pragma once

#include "fs/disk.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace larder::store {

/// Everything of larder that makes a folder below a cache root or a repository goes through here (T49). Thread: one at a time.
class Folders {
 public:
  /// So many folders are remembered as looked at, and so many as changed: a repository may have a folder a file (I9). Files come in the
  /// order of their paths, so what is forgotten is rarely met again, and then only looked at or synced once more.
  static constexpr std::size_t kRemembered = 1024;

  /// `base`: absolute; it and what is above it may be links (users do that).
  Folders(fs::Disk& disk, std::string base) : disk_(disk), base_(std::move(base)) {}

  /// Makes `path` (the base or something below it) and its missing parents. Each component below the base is looked at before anything is
  /// made in it. When many folders have changed, those so far are synced first. Errors: UnsafeLink (a component is a link), IoFailed (it is
  /// a file, or a sync failed), PermissionDenied, ReadOnly, DiskFull.
  Result<void> make(const std::string& path);
  /// An entry of `folder` was made or replaced, or will be before the next `make`: a later `sync` will fsync it.
  void touched(const std::string& folder) { touched_.insert(folder); }
  /// fsync of each touched folder; also of the parents of the folders made.
  Result<void> sync();

 private:
  Result<void> make_known(const std::string& path);
  Result<void> make_base(const std::string& path);
  Result<void> make_one(const std::string& path);

  fs::Disk& disk_;
  std::string base_;
  std::set<std::string> known_;
  std::set<std::string> touched_;
};

/// What is at `folder`, or the nearest thing above it, must be a folder, or a link to one. `flag`: how the user chooses another, for the
/// hint. Errors: IoFailed.
Result<void> require_folder(fs::Disk& disk, std::string folder, std::string_view flag);

/// lstat of a `path` that must be no link; nullopt: not there. Errors: UnsafeLink.
Result<std::optional<fs::FileFacts>> look_unlinked(fs::Disk& disk, const std::string& path);
/// Only the refusal.
Result<void> refuse_link(fs::Disk& disk, const std::string& path);

}  // namespace larder::store
