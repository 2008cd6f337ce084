// What several failures mean together (docs/manual.md "Exit codes").
#pragma once

#include <larder/ops/pull.hpp>

namespace larder::ops {

/// True for failures after which going on makes no sense: no space, no disk, interrupted, out of time.
bool ends_run(ErrorCode code);

/// One Error for `failures` (not empty; by index in `tree`) out of `total` files: a single one is itself, with its path; several keep the
/// code they all share, else Partial; the message names the first few.
Error summarise(const repo::Tree& tree, const FailureList& failures, std::size_t total);

}  // namespace larder::ops
