// AtomicFile: a file that gets its name whole, or not at all.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/result.hpp>

#include <string>
#include <string_view>

namespace larder::fs {

/// A new file under a temporary name, which is removed again unless the file gets its own. Nothing happens by itself: who makes it writes,
/// syncs, renames, and syncs the folder, as far as the file has to survive a power cut. Move-only. Thread: one.
class AtomicFile {
 public:
  /// Makes the empty file `temp`. Borrows the disk. Errors: those of Disk::create_new.
  static Result<AtomicFile> create(Disk& disk, std::string temp);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  [[nodiscard]] int fd() const { return fd_.value(); }
  Result<void> append(std::string_view text);
  Result<void> sync() { return disk_->sync_file(fd()); }
  /// Replaces what is at `path`.
  Result<void> rename_to(const std::string& path);
  /// False: something is at `path`, and stays there.
  Result<bool> rename_new_to(const std::string& path);

 private:
  AtomicFile(Disk& disk, std::string temp, UniqueFd fd) : disk_(&disk), temp_(std::move(temp)), fd_(std::move(fd)) {}

  Disk* disk_;
  std::string temp_;  // empty: renamed, or moved from
  UniqueFd fd_;
};

}  // namespace larder::fs
