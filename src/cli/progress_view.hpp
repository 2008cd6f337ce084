// Progress on stderr: a bar, plain lines, JSON lines, or nothing.
#pragma once

#include "cli/status_line.hpp"

#include <larder/base/clock.hpp>
#include <larder/base/progress.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace larder::cli {

enum class ProgressMode { Bar, Plain, Json, None };

/// What `--progress auto` depends on.
struct ProgressSituation {
  std::string_view asked;    ///< auto, bar, plain, json, none
  bool is_terminal = false;  ///< stderr
  bool is_dumb = false;      ///< a terminal that can't move its cursor
  bool is_ci = false;
  bool is_quiet = false;
  bool is_verbose = false;     ///< log lines would tear a bar
  bool bars_disabled = false;  ///< HF_HUB_DISABLE_PROGRESS_BARS
};
ProgressMode choose_progress_mode(const ProgressSituation& situation);

/// Both are borrowed.
std::unique_ptr<ProgressSink> make_progress_view(ProgressMode mode, StatusLine& line, Clock& clock);

}  // namespace larder::cli
