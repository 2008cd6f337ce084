// posix: system calls the way every file of this room wants them: tried again after a signal, their failures named by path.
#pragma once

#include "base/unique_fd.hpp"
#include "fs/disk.hpp"

#include <larder/base/result.hpp>

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

namespace larder::fs {

/// Runs `call` until it is not interrupted by a signal (L17), and once more where a network file system lost its handle (L41). Local
/// file systems interrupt neither mkdir nor rename nor their like; FUSE and NFS may. Never for a sync: see `Disk::sync_file`.
/// Returns its result, -1 with errno set on failure.
template <class Call>
auto again(Call call) {
  bool was_stale = false;
  for (;;) {
    const auto result = call();
    if (result >= 0 || (errno != EINTR && (errno != ESTALE || was_stale))) return result;
    was_stale = errno == ESTALE;
  }
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
/// An open folder stream; null: errno says why.
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// "PATH: VERB: reason" with errno as it stands. Where the disk is full for want of inodes it says so (L40).
tl::unexpected<Error> fail_path(std::string_view verb, const std::string& path);
/// The same for an open file, whose path is looked up for the message.
tl::unexpected<Error> fail_open_file(std::string_view verb, int fd);

/// What a stat call told.
FileFacts facts_of(const struct stat& info);

/// open(2) with O_CLOEXEC|O_NONBLOCK of what must be a regular file: nothing hangs on a fifo (C13).
/// `flags`: access mode and O_NOFOLLOW. Errors: NotInCache (not there), UnsafeLink (a link, fifo, folder …), the disk's.
Result<UniqueFd> open_regular(const std::string& path, int flags);

}  // namespace larder::fs
