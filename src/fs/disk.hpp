// Disk: the calls that durability depends on, and nothing else, so that tests can lose or fail each of them.
#pragma once

#include "base/unique_fd.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/base/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace larder::fs {

enum class FileKind : std::uint8_t { Regular, Folder, Symlink, Other };

/// What lstat/stat tell, as larder needs it.
struct FileFacts {
  FileKind kind = FileKind::Regular;
  std::uint64_t size = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 1;
  std::uint32_t mode = 0;  ///< permission bits
  std::uint32_t owner = 0;
  std::int64_t mtime_ns = 0;  ///< since the epoch
  std::int64_t atime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t allocated = 0;  ///< bytes on disk (st_blocks * 512)
};

/// Bytes and inodes free for this user; nullopt from `space` where the file system does not know (L8).
struct SpaceFacts {
  std::uint64_t free_bytes = 0;
  std::uint64_t free_inodes = 0;
};

/// Paths are absolute. Every method that makes or changes something is one step of the commit order of
/// docs/reliability.md "The commit order". Errors: DiskFull, PermissionDenied, ReadOnly, IoFailed with os_error set; the message names
/// the path. Thread: any.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  /// A new file for reading and writing: O_CREAT|O_EXCL|O_NOFOLLOW, mode 0666 & ~umask.
  virtual Result<UniqueFd> create_new(const std::string& path) = 0;
  /// An existing regular file: O_NOFOLLOW on the last component. NotInCache when it is not there, UnsafeLink when it is a link.
  virtual Result<UniqueFd> open_read(const std::string& path) = 0;
  /// The same for reading and writing (taken-over partials).
  virtual Result<UniqueFd> open_write(const std::string& path) = 0;
  /// A whole small file (refs, JSON), links followed, at most `limit` bytes; nullopt when it is not there.
  virtual Result<std::optional<std::string>> read_small(const std::string& path, std::uint64_t limit) = 0;

  /// Writes all of `bytes` at `offset` (short writes and EINTR are handled).
  virtual Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) = 0;
  /// Appends all of `bytes`.
  virtual Result<void> append(int fd, std::span<const std::byte> bytes) = 0;
  /// Reads until `bytes` is full or the end of the file; returns the count.
  virtual Result<std::size_t> read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) = 0;
  /// Starts reading a range into the system's cache without waiting. A hint: never fails.
  virtual void start_read(int fd, ByteRange range) = 0;
  virtual Result<void> truncate(int fd, std::uint64_t size) = 0;
  /// Reserves space without changing the size, where a disk gains by it; not supported is no error, no space is DiskFull.
  virtual Result<void> reserve(int fd, std::uint64_t size) = 0;
  /// Starts write-back of a range without waiting (bounded dirty pages). A hint: never fails.
  virtual void start_writeback(int fd, ByteRange range) = 0;

  virtual Result<void> sync_data(int fd) = 0;  ///< fdatasync
  virtual Result<void> sync_file(int fd) = 0;  ///< fsync
  virtual Result<void> sync_folder(const std::string& path) = 0;
  virtual Result<void> sync_filesystem(int fd) = 0;  ///< syncfs

  /// rename(2); replaces.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// renameat2(RENAME_NOREPLACE), where that is unknown link+unlink. False: `to` exists and nothing was done.
  virtual Result<bool> rename_new(const std::string& from, const std::string& to) = 0;
  /// False: `path` exists already.
  virtual Result<bool> make_symlink(const std::string& target, const std::string& path) = 0;
  virtual Result<bool> make_hard_link(const std::string& from, const std::string& to) = 0;
  /// FICLONE of a whole file into an open one. False: not possible here.
  virtual Result<bool> clone(int from_fd, int to_fd) = 0;
  /// False: it was not there. Never follows a link.
  virtual Result<bool> remove_file(const std::string& path) = 0;
  /// An empty folder. False: not there, or not empty.
  virtual Result<bool> remove_folder(const std::string& path) = 0;
  /// One folder, mode 0777 & ~umask. False: it is there already.
  virtual Result<bool> make_folder(const std::string& path) = 0;
  /// The folder and its missing parents. Existing parents may be links.
  virtual Result<void> make_folders(const std::string& path) = 0;
  /// utimensat to now: the mark of last use.
  virtual Result<void> touch(const std::string& path) = 0;

  /// lstat; nullopt when it is not there.
  virtual Result<std::optional<FileFacts>> look(const std::string& path) = 0;
  /// stat (links followed); nullopt when it is not there or dangling.
  virtual Result<std::optional<FileFacts>> look_through(const std::string& path) = 0;
  /// Of an open file.
  virtual Result<FileFacts> look_at(int fd) = 0;
  /// Text of a link; nullopt when it is not there or not a link.
  virtual Result<std::optional<std::string>> read_link(const std::string& path) = 0;
  /// Names in a folder without "." and "..", sorted; empty when it is not there.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  virtual Result<std::optional<SpaceFacts>> space(const std::string& path) = 0;
  /// Bytes that one name may have in an existing folder: at most 255, also where the file system does not say (T7).
  virtual Result<std::size_t> longest_name(const std::string& path) = 0;
};

/// The POSIX one.
std::unique_ptr<Disk> make_real_disk();

/// The same calls with every sync left out (`--no-fsync`): order and digests stay. Borrows `inner`.
std::unique_ptr<Disk> make_unsynced_disk(Disk& inner);

}  // namespace larder::fs
