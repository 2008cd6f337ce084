// refs/: names of commits.
#pragma once

#include "store/store.hpp"

#include <optional>

namespace larder::store {

/// The commit that `revision` names in the cache, white space trimmed; a full commit names itself. nullopt: no such ref, or
/// damaged.
Result<std::optional<repo::CommitId>> read_ref(const Store& store, const RepoLayout& layout, const repo::Revision& revision);

enum class RefWrite { Written, AlreadyThere, Collides };
/// Writes refs/<revision> = commit, last of all (I2): not for a commit, not if equal; exactly 40 bytes; temp in .larder/tmp.
/// Collides: a part of the name is a file, or the name is a folder, under refs/ (R-111): nothing done, the caller warns.
Result<RefWrite> write_ref(Store& store, const RepoLayout& layout, const repo::Revision& revision, const repo::CommitId& commit);

/// All full commits known to refs/ and snapshots/ that begin with `prefix` (in any letter case), sorted, unique: a short commit offline
///
Result<std::vector<repo::CommitId>> commits_with_prefix(const Store& store, const RepoLayout& layout, std::string_view prefix);

}  // namespace larder::store
