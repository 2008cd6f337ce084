// Adopting another cache of the Hub's layout, repository by repository.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/cancel.hpp>
#include <larder/ops/cache_adopt.hpp>
#include <larder/store/layout.hpp>

#include <vector>

namespace larder::ops {

/// Every snapshot entry whose blob has the digest of its name (or of the listing, where it is a file) becomes the same entry here, hashed
/// first. The listing comes along; a ref when the snapshot is whole and there is none of that name here.
Result<void> adopt_other_cache(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const CancelToken& cancel);

/// Commits that have a `trees/<commit>.json`, sorted.
Result<std::vector<repo::CommitId>> listed_commits(fs::Disk& disk, const store::RepoLayout& layout);

}  // namespace larder::ops
