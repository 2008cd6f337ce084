// The lock of one blob, where the Python client has it (R-540…R-546). It saves a second download, nothing rests on it.
#pragma once

#include "fs/file_lock.hpp"
#include "store/store.hpp"

#include <string>
#include <string_view>

namespace larder::store {

/// One try for `<CACHE>/.locks/<repo folder>/<blob>.lock`; its folders are made, none may be a link (T48, T49). Never blocks (L34).
/// Errors: UnsafeLink, PermissionDenied, ReadOnly, DiskFull, IoFailed.
Result<fs::LockAttempt> try_lock_blob(Store& store, const RepoLayout& layout, std::string_view blob);

/// Does somebody hold the lock at `path`? It is tried for an instant, and only if it is an existing regular file, so that a look makes
/// nothing (C13). One that may not be tried (another user's, R-542) is held when /proc/locks says so.
bool is_lock_held(fs::Disk& disk, const std::string& path);

}  // namespace larder::store
