// What `plan` and `pull --dry-run` do.
#pragma once

#include "cli/pull_flags.hpp"

namespace larder::cli {

/// Plans and prints; errors are under "plan REF".
Result<void> run_plan(Session& session, const PullFlags& flags);

}  // namespace larder::cli
