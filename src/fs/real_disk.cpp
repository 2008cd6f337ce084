#include "fs/disk.hpp"

#include "base/escape.hpp"
#include "fs/posix.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <limits>

namespace larder::fs {
namespace {

bool is_missing(int reason) { return reason == ENOENT || reason == ENOTDIR; }
bool is_there(int reason) { return reason == EEXIST || reason == ENOTEMPTY; }

Result<std::optional<FileFacts>> facts_or_nothing(const std::string& path, int flags) {
  struct stat info {};
  if (again([&] { return ::fstatat(AT_FDCWD, path.c_str(), &info, flags); }) == 0) return facts_of(info);
  if (is_missing(errno)) return std::nullopt;
  return fail_path("cannot stat", path);
}

// There every page would be made at once (measured: 80 ms a GiB, in which nothing is fetched), and none lies better for it.
bool is_in_memory(int fd) {
  struct statfs facts {};
  return ::fstatfs(fd, &facts) == 0 && facts.f_type == TMPFS_MAGIC;
}

Result<void> done(int result, std::string_view verb, const std::string& path) {
  if (result != 0) return fail_path(verb, path);
  return {};
}

// `result` of a call that makes something: false when errno says that it is there already.
Result<bool> made_or_there(int result, std::string_view verb, const std::string& path) {
  if (result == 0) return true;
  if (errno == EEXIST) return false;
  return fail_path(verb, path);
}

Result<std::string> read_all(int fd, const std::string& path, std::uint64_t limit) {
  constexpr std::size_t kPiece = 16 * 1024;
  std::string text;
  std::array<char, kPiece> piece{};
  for (;;) {
    const auto count = again([&] { return ::read(fd, piece.data(), piece.size()); });
    if (count < 0) return fail_path("cannot read", path);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > limit) return fail(ErrorCode::StoreDamaged, fmt::format("{}: longer than {} bytes", escape_text(path), limit));
  }
}

// Without RENAME_NOREPLACE (L36): link+unlink never overwrites. Folders and file systems without links have neither; there a look
// before the rename is all that can be had.
Result<bool> rename_new_by_link(const std::string& from, const std::string& to) {
  if (again([&] { return ::link(from.c_str(), to.c_str()); }) == 0) {
    LARDER_CHECK(done(again([&] { return ::unlink(from.c_str()); }), "cannot remove", from));
    return true;
  }
  if (errno == EEXIST) return false;
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return fail_path("cannot link", to);
  LARDER_TRY(const auto there, facts_or_nothing(to, AT_SYMLINK_NOFOLLOW));
  if (there) return false;
  if (again([&] { return ::rename(from.c_str(), to.c_str()); }) == 0) return true;
  if (is_there(errno)) return false;
  return fail_path("cannot rename", to);
}

Result<void> write_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto count = again([&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count <= 0) {
      if (count == 0) errno = EIO;  // a device that takes nothing and gives no reason would be asked for ever
      return fail_open_file("cannot write", fd);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

class RealDisk final : public Disk {
 public:
  Result<UniqueFd> create_new(const std::string& path) override {
    constexpr mode_t kMode = 0666;
    UniqueFd fd(again([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode); }));
    if (!fd) return fail_path("cannot create", path);
    return fd;
  }
  Result<UniqueFd> open_read(const std::string& path) override { return open_regular(path, O_RDONLY | O_NOFOLLOW); }
  Result<UniqueFd> open_write(const std::string& path) override { return open_regular(path, O_RDWR | O_NOFOLLOW); }

  Result<std::optional<std::string>> read_small(const std::string& path, std::uint64_t limit) override {
    LARDER_TRY(const auto facts, facts_or_nothing(path, 0));
    if (!facts || facts->kind == FileKind::Folder) return std::nullopt;
    auto fd = open_regular(path, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::NotInCache) return std::nullopt;
    if (!fd) return fail(std::move(fd).error());
    LARDER_TRY(auto text, read_all(fd->value(), path, limit));
    return text;
  }

  Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override { return write_all(fd, bytes, offset); }

  Result<void> append(int fd, std::span<const std::byte> bytes) override {
    const auto end = ::lseek(fd, 0, SEEK_END);
    if (end < 0) return fail_open_file("cannot seek", fd);
    return write_all(fd, bytes, static_cast<std::uint64_t>(end));
  }

  Result<std::size_t> read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) override {
    std::size_t done_bytes = 0;
    while (done_bytes < bytes.size()) {
      const auto rest = bytes.subspan(done_bytes);
      const auto count = again([&] { return ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done_bytes)); });
      if (count < 0) return fail_open_file("cannot read", fd);
      if (count == 0) break;
      done_bytes += static_cast<std::size_t>(count);
    }
    return done_bytes;
  }

  Result<void> truncate(int fd, std::uint64_t size) override {
    if (again([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) != 0) return fail_open_file("cannot truncate", fd);
    return {};
  }

  Result<void> reserve(int fd, std::uint64_t size) override {
    if (size == 0 || is_in_memory(fd)) return {};
    if (again([&] { return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)); }) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return {};  // L37
    return fail_open_file("cannot reserve space", fd);
  }

  void start_read(int fd, ByteRange range) override {
    (void)::posix_fadvise(fd, static_cast<off_t>(range.begin), static_cast<off_t>(range.size()), POSIX_FADV_WILLNEED);
  }
  void start_writeback(int fd, ByteRange range) override {
    (void)::sync_file_range(fd, static_cast<off_t>(range.begin), static_cast<off_t>(range.size()), SYNC_FILE_RANGE_WRITE);
  }

  // A sync that failed is never tried again: the kernel may have dropped the pages and would report success (fsyncgate).
  Result<void> sync_data(int fd) override {
    if (::fdatasync(fd) != 0) return fail_open_file("cannot sync", fd);
    return {};
  }
  Result<void> sync_file(int fd) override {
    if (::fsync(fd) != 0) return fail_open_file("cannot sync", fd);
    return {};
  }
  Result<void> sync_filesystem(int fd) override {
    if (::syncfs(fd) != 0) return fail_open_file("cannot sync the file system of", fd);
    return {};
  }

  Result<void> sync_folder(const std::string& path) override {
    const UniqueFd fd(again([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd) return fail_path("cannot open", path);
    // Some file systems cannot sync a folder and say EINVAL: theirs is as durable as it gets.
    if (::fsync(fd.value()) != 0 && errno != EINVAL) return fail_path("cannot sync", path);
    return {};
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    return done(again([&] { return ::rename(from.c_str(), to.c_str()); }), "cannot rename to this name", to);
  }

  Result<bool> rename_new(const std::string& from, const std::string& to) override {
    if (again([&] { return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE); }) == 0) return true;
    if (is_there(errno)) return false;
    if (errno == EINVAL || errno == ENOSYS) return rename_new_by_link(from, to);
    return fail_path("cannot rename to this name", to);
  }

  Result<bool> make_symlink(const std::string& target, const std::string& path) override {
    return made_or_there(again([&] { return ::symlink(target.c_str(), path.c_str()); }), "cannot make a link", path);
  }

  Result<bool> make_hard_link(const std::string& from, const std::string& to) override {
    return made_or_there(again([&] { return ::link(from.c_str(), to.c_str()); }), "cannot make a hard link", to);
  }

  Result<bool> clone(int from_fd, int to_fd) override {
    if (again([&] { return ::ioctl(to_fd, FICLONE, from_fd); }) == 0) return true;
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EROFS) return fail_open_file("cannot clone", to_fd);
    return false;  // EOPNOTSUPP, EXDEV, EINVAL, ENOTTY …: every file system says it its own way
  }

  Result<bool> remove_file(const std::string& path) override {
    if (again([&] { return ::unlink(path.c_str()); }) == 0) return true;
    if (is_missing(errno)) return false;
    return fail_path("cannot remove", path);
  }

  Result<bool> remove_folder(const std::string& path) override {
    if (again([&] { return ::rmdir(path.c_str()); }) == 0) return true;
    if (errno == ENOENT || is_there(errno)) return false;
    return fail_path("cannot remove", path);
  }

  Result<bool> make_folder(const std::string& path) override {
    constexpr mode_t kMode = 0777;
    return made_or_there(again([&] { return ::mkdir(path.c_str(), kMode); }), "cannot make the folder", path);
  }

  Result<void> make_folders(const std::string& path) override {
    LARDER_TRY(const auto facts, facts_or_nothing(path, 0));
    if (facts && facts->kind == FileKind::Folder) return {};
    if (facts) {
      errno = ENOTDIR;
      return fail_path("cannot make the folder", path);
    }
    const auto slash = path.find_last_not_of('/') == std::string::npos ? 0 : path.rfind('/', path.find_last_not_of('/'));
    if (slash != std::string::npos && slash > 0) LARDER_CHECK(make_folders(path.substr(0, slash)));
    LARDER_TRY(const bool made, make_folder(path));
    if (made) return {};
    // Someone was faster; what they made must be a folder, and not a dangling link.
    LARDER_TRY(const auto there, facts_or_nothing(path, 0));
    if (there && there->kind == FileKind::Folder) return {};
    errno = ENOTDIR;
    return fail_path("cannot make the folder", path);
  }

  Result<void> touch(const std::string& path) override {
    return done(again([&] { return ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW); }), "cannot set the time", path);
  }

  Result<std::optional<FileFacts>> look(const std::string& path) override { return facts_or_nothing(path, AT_SYMLINK_NOFOLLOW); }
  Result<std::optional<FileFacts>> look_through(const std::string& path) override { return facts_or_nothing(path, 0); }

  Result<FileFacts> look_at(int fd) override {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return fail_open_file("cannot stat", fd);
    return facts_of(info);
  }

  Result<std::optional<std::string>> read_link(const std::string& path) override {
    std::array<char, PATH_MAX> text{};
    const auto length = again([&] { return ::readlink(path.c_str(), text.data(), text.size()); });
    if (length >= 0) return std::string(text.data(), static_cast<std::size_t>(length));
    if (is_missing(errno) || errno == EINVAL) return std::nullopt;
    return fail_path("cannot read the link", path);
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    const OpenFolder folder(::opendir(path.c_str()));
    if (!folder && errno == ENOENT) return std::vector<std::string>{};
    if (!folder) return fail_path("cannot list", path);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const auto* const entry = ::readdir(folder.get());
      if (entry == nullptr) break;
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return fail_path("cannot list", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::optional<SpaceFacts>> space(const std::string& path) override {
    struct statvfs info {};
    if (again([&] { return ::statvfs(path.c_str(), &info); }) != 0) return fail_path("cannot ask for free space", path);
    if (info.f_blocks == 0) return std::nullopt;  // L8: this file system does not know
    SpaceFacts facts;
    facts.free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    // Where inodes are made as needed (btrfs) all counts are 0.
    facts.free_inodes = info.f_files == 0 ? std::numeric_limits<std::uint64_t>::max() : info.f_favail;
    return facts;
  }

  Result<std::size_t> longest_name(const std::string& path) override {
    struct statvfs info {};
    if (again([&] { return ::statvfs(path.c_str(), &info); }) != 0) return fail_path("cannot ask for the longest name", path);
    // 143 on eCryptfs, whose names grow; some FUSE file systems say nothing.
    return info.f_namemax == 0 ? NAME_MAX : std::min<std::size_t>(info.f_namemax, NAME_MAX);
  }
};

}  // namespace

std::unique_ptr<Disk> make_real_disk() { return std::make_unique<RealDisk>(); }

}  // namespace larder::fs
