// Pins and marks of use.
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

}  // namespace larder::store
