#include "fs/file_lock.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/posix.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <vector>

namespace larder::fs {
namespace {

enum class Locking { Done, Busy, Unsupported, Failed };

Locking lock_now(int fd, int kind = LOCK_EX) {
  if (again([&] { return ::flock(fd, kind | LOCK_NB); }) == 0) return Locking::Done;
  if (errno == EWOULDBLOCK) return Locking::Busy;
  return errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK ? Locking::Unsupported : Locking::Failed;
}

FileLock::Outcome lock_once(int fd) {
  switch (lock_now(fd)) {
    case Locking::Done:
      return FileLock::Outcome::Held;
    case Locking::Busy:
      return FileLock::Outcome::Busy;
    case Locking::Unsupported:
    case Locking::Failed:
      return FileLock::Outcome::Unsupported;
  }
  return FileLock::Outcome::Unsupported;
}

// A new lock file is for others too, whatever the umask says; an existing one keeps the mode its owner gave it.
Result<UniqueFd> make_lock_file(const std::string& path, mode_t mode) {
  UniqueFd fd(again([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode); }));
  if (!fd) return fail_path("cannot create", path);
  // Some file systems have no modes to change: the lock works all the same.
  (void)::fchmod(fd.value(), mode);
  return fd;
}

Result<UniqueFd> open_lock_file(const std::string& path, mode_t mode) {
  constexpr int kTries = 16;  // each lost race means that somebody else made progress
  for (int i = 0; i < kTries; ++i) {
    auto opened = open_regular(path, O_RDWR | O_NOFOLLOW);
    if (opened || opened.error().code != ErrorCode::NotInCache) return opened;
    auto made = make_lock_file(path, mode);
    if (made || made.error().os_error != EEXIST) return made;
  }
  return fail(ErrorCode::IoFailed, fmt::format("{}: is made and removed all the time", escape_text(path)));
}

// filelock 3.21 … 3.29 unlinks the file on release: a lock on an unlinked inode guards nothing.
bool is_still_at(int fd, const std::string& path) {
  struct stat held {};
  struct stat named {};
  if (::fstat(fd, &held) != 0 || ::lstat(path.c_str(), &named) != 0) return false;
  return held.st_nlink > 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

// One line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF"; who waits has "->" behind the number.
std::optional<int> holder_in(std::string_view line, const std::string& place) {
  std::vector<std::string_view> fields;
  for (const auto field : split(line, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  constexpr std::size_t kPid = 4;
  constexpr std::size_t kPlace = 5;
  if (fields.size() <= kPlace || fields[1] != "FLOCK" || fields[kPlace] != place) return std::nullopt;
  int pid = 0;
  const auto text = fields[kPid];
  const auto read = std::from_chars(text.data(), text.data() + text.size(), pid);
  return read.ec == std::errc() && pid > 0 ? std::optional<int>(pid) : std::nullopt;
}

}  // namespace

Result<LockAttempt> FileLock::try_lock(const std::string& path, mode_t mode) {
  return try_open([&] { return open_lock_file(path, mode); }, path, LOCK_EX);
}

Result<LockAttempt> FileLock::try_lock_folder(const std::string& path, Kind kind) {
  const auto open = [&]() -> Result<UniqueFd> {
    UniqueFd fd(again([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    if (fd) return fd;
    if (errno == ENOENT) return fail(ErrorCode::NotInCache, fmt::format("{}: not there", escape_text(path)));
    return fail_path("cannot open", path);
  };
  return try_open(open, path, kind == Kind::Shared ? LOCK_SH : LOCK_EX);
}

Result<LockAttempt> FileLock::try_open(const std::function<Result<UniqueFd>()>& open, const std::string& path, int kind) {
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    LARDER_TRY(auto fd, open());
    switch (lock_now(fd.value(), kind)) {
      case Locking::Done:
        break;
      case Locking::Busy:
        return LockAttempt{Outcome::Busy, std::nullopt};
      case Locking::Unsupported:
        return LockAttempt{Outcome::Unsupported, std::nullopt};
      case Locking::Failed:
        return fail_path("cannot lock", path);
    }
    if (is_still_at(fd.value(), path)) return LockAttempt{Outcome::Held, FileLock(std::move(fd))};
  }
  return LockAttempt{Outcome::Busy, std::nullopt};
}

FileLock::Outcome FileLock::try_in_other_process(const std::string& path) {
  const pid_t child = ::fork();
  if (child < 0) return Outcome::Unsupported;
  if (child == 0) {  // other threads are gone here: system calls only, on what was made before
    const int fd = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    ::_exit(fd < 0 ? static_cast<int>(Outcome::Unsupported) : static_cast<int>(lock_once(fd)));
  }
  int status = 0;
  if (again([&] { return ::waitpid(child, &status, 0); }) != child || !WIFEXITED(status)) return Outcome::Unsupported;
  return static_cast<Outcome>(WEXITSTATUS(status));
}

std::optional<int> FileLock::holder(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const auto place = fmt::format("{:02x}:{:02x}:{}", major(info.st_dev), minor(info.st_dev), info.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (const auto pid = holder_in(line, place)) return pid;
  }
  return std::nullopt;
}

}  // namespace larder::fs
