// TokenDesk: the token of this run: chosen without a request, renewed or exchanged when it is needed.
#pragma once

#include "cli/report.hpp"

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/config/load.hpp>
#include <larder/config/token.hpp>

#include <optional>

namespace larder::cli {

/// Thread: one.
class TokenDesk {
 public:
  /// Everything is borrowed.
  TokenDesk(const config::Loaded& config, const config::Variables& variables, Report& report, Clock& clock, CancelToken cancel)
      : config_(config), variables_(variables), report_(report), clock_(clock), cancel_(std::move(cancel)) {}

  /// Which token would be used: files and variables are read once, nobody is asked. From then on the process leaves no core and can't be
  /// looked into (T43). Errors: of config::choose_token.
  Result<const config::TokenChoice*> choice();
  /// The same with the token in hand: a login by browser is renewed when that is due, the identity of a CI job is exchanged
  /// . Errors: of `choice`, of auth::exchange_identity; a renewal that fails is a warning.
  Result<const config::TokenChoice*> token();
  /// The token for a request that is made now: after `token` said what it is, again exchanged or renewed when that is due. What fails
  /// then is a warning, and the old token goes on as long as the Hub takes it.
  std::optional<Secret> current();
  /// After `choice`: is the token the one that `auth login` stored, not one from elsewhere?
  [[nodiscard]] bool is_stored_login() const;
  /// Registers a secret for the redactor and protects the process as `choice` does.
  static void guard(const Secret& secret);

 private:
  void use(const Secret& token);
  void renew();
  Result<void> exchange(int tries);

  const config::Loaded& config_;
  const config::Variables& variables_;
  Report& report_;
  Clock& clock_;
  CancelToken cancel_;
  std::optional<config::TokenChoice> choice_;
  std::optional<SteadyTime> due_;  // when `current` has to act
  bool is_ready_ = false;
};

}  // namespace larder::cli
