// What the process ends with (docs/manual.md "Exit codes").
#pragma once

#include "cli/failed_items.hpp"

namespace larder::cli {

/// The exit code of an error: that of its code; 128 + signal for Interrupted (129, 130, 141, 143).
int process_exit_code(const Error& error);

/// Several items of one command failed: `error` with the code they all share, else Partial (10). An interrupt and a run-ending time-out
/// stay what they are, and a command without failed items, too.
Error with_shared_code(Error error, const FailedItems& items);

}  // namespace larder::cli
