#include "cli/token_desk.hpp"

#include <larder/auth/oidc.hpp>
#include <larder/base/log.hpp>
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
  SmallClient(const config::Settings& settings, Clock& clock, int tries)
      : transport(net::make_curl_transport(transport_options(settings), pool, clock)),
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
  if (choice_->identity) LARDER_CHECK(with_context(exchange(), choice_->description));
  const bool is_stored = choice_->source == "file" && config_.source("token_file").from != "LARDER_TOKEN_FILE";
  if (is_stored) renew();
  is_ready_ = true;
  return &*choice_;
}

Result<void> TokenDesk::exchange() {
  const auto& settings = config_.settings;
  LARDER_TRY(const auto endpoint, Url::parse(settings.endpoint));
  SmallClient asker(settings, clock_, std::max(1, settings.retries));
  const auto& identity = *choice_->identity;
  LARDER_TRY(auto fresh, auth::exchange_identity(asker.client, endpoint,
                                                 {identity.resource, identity.id_token, identity.mint_url, identity.mint_token}, cancel_));
  guard(fresh.access_token);
  choice_->token = std::move(fresh.access_token);
  return {};
}

/// What is needed for it is made only when it is due.
void TokenDesk::renew() {
  const auto& settings = config_.settings;
  const auto disk = fs::make_real_disk();
  const auto random = make_system_random();
  auth::TokenStore store(*disk, clock_, *random, settings.token_file);
  const auto state = store.read();
  if (!state || state->active_section() == nullptr || state->active_section()->refresh_token().empty()) return;
  const auto endpoint = Url::parse(settings.endpoint);
  if (!endpoint) return;
  SmallClient asker(settings, clock_, 1);
  auth::OAuth oauth(asker.client, clock_, *endpoint, settings.oauth_client_id);
  const auto renewed = ops::renew_if_due(oauth, store, clock_, *choice_->token, cancel_);
  if (!renewed) {
    const auto hint = renewed.error().hint.empty() ? "" : "; " + renewed.error().hint;
    return report_.warning("the stored login could not be renewed: " + renewed.error().text() + hint);
  }
  if (*renewed) choice_->token = **renewed;
}

}  // namespace larder::cli
