// What `cache rm` was told to remove, looked up in an inventory. Pure, but for the entries of single files.
#pragma once

#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/store/gc.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// Revisions whose folder begins with `prefix` (hex, any case), in every repository; in the order of the inventory.
std::vector<RevisionKey> revisions_with_prefix(const Inventory& inventory, std::string_view prefix);

/// The repository whose cache id is `type/id`, compared without case; several when only the case tells them apart.
std::vector<const RepoRecord*> repos_with_id(const Inventory& inventory, std::string_view cache_id);

/// Every snapshot entry that is the file `path` or lies below the folder `path`, in the revision of `key`, or in all when its commit is
/// empty; with how often the whole repository uses the blob behind it. Entries that no cache writer made are left out (I6).
Result<std::vector<FileTarget>> find_files(Store& store, const RepoRecord& record, const RevisionKey& key, const std::string& path,
                                           const CancelToken& cancel);

}  // namespace larder::store
