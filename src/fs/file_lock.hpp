// FileLock: flock(2) on an empty file, as the Python client has it (R-540…R-543).
#pragma once

#include "base/unique_fd.hpp"

#include <larder/base/result.hpp>

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace larder::fs {

struct LockAttempt;

/// A held lock; released when it dies, the file stays. It saves bandwidth only: correctness never rests on it,
/// because some network file systems let everybody "have" it.
class FileLock {
 public:
  enum class Outcome { Held, Busy, Unsupported };
  enum class Kind { Exclusive, Shared };          ///< Shared: several may hold it
  static constexpr mode_t kGroupMode = 0664;      ///< of a new lock file (R-540)
  static constexpr mode_t kEverybodyMode = 0666;  ///< of one beside a payload of the shared store (R-570)
  /// One try with LOCK_EX|LOCK_NB. Makes the file (with `mode`, whatever the umask) if needed:
  /// O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC, no O_TRUNC (T48, C13). After success the inode is compared with the path and the try repeated if
  /// someone unlinked it. Errors: UnsafeLink (link, fifo, folder in its place), PermissionDenied, ReadOnly, IoFailed.
  static Result<LockAttempt> try_lock(const std::string& path, mode_t mode = kGroupMode);
  /// The same on a folder itself, so that nothing has to be made and one that may only be read will do. Errors: NotInCache (not there),
  /// PermissionDenied, IoFailed (a link, or no folder).
  static Result<LockAttempt> try_lock_folder(const std::string& path, Kind kind);
  /// One try by a process of its own, which gives the lock back at once: Busy when somebody holds it and the file system is honest.
  /// `path` must exist. Unsupported also when no process can be made. Blocks for as long as that takes.
  static Outcome try_in_other_process(const std::string& path);
  /// Pid of a holder by /proc/locks, if it can be known: for "waiting for process N".
  static std::optional<int> holder(const std::string& path);

 private:
  static Result<LockAttempt> try_open(const std::function<Result<UniqueFd>()>& open, const std::string& path, int kind);
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// Outcome of one try.
struct LockAttempt {
  FileLock::Outcome outcome = FileLock::Outcome::Busy;
  std::optional<FileLock> lock;  ///< set iff Held
};

}  // namespace larder::fs
