#include "fs/posix.hpp"

#include "base/escape.hpp"
#include "fs/path.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <climits>

namespace larder::fs {
namespace {

bool lacks_inodes(const std::string& folder) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0 && info.f_files > 0 && info.f_favail == 0;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::Regular;
  if (S_ISDIR(mode)) return FileKind::Folder;
  if (S_ISLNK(mode)) return FileKind::Symlink;
  return FileKind::Other;
}

std::int64_t nanoseconds(const timespec& time) { return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec; }

tl::unexpected<Error> not_regular(const std::string& path, std::string_view what) {
  return fail(ErrorCode::UnsafeLink, fmt::format("{}: {} stands where a regular file belongs", escape_text(path), what),
              "see who put it there, and remove it");
}

}  // namespace

tl::unexpected<Error> fail_path(std::string_view verb, const std::string& path) {
  const int reason = errno;
  Error error = os_error(reason, fmt::format("{}: {}", escape_text(path), verb));
  if (reason == ENOSPC && lacks_inodes(parent_of(path))) error.message.append(" (the file system has no free inodes)");
  return fail(std::move(error));
}

tl::unexpected<Error> fail_open_file(std::string_view verb, int fd) {
  const int reason = errno;
  std::array<char, PATH_MAX> name{};
  const auto length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), name.data(), name.size());
  errno = reason;
  return fail_path(verb, length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : "open file");
}

FileFacts facts_of(const struct stat& info) {
  constexpr std::uint64_t kBlock = 512;  // st_blocks counts these whatever the file system's own size is
  FileFacts facts;
  facts.kind = kind_of(info.st_mode);
  facts.size = static_cast<std::uint64_t>(info.st_size);
  facts.device = info.st_dev;
  facts.inode = info.st_ino;
  facts.links = info.st_nlink;
  facts.mode = info.st_mode & 07777U;
  facts.owner = info.st_uid;
  facts.mtime_ns = nanoseconds(info.st_mtim);
  facts.atime_ns = nanoseconds(info.st_atim);
  facts.ctime_ns = nanoseconds(info.st_ctim);
  facts.allocated = static_cast<std::uint64_t>(info.st_blocks) * kBlock;
  return facts;
}

Result<UniqueFd> open_regular(const std::string& path, int flags) {
  UniqueFd fd(again([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!fd) {
    if (errno == ELOOP && (flags & O_NOFOLLOW) != 0) return not_regular(path, "a link");
    if (errno == EISDIR) return not_regular(path, "a folder");
    if (errno == ENXIO) return not_regular(path, "a fifo or socket");
    if (errno == ENOENT) return fail(ErrorCode::NotInCache, fmt::format("{}: not there", escape_text(path)));
    return fail_path("cannot open", path);
  }
  struct stat info {};
  if (::fstat(fd.value(), &info) != 0) return fail_path("cannot stat", path);
  if (S_ISDIR(info.st_mode)) return not_regular(path, "a folder");
  if (!S_ISREG(info.st_mode)) return not_regular(path, "a fifo, socket or device");
  return fd;
}

}  // namespace larder::fs
