#include "fs/beneath.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/posix.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace larder::fs {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
constexpr mode_t kFolderMode = 0777;

Result<void> check_name(const std::string& name) {
  const auto parts = split(name, '/');
  const auto is_bad = [](std::string_view part) { return part.empty() || part == "." || part == ".."; };
  if (std::any_of(parts.begin(), parts.end(), is_bad) || name.find('\0') != std::string::npos) {
    return fail(ErrorCode::UnsafePath, fmt::format("{}: not a plain relative path", escape_text(name)));
  }
  return {};
}

tl::unexpected<Error> is_link(const std::string& path) {
  return fail(ErrorCode::UnsafeLink, fmt::format("{}: a link stands on the way, nothing is read or written through it", escape_text(path)),
              "remove the link, or choose another folder");
}

int open_by_kernel(int folder_fd, const std::string& name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: a rename somewhere on the way made the kernel unsure; it asks to be asked again.
  constexpr int kTries = 64;
  int fd = -1;
  for (int i = 0; i < kTries; ++i) {
    fd = static_cast<int>(again([&] { return ::syscall(SYS_openat2, folder_fd, name.c_str(), &how, sizeof how); }));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

// ENOSYS: before Linux 5.6; EPERM: sandboxes that do not know the call.
bool is_unknown_call(int reason) { return reason == ENOSYS || reason == EPERM || reason == EINVAL || reason == E2BIG; }

// O_DIRECTORY|O_NOFOLLOW reports a link as ENOTDIR on most file systems: look what it is.
bool is_symlink(int folder_fd, const std::string& name) {
  struct stat info {};
  return ::fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

tl::unexpected<Error> open_failed(int folder_fd, const std::string& name, const std::string& path) {
  const int reason = errno;
  if (reason == ELOOP || reason == EXDEV || (reason == ENOTDIR && is_symlink(folder_fd, name))) return is_link(path);
  if (reason == ENOENT) return fail(ErrorCode::NotInCache, fmt::format("{}: not there", escape_text(path)));
  errno = reason;
  return fail_path("cannot open", path);
}

}  // namespace

// The folder that holds the last part of a name, and that part.
struct FolderBeneath::Place {
  UniqueFd owned;
  int folder_fd = -1;
  std::string last;
};

Result<FolderBeneath> FolderBeneath::open(const std::string& folder, Resolve resolve) {
  UniqueFd fd(again([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) return open_failed(AT_FDCWD, folder, folder);
  return FolderBeneath(std::move(fd), folder, resolve);
}

Result<UniqueFd> FolderBeneath::open_by_parts(const std::string& name, int flags) const {
  UniqueFd held;
  int folder_fd = fd_.value();
  const auto parts = split(name, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part(parts[i]);
    const int how = i + 1 == parts.size() ? flags | O_NOFOLLOW : kFolderFlags;
    UniqueFd next(again([&] { return ::openat(folder_fd, part.c_str(), how); }));
    if (!next) return open_failed(folder_fd, part, shown(name));
    held = std::move(next);
    folder_fd = held.value();
  }
  return held;
}

// An existing file or folder, with every part checked.
Result<UniqueFd> FolderBeneath::open_inside(const std::string& name, int flags) const {
  LARDER_CHECK(check_name(name));
  if (resolve_ == Resolve::ByParts) return open_by_parts(name, flags);
  UniqueFd fd(open_by_kernel(fd_.value(), name, flags));
  if (fd) return fd;
  if (is_unknown_call(errno)) return open_by_parts(name, flags);
  return open_failed(fd_.value(), name, shown(name));
}

Result<FolderBeneath::Place> FolderBeneath::place_of(const std::string& name) const {
  LARDER_CHECK(check_name(name));
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return Place{UniqueFd(), fd_.value(), name};
  LARDER_TRY(auto folder, open_inside(name.substr(0, slash), kFolderFlags));
  Place place;
  place.folder_fd = folder.value();
  place.owned = std::move(folder);
  place.last = name.substr(slash + 1);
  return place;
}

Result<FolderBeneath> FolderBeneath::enter(const std::string& name) const {
  LARDER_TRY(auto fd, open_inside(name, kFolderFlags));
  return FolderBeneath(std::move(fd), shown(name), resolve_);
}

Result<UniqueFd> FolderBeneath::open_read(const std::string& name) const {
  LARDER_TRY(const auto place, place_of(name));
  return open_regular(place.folder_fd, place.last, O_RDONLY | O_NOFOLLOW);
}

Result<UniqueFd> FolderBeneath::create_new(const std::string& name) const {
  LARDER_TRY(const auto place, place_of(name));
  return create_regular(place.folder_fd, place.last);
}

Result<std::optional<FileFacts>> FolderBeneath::look(const std::string& name) const {
  const auto place = place_of(name);
  if (!place && (place.error().code == ErrorCode::NotInCache || place.error().os_error == ENOTDIR)) return std::nullopt;
  if (!place) return fail(place.error());
  struct stat info {};
  if (again([&] { return ::fstatat(place->folder_fd, place->last.c_str(), &info, AT_SYMLINK_NOFOLLOW); }) == 0) return facts_of(info);
  if (errno == ENOENT) return std::nullopt;
  return fail_path("cannot stat", shown(name));
}

Result<bool> FolderBeneath::make_folders(const std::string& name) const {
  const auto there = open_inside(name, kFolderFlags);
  if (there) return false;
  if (there.error().code != ErrorCode::NotInCache) return fail(there.error());
  if (const auto slash = name.rfind('/'); slash != std::string::npos) LARDER_CHECK(make_folders(name.substr(0, slash)));
  LARDER_TRY(const auto place, place_of(name));
  const bool made = again([&] { return ::mkdirat(place.folder_fd, place.last.c_str(), kFolderMode); }) == 0;
  if (!made && errno != EEXIST) return fail_path("cannot make the folder", shown(name));
  LARDER_CHECK(open_inside(name, kFolderFlags));  // whoever was faster may have made a link
  return made;
}

Result<void> FolderBeneath::rename(const std::string& from, const std::string& to) const {
  LARDER_TRY(const auto source, place_of(from));
  LARDER_TRY(const auto target, place_of(to));
  if (again([&] { return ::renameat(source.folder_fd, source.last.c_str(), target.folder_fd, target.last.c_str()); }) != 0) {
    return fail_path("cannot rename to this name", shown(to));
  }
  return {};
}

Result<void> FolderBeneath::take_in(const std::string& from, const std::string& to) const {
  LARDER_TRY(const auto target, place_of(to));
  if (again([&] { return ::renameat(AT_FDCWD, from.c_str(), target.folder_fd, target.last.c_str()); }) != 0) {
    return fail_path("cannot rename to this name", shown(to));
  }
  return {};
}

Result<bool> FolderBeneath::remove_file(const std::string& name) const {
  const auto place = place_of(name);
  if (!place && place.error().code == ErrorCode::NotInCache) return false;
  if (!place) return fail(place.error());
  if (again([&] { return ::unlinkat(place->folder_fd, place->last.c_str(), 0); }) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_path("cannot remove", shown(name));
}

}  // namespace larder::fs
