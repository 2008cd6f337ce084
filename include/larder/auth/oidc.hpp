// Oidc: the identity of a CI job, exchanged for a short-lived token ("trusted publishers"; R-414).
#pragma once

#include <larder/auth/oauth.hpp>

#include <string>

namespace larder::auth {

/// How a job proves who it is.
struct JobIdentity {
  std::string resource;  ///< what the token is to be for: a repository or a user name
  Secret id_token;       ///< as the CI gave it; empty: asked for at `mint_url`
  std::string mint_url;  ///< of GitHub Actions; empty: this is no such job, or it may not ask
  Secret mint_token;     ///< for `mint_url` only
};

/// The token that `endpoint` gives for `identity`; nothing is stored. Errors: AuthRequired (no id token can be had here), AccessDenied
/// (who mints it, or the endpoint, says no), Unsupported (the endpoint has no such exchange), BadResponse, network codes. Thread: one at a
/// time; blocks.
Result<OAuthToken> exchange_identity(net::Client& client, const Url& endpoint, const JobIdentity& identity, const CancelToken& cancel);

}  // namespace larder::auth
