// .no_exist/: "this commit has no such file", for readers without a network.
#pragma once

#include "store/store.hpp"

#include <string_view>

namespace larder::store {

/// Makes the empty marker. Errors: UnsafePath (`path` is no name for a file of the cache), UnsafeLink, and those of the disk; the caller
/// logs them, they are not worth a failure.
Result<void> write_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit, std::string_view path);

/// Removes the marker of a file that has just been stored: the marker would win over the file. False: there was none.
Result<bool> remove_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit, std::string_view path);

/// Is there any marker of this commit?
Result<bool> has_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit);

}  // namespace larder::store
