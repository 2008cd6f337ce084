// auth: who you are, and the stored tokens.
#pragma once

#include <larder/auth/oauth.hpp>
#include <larder/auth/token_store.hpp>
#include <larder/base/cancel.hpp>
#include <larder/hub/hub_client.hpp>
#include <larder/ops/services.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

/// The token in use, without a part of it.
struct TokenFacts {
  std::string source;                      ///< "HF_TOKEN", "file", "flag" …
  std::string description;                 ///< for people
  std::string name;                        ///< of the stored section; empty: it is not stored
  std::string role;                        ///< read, write, fineGrained; empty: not asked, or OAuth
  std::optional<std::int64_t> expires_at;  ///< Unix seconds
};
struct StoredFacts {
  std::string name;
  bool is_active = false;
  std::optional<std::int64_t> expires_at;
};

/// Checks `token` with whoami, stores it under its display name or `oauth-<user>`, and makes it the active one. Errors:
/// AccessDenied (a token of an organisation, or one the Hub refuses), those of HubClient::whoami and TokenStore::save.
struct LoginReport {
  hub::Whoami who;
  std::string name;
};
Result<LoginReport> login(Services& services, auth::TokenStore& store, const Secret& token, const CancelToken& cancel);

/// The device flow; `show` tells the user where to go. Then as `login`. Errors: those of OAuth and `login`.
Result<LoginReport> login_by_device(Services& services, auth::TokenStore& store, const std::string& client_id,
                                    const std::function<void(const auth::DeviceCode&)>& show, const CancelToken& cancel);

/// Sections sorted by name.
std::vector<StoredFacts> stored_facts(const auth::StoredState& state);

/// The token-file token, renewed when it is of OAuth and less than a day is left. nullopt: nothing had to be done. Errors: as
/// OAuth::refresh; the old token may still work.
Result<std::optional<Secret>> renew_if_due(auth::OAuth& oauth, auth::TokenStore& store, Clock& clock, const Secret& token,
                                           const CancelToken& cancel);

}  // namespace larder::ops
