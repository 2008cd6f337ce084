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

/// Bytes a second over the last few seconds, so that a stall shows and a burst does not.
class RateMeter {
 public:
  /// `done` bytes are there at `now` (absolute; a fall starts anew).
  void note(SteadyTime now, std::uint64_t done);
  [[nodiscard]] std::uint64_t rate() const { return static_cast<std::uint64_t>(rate_); }

 private:
  bool has_begun_ = false;
  SteadyTime last_;
  std::uint64_t last_done_ = 0;
  double rate_ = 0;
};

/// "0:42", "3:07:00".
std::string clock_text(std::chrono::seconds span);

/// How long `missing` bytes take at `rate` bytes a second: as clock_text, but "> 1 day" for what nobody can foretell; empty: no end in
/// sight.
std::string time_left(std::uint64_t missing, std::uint64_t rate);

}  // namespace larder::cli
