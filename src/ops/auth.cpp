#include <larder/ops/auth.hpp>

#include "base/escape.hpp"

#include <larder/base/log.hpp>
#include <larder/net/client.hpp>

#include <algorithm>
#include <chrono>

namespace larder::ops {
namespace {

constexpr std::chrono::hours kRenewBefore{24};

/// whoami with a token that is not stored yet.
Result<hub::Whoami> ask_who(Services& services, const Secret& token, const CancelToken& cancel) {
  auto options = services.hub.options();
  options.credentials = net::Credentials{token, options.endpoint.origin()};
  options.renewed = nullptr;
  options.token_source = "this login";
  hub::HubClient asker(services.client, std::move(options));
  return asker.whoami(cancel);
}

void set_oauth(auth::StoredToken& section, const auth::OAuthToken& token, Clock& clock) {
  section.set("hf_token", token.access_token.reveal());
  if (!token.refresh_token.empty()) section.set("refresh_token", token.refresh_token.reveal());
  if (token.expires_in) section.set("expires_at", std::to_string(unix_seconds(clock.wall_now()) + token.expires_in->count()));
}

/// `[` and `]` are allowed in names, line ends are not; what is left is what the user knows the token by.
std::string section_name(const hub::Whoami& who) {
  const auto name = who.token_name.empty() ? "oauth-" + who.name : who.token_name;
  return auth::is_section_name(name) ? name : "oauth-" + who.name;
}

Result<LoginReport> check_and_save(Services& services, auth::TokenStore& store, const auth::OAuthToken& token, const CancelToken& cancel) {
  log::add_secret(token.access_token.reveal());
  log::add_secret(token.refresh_token.reveal());
  LARDER_TRY(auto who, ask_who(services, token.access_token, cancel));
  auth::StoredToken section(section_name(who));
  set_oauth(section, token, services.clock);
  LARDER_CHECK(store.save(section, cancel));
  return LoginReport{std::move(who), section.name()};
}

bool is_due(const auth::StoredToken& section, Clock& clock) {
  const auto expires = section.expires_at();
  if (!expires || section.refresh_token().empty()) return false;
  return std::chrono::seconds(*expires - unix_seconds(clock.wall_now())) < kRenewBefore;
}

}  // namespace

Result<LoginReport> login(Services& services, auth::TokenStore& store, const Secret& token, const CancelToken& cancel) {
  if (token.reveal().rfind("api_org", 0) == 0) {
    return fail(ErrorCode::AccessDenied, "a token of an organisation can't log in", "use a token of your own account");
  }
  return check_and_save(services, store, {token, Secret(), std::nullopt}, cancel);
}

Result<LoginReport> login_by_device(Services& services, auth::TokenStore& store, const std::string& client_id,
                                    const std::function<void(const auth::DeviceCode&)>& show, const CancelToken& cancel) {
  auth::OAuth oauth(services.client, services.clock, services.hub.options().endpoint, client_id);
  LARDER_TRY(const auto code, oauth.begin(cancel));
  show(code);
  LARDER_TRY(const auto token, oauth.await(code, cancel));
  return check_and_save(services, store, token, cancel);
}

std::vector<StoredFacts> stored_facts(const auth::StoredState& state) {
  std::vector<StoredFacts> facts;
  const auto* active = state.active_section();
  for (const auto& token : state.tokens) facts.push_back({token.name(), &token == active, token.expires_at()});
  std::sort(facts.begin(), facts.end(), [](const StoredFacts& a, const StoredFacts& b) { return a.name < b.name; });
  return facts;
}

Result<std::optional<Secret>> renew_if_due(auth::OAuth& oauth, auth::TokenStore& store, Clock& clock, const Secret& token,
                                           const CancelToken& cancel) {
  LARDER_TRY(const auto state, store.read());
  if (state.active.empty()) return std::nullopt;
  if (state.active.reveal() != token.reveal()) return state.active;  // another client was faster
  const auto* section = state.active_section();
  const bool is_between = section == nullptr && state.has_login();
  if (!is_between && (section == nullptr || !is_due(*section, clock))) return std::nullopt;
  const auto renew = [&](const auth::StoredToken& old) -> Result<auth::StoredToken> {
    log::add_secret(old.refresh_token().reveal());
    LARDER_TRY(const auto fresh, oauth.refresh(old.refresh_token(), cancel));
    log::add_secret(fresh.access_token.reveal());
    log::add_secret(fresh.refresh_token.reveal());
    auto renewed = old;
    set_oauth(renewed, fresh, clock);
    return renewed;
  };
  auto now = store.renew(token, renew, cancel);
  // Another client may have written one of the two files and not yet the other: the lock was waited for to look again, no more.
  if (!now && is_between) return std::nullopt;
  if (!now) return fail(std::move(now).error());
  return *std::move(now);
}

}  // namespace larder::ops
