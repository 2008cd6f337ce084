// Does the destination tell these names apart? Judged before a byte is fetched (T8).
#pragma once

#include <larder/ops/services.hpp>
#include <larder/repo/tree.hpp>

#include <string>
#include <vector>

namespace larder::ops {

/// Refuses chosen names that differ only in letter case or Unicode form where the file system at `folder` folds those. Nothing is tried on
/// disk unless such names were chosen; then two names are made in `scratch` (a folder of ours on the same file system, made if needed) and
/// removed. Errors: UnsafePath naming the pairs; those of the disk.
Result<void> refuse_folded_names(Services& services, const repo::Tree& tree, const std::vector<std::uint32_t>& chosen,
                                 const std::string& scratch);

}  // namespace larder::ops
