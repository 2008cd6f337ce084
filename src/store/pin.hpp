// Pins and marks: of use, of what a removal left.
#pragma once

#include "store/store.hpp"

#include <optional>

namespace larder::store {

/// User: `cache pin`, kept from prune and gc. Commit: pulled by commit, kept from prune only.
enum class PinKind { User, Commit };

/// nullopt: no pin. One that cannot be understood is a User pin: when in doubt, it keeps.
Result<std::optional<PinKind>> read_pin(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit);
/// Never weakens: a User pin stays a User pin when Commit is written.
Result<void> write_pin(Store& store, const RepoLayout& layout, const repo::CommitId& commit, PinKind kind);
/// False: there was none.
Result<bool> remove_pin(Store& store, const RepoLayout& layout, const repo::CommitId& commit);
/// Sets the mark of last use to now. Failures are not worth a pull: the caller logs them.
Result<void> mark_used(Store& store, const RepoLayout& layout, const repo::CommitId& commit);

/// Before links of a snapshot go that has no listing, or may lose it: without the links nothing would tell somebody's own files in it from
/// the copies of a cache without links, and the next removal would take them (I6). Goes with the snapshot. A full disk takes no mark and is
/// no error.
Result<void> mark_left(Store& store, const RepoLayout& layout, const repo::CommitId& commit);
Result<bool> is_left(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit);

}  // namespace larder::store
