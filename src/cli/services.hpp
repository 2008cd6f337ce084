// Workshop: the only place where real objects are made.
#pragma once

#include "cli/progress_view.hpp"
#include "cli/report.hpp"

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/config/load.hpp>
#include <larder/config/token.hpp>
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
  Workshop(const config::Loaded& config, const config::Variables& variables, Report& report, StatusLine& line, Options options);
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] Clock& clock() { return *clock_; }
  [[nodiscard]] std::optional<SteadyTime> deadline() const { return options_.deadline; }
  /// The chosen token; read once. From then on the process leaves no core and can't be looked into (T43).
  Result<const config::TokenChoice*> token();
  /// Registers a secret for the redactor and protects the process as `token` does.
  static void guard(const Secret& secret);
  /// All services; opens no connection and makes no file. With `offline` no token is read. Errors: of `token`, InvalidConfig.
  Result<ops::Services*> services();
  /// The same for commands that ask nobody: no token is read.
  Result<ops::Services*> local_services();

 private:
  struct Objects;
  void renew_token();
  enum class Reach { Network, Local };
  Result<ops::Services*> services_for(Reach reach);
  Result<std::unique_ptr<Objects>> make(Reach reach);
  const config::Loaded& config_;
  const config::Variables& variables_;
  Report& report_;
  StatusLine& line_;
  Options options_;
  CancelToken cancel_;
  std::unique_ptr<Clock> clock_;
  std::optional<config::TokenChoice> token_;
  std::unique_ptr<Objects> objects_;
};

/// "larder/1.0; origin/x".
std::string user_agent(const config::Settings& settings);

}  // namespace larder::cli
