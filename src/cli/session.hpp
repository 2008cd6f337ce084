// Session: what a running command is given.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/report.hpp"
#include "cli/status_line.hpp"

#include <larder/base/cancel.hpp>
#include <larder/config/load.hpp>

#include <string>
#include <vector>

namespace larder::cli {

class Workshop;

/// Borrowed by the command for the time of its run.
struct Session {
  const config::Loaded& config;
  Output& out;         ///< stdout
  Report& report;      ///< stderr: notes and warnings
  Workshop& workshop;  ///< makes the real objects when they are asked for
  const CancelToken& cancel;
  bool json = false;
  bool quiet = false;
  bool stdout_is_terminal = false;
  FailedItems failures;     ///< set by commands over several items
  bool is_written = false;  ///< the document is complete although the command fails (damage found): no error document
};

}  // namespace larder::cli
