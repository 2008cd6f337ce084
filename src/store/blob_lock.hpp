// The lock of one blob, where the Python client has it (R-540…R-546). It saves a second download, nothing rests on it.
#pragma once

#include "fs/file_lock.hpp"
#include "store/store.hpp"

#include <string_view>

namespace larder::store {

/// One try for `<CACHE>/.locks/<repo folder>/<blob>.lock`; its folders are made, none may be a link (T48, T49). Never blocks (L34).
/// Errors: UnsafeLink, PermissionDenied, ReadOnly, DiskFull, IoFailed.
Result<fs::LockAttempt> try_lock_blob(Store& store, const RepoLayout& layout, std::string_view blob);

}  // namespace larder::store
