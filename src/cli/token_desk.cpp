#include "cli/token_desk.hpp"

#include <larder/auth/oidc.hpp>
#include <larder/base/log.hpp>
#include <larder/base/token_text.hpp>
#include <larder/config/small_file.hpp>
#include <larder/net/client.hpp>
#include <larder/ops/auth.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "cli/transport_options.hpp"
#include "fs/disk.hpp"

namespace larder::cli {
namespace {

constexpr std::chrono::seconds kMintedEarly{300};   // R-414; one that was given is exchanged until it ends
constexpr std::chrono::seconds kUsualLife{3600};    // when the answer doesn't say
constexpr std::chrono::hours kLookAgain{1};         // a login lives for hours, and is renewed a day before its end
constexpr std::chrono::seconds kTryAgain{300};      // after a renewal that failed
constexpr std::chrono::seconds kExchangeAgain{60};  // sooner: without it the run ends
constexpr int kTriesBetween = 2;                    // between two requests of a download others wait for the answer

/// No core file and no ptrace from here on (T43).
void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker has to look into its own process
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/// What a few questions need before the services are there. Borrows the clock.
struct SmallClient {
  SmallClient(const config::Loaded& config, Clock& clock, int tries)
      : transport(net::make_curl_transport(transport_options(config), pool, clock)),
        client(*transport, clock, *random, silent, {.tries = tries}) {}

  std::unique_ptr<Random> random = make_system_random();
  BufferPool pool{0};
  NoProgress silent;
  std::unique_ptr<net::Transport> transport;
  net::Client client;
};

}  // namespace

void TokenDesk::guard(const Secret& secret) {
  if (secret.empty()) return;
  log::add_secret(secret.reveal());
  protect_memory();
}

Result<const config::TokenChoice*> TokenDesk::choice() {
  if (choice_) return &*choice_;
  LARDER_TRY(choice_, config::choose_token(config_, variables_, config::read_small_file));
  if (choice_->token) guard(*choice_->token);
  if (choice_->identity) {
    guard(choice_->identity->id_token);
    guard(choice_->identity->mint_token);
  }
  for (const auto& warning : choice_->warnings) report_.warning(warning);
  return &*choice_;
}

Result<const config::TokenChoice*> TokenDesk::token() {
  LARDER_CHECK(choice());
  if (is_ready_ || config_.settings.offline) return &*choice_;
  if (choice_->identity) LARDER_CHECK(with_context(exchange(std::max(1, config_.settings.retries)), choice_->description));
  if (is_stored_login()) renew();
  is_ready_ = true;
  return &*choice_;
}

std::optional<Secret> TokenDesk::current() {
  if (due_ && clock_.now() >= *due_) {
    if (is_stored_login()) renew();
    if (choice_->identity) {
      const auto exchanged = exchange(kTriesBetween);
      if (!exchanged) due_ = clock_.now() + kExchangeAgain;
      if (!exchanged) report_.warning(choice_->description + ": could not be exchanged again: " + exchanged.error().text());
    }
  }
  return choice_->token;
}

bool TokenDesk::is_stored_login() const { return choice_->source == "file" && config_.source("token_file").from != "LARDER_TOKEN_FILE"; }

Result<void> TokenDesk::exchange(int tries) {
  const auto& settings = config_.settings;
  LARDER_TRY(const auto endpoint, Url::parse(settings.endpoint));
  SmallClient asker(config_, clock_, tries);
  const auto& identity = *choice_->identity;
  LARDER_TRY(const auto fresh,
             auth::exchange_identity(asker.client, endpoint, {identity.resource, identity.id_token, identity.mint_url, identity.mint_token},
                                     cancel_));
  use(fresh.access_token);
  const auto early = identity.id_token.empty() ? kMintedEarly : std::chrono::seconds(0);
  due_ = clock_.now() + fresh.expires_in.value_or(kUsualLife) - early;
  return {};
}

void TokenDesk::use(const Secret& token) {
  if (!is_possible_token(token.reveal())) return;
  guard(token);
  choice_->token = token;
}

/// What is needed for it is made only when it is due.
void TokenDesk::renew() {
  const auto& settings = config_.settings;
  due_.reset();
  const auto disk = fs::make_real_disk();
  const auto random = make_system_random();
  auth::TokenStore store(*disk, clock_, *random, settings.token_file);
  const auto state = store.read();
  if (!state || state->active.empty() || !state->has_login()) return;
  use(state->active);  // another client may have renewed it since
  const auto endpoint = Url::parse(settings.endpoint);
  if (!endpoint) return;
  SmallClient asker(config_, clock_, 1);
  auth::OAuth oauth(asker.client, clock_, *endpoint, settings.oauth_client_id);
  const auto renewed = ops::renew_if_due(oauth, store, clock_, *choice_->token, cancel_);
  if (renewed) {
    if (*renewed) use(**renewed);
    due_ = clock_.now() + kLookAgain;
    return;
  }
  const auto hint = renewed.error().hint.empty() ? "" : "; " + renewed.error().hint;
  report_.warning("the stored login could not be renewed: " + renewed.error().text() + hint);
  if (renewed.error().code != ErrorCode::AuthRequired) due_ = clock_.now() + kTryAgain;  // a login that is over stays over
}

}  // namespace larder::cli
