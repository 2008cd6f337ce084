#include <larder/config/small_file.hpp>

#include "base/escape.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace larder::config {
namespace {

constexpr std::size_t kLongestFile = 1U << 20U;

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const auto count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_os(errno, escape_text(path));
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kLongestFile) return fail(ErrorCode::InvalidConfig, escape_text(path) + ": longer than 1 MiB");
  }
}

}  // namespace

Result<std::optional<SmallFile>> read_small_file(const std::string& path, FileShape shape) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (shape == FileShape::Any ? 0 : O_NONBLOCK);
  const UniqueFd fd(::open(path.c_str(), flags));
  struct stat facts {};
  if (!fd) {
    const int problem = errno;
    // A folder above that we may not enter (another user's home in HOME) is as good as no file; a file we may not read is not.
    const bool is_hidden = problem == EACCES && ::stat(path.c_str(), &facts) != 0 && errno == EACCES;
    if (problem == ENOENT || problem == ENOTDIR || is_hidden) return std::nullopt;
    return fail_os(problem, escape_text(path));
  }
  if (::fstat(fd.value(), &facts) != 0) return fail_os(errno, escape_text(path));
  SmallFile file;
  if (S_ISREG(facts.st_mode)) {
    file.mode = facts.st_mode & 07777U;
    file.is_foreign = facts.st_uid != ::geteuid();
  } else if (shape == FileShape::Any && S_ISDIR(facts.st_mode)) {  // named by mistake, as one that is not there
    return fail(ErrorCode::InvalidArgument, escape_text(path) + ": is a folder");
  } else if (shape == FileShape::Expected && !S_ISCHR(facts.st_mode)) {  // /dev/null means: none
    return fail(ErrorCode::IoFailed, escape_text(path) + (S_ISDIR(facts.st_mode) ? ": is a folder" : ": is no regular file"));
  } else if (shape != FileShape::Any) {
    return std::nullopt;
  }
  LARDER_TRY(file.text, read_all(fd.value(), path));
  return file;
}

}  // namespace larder::config
