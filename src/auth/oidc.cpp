#include <larder/auth/oidc.hpp>

#include "auth/token_answer.hpp"
#include "base/escape.hpp"
#include "base/json_fields.hpp"

#include <larder/base/log.hpp>
#include <larder/net/client.hpp>

namespace larder::auth {
namespace {

/// `mint_url` holds a query already on GitHub.
Result<Url> mint_url(const JobIdentity& identity, const Url& endpoint) {
  const char* joint = identity.mint_url.find('?') == std::string::npos ? "?" : "&";
  return with_context(Url::parse(identity.mint_url + joint + "audience=" + percent_encode(endpoint.base())),
                      "ACTIONS_ID_TOKEN_REQUEST_URL");
}

/// The id token of a job of GitHub Actions.
Result<Secret> mint(net::Client& client, const Url& endpoint, const JobIdentity& identity, const CancelToken& cancel) {
  if (identity.mint_url.empty() || identity.mint_token.empty()) {
    return fail(ErrorCode::AuthRequired, "there is no id token to exchange",
                "give the job `permissions: id-token: write` (GitHub Actions), or set HF_OIDC_ID_TOKEN to what your CI minted");
  }
  net::Request request;
  LARDER_TRY(request.url, mint_url(identity, endpoint));
  request.credentials = net::Credentials{identity.mint_token, request.url.origin()};
  request.max_body = kLongestTokenAnswer;
  request.header_timeout = kTokenAnswerWait;
  const auto host = request.url.origin().host_text();
  LARDER_TRY(const auto response, client.exchange(std::move(request), cancel));
  if (response.head.status >= 300) {
    return fail(ErrorCode::AccessDenied, host + ": no id token was given, status " + std::to_string(response.head.status));
  }
  LARDER_TRY(const auto document, with_context(parse_json(response.body), host));
  LARDER_TRY(const auto fields, with_context(JsonFields::of(document), host));
  LARDER_TRY(auto value, with_context(fields.text("value"), host));
  return Secret(std::move(value));
}

}  // namespace

Result<OAuthToken> exchange_identity(net::Client& client, const Url& endpoint, const JobIdentity& identity, const CancelToken& cancel) {
  log::add_secret(identity.mint_token.reveal());
  Secret id_token = identity.id_token;
  if (id_token.empty()) {
    LARDER_TRY(id_token, mint(client, endpoint, identity, cancel));
  }
  log::add_secret(id_token.reveal());
  net::Request request;
  request.method = net::Method::Post;
  LARDER_TRY(request.url, Url::parse(endpoint.base() + "/oauth/token"));
  request.content_type = "application/json";
  request.body = json_text({{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                            {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
                            {"subject_token", id_token.reveal()},
                            {"resource", identity.resource}});
  request.max_body = kLongestTokenAnswer;
  request.header_timeout = kTokenAnswerWait;
  const auto host = endpoint.origin().host_text();
  LARDER_TRY(const auto response, client.exchange(std::move(request), cancel));
  if (response.head.status == 404 || response.head.status == 405) {
    return fail(ErrorCode::Unsupported, host + ": no exchange of identities here", "unset HF_OIDC_RESOURCE and use a token");
  }
  LARDER_TRY(const auto document, with_context(parse_json(response.body), host));
  LARDER_TRY(const auto fields, with_context(JsonFields::of(document), host));
  if (fields.value("access_token") == nullptr || response.head.status >= 300) {
    return fail(ErrorCode::AccessDenied, host + ": the identity of this job was refused: " + error_words(fields, response.head.status),
                "has the resource named this repository and workflow as a trusted publisher?");
  }
  LARDER_TRY(auto token, with_context(read_token(fields), host));
  log::add_secret(token.access_token.reveal());
  return token;
}

}  // namespace larder::auth
