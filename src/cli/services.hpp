// Workshop: the only place where real objects are made.
#pragma once

#include "cli/progress_view.hpp"
#include "cli/report.hpp"
#include "cli/token_desk.hpp"

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/config/load.hpp>
#include <larder/ops/services.hpp>

#include <memory>
#include <optional>

namespace larder::cli {

/// Makes what a command works with when it asks for it, so that `larder env` makes nothing. Everything outlives the command. Thread: one.
class Workshop {
 public:
  struct Options {
    ProgressMode progress = ProgressMode::None;
    std::optional<SteadyTime> deadline;  ///< `--timeout`
    CancelToken cancel;
  };
  /// Everything is borrowed.
  Workshop(const config::Loaded& config, const config::Variables& variables, Report& report, StatusLine& line, const Options& options);
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] Clock& clock() { return *clock_; }
  [[nodiscard]] std::optional<SteadyTime> deadline() const { return options_.deadline; }
  /// The token of this run.
  [[nodiscard]] TokenDesk& desk() { return desk_; }
  /// The one line that shows a token going to a place that is not the usual one, a warning where others can read along (T47, R-418).
  /// `token`: what is said of it, "the token of HF_TOKEN".
  void tell_who_gets(const std::string& token);
  /// All services; opens no connection and makes no file. With `offline` no token is read. Errors: of TokenDesk::token, InvalidConfig.
  Result<ops::Services*> services();
  /// The same for commands that ask nobody: no token is read.
  Result<ops::Services*> local_services();

 private:
  struct Objects;
  enum class Reach { Network, Local };
  Result<ops::Services*> services_for(Reach reach);
  Result<std::unique_ptr<Objects>> make(Reach reach);
  const config::Loaded& config_;
  Report& report_;
  StatusLine& line_;
  Options options_;
  std::unique_ptr<Clock> clock_;
  TokenDesk desk_;
  std::unique_ptr<Objects> objects_;
};

}  // namespace larder::cli
