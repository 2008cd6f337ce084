#include <larder/auth/oauth.hpp>

#include "auth/token_answer.hpp"
#include "base/escape.hpp"
#include "base/json_fields.hpp"

#include <larder/net/client.hpp>

#include <algorithm>

namespace larder::auth {
namespace {

constexpr std::chrono::seconds kSlowDown{5};  // RFC 8628 §3.5
constexpr std::chrono::seconds kLongestCode{24 * 3600};

std::chrono::seconds within(std::uint64_t count, std::chrono::seconds least, std::chrono::seconds most) {
  return std::clamp(std::chrono::seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(count, 1U << 30U))), least, most);
}

/// A URL a person is going to open must be one.
Result<std::string> verification_url(const JsonFields& fields) {
  LARDER_TRY(const auto complete, fields.text_if("verification_uri_complete"));
  if (complete && Url::parse(*complete)) return *complete;
  LARDER_TRY(const auto plain, fields.text("verification_uri"));
  if (!Url::parse(plain)) return fail(ErrorCode::BadResponse, "verification_uri is no address that a browser opens");
  return plain;
}

}  // namespace

Result<OAuth::Answer> OAuth::post(std::string_view path, Form form, const CancelToken& cancel) {
  net::Request request;
  request.method = net::Method::Post;
  LARDER_TRY(request.url, Url::parse(endpoint_.base() + std::string(path)));
  request.content_type = "application/x-www-form-urlencoded";
  for (const auto& [key, value] : form) {
    request.body += (request.body.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(value);
  }
  request.max_body = kLongestTokenAnswer;
  request.header_timeout = kTokenAnswerWait;
  LARDER_TRY(auto response, client_.exchange(std::move(request), cancel));
  return Answer{response.head.status, std::move(response.body)};
}

Result<DeviceCode> OAuth::begin(const CancelToken& cancel) {
  LARDER_TRY(const auto answer, post("/oauth/device", {{"client_id", client_id_}}, cancel));
  const auto host = endpoint_.origin().host_text();
  if (answer.status == 404 || answer.status == 405)
    return fail(ErrorCode::Unsupported, host + ": no login by browser here", "use --token-stdin");
  LARDER_TRY(const auto document, with_context(parse_json(answer.body), host));
  LARDER_TRY(const auto fields, with_context(JsonFields::of(document), host));
  if (answer.status >= 300) return fail(ErrorCode::BadResponse, host + ": " + escape_text(error_word(fields), kShownError));
  DeviceCode code;
  LARDER_TRY(auto device_code, with_context(fields.text("device_code"), host));
  code.device_code = Secret(std::move(device_code));
  LARDER_TRY(code.user_code, with_context(fields.text("user_code"), host));
  LARDER_TRY(code.verification_url, with_context(verification_url(fields), host));
  LARDER_TRY(const auto interval, fields.count_if("interval"));
  LARDER_TRY(const auto expires, fields.count_if("expires_in"));
  code.interval = within(interval.value_or(5), std::chrono::seconds(1), std::chrono::seconds(60));
  code.expires_in = within(expires.value_or(900), std::chrono::seconds(1), kLongestCode);
  return code;
}

Result<OAuthToken> OAuth::await(const DeviceCode& code, const CancelToken& cancel) {
  const auto end = clock_.now() + code.expires_in;
  auto interval = code.interval;
  for (; clock_.now() < end; clock_.wait_until(clock_.now() + interval, cancel)) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    const auto answer = post("/oauth/token",
                             {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                              {"device_code", code.device_code.reveal()},
                              {"client_id", client_id_}},
                             cancel);
    if (cancel.is_cancelled()) return fail(cancel.error());
    if (!answer) continue;
    const auto document = parse_json(answer->body);
    const auto fields = document ? JsonFields::of(*document) : Result<JsonFields>(fail(ErrorCode::BadResponse, ""));
    if (!fields) continue;
    if (fields->value("access_token") != nullptr) return read_token(*fields);
    const auto word = error_word(*fields);
    if (word == "slow_down") interval += kSlowDown;
    if (word.empty() || word == "slow_down" || word == "authorization_pending") continue;
    if (word == "expired_token") break;
    return fail(ErrorCode::AccessDenied, "the login was refused: " + error_words(*fields, answer->status),
                "to begin again: larder auth login --device");
  }
  if (cancel.is_cancelled()) return fail(cancel.error());
  return fail(ErrorCode::TimedOut, "nobody confirmed the login in time", "run the command again");
}

Result<OAuthToken> OAuth::refresh(const Secret& refresh_token, const CancelToken& cancel) {
  LARDER_TRY(const auto answer,
             post("/oauth/token", {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.reveal()}, {"client_id", client_id_}},
                  cancel));
  const auto host = endpoint_.origin().host_text();
  LARDER_TRY(const auto document, with_context(parse_json(answer.body), host));
  LARDER_TRY(const auto fields, with_context(JsonFields::of(document), host));
  if (fields.value("access_token") != nullptr) return read_token(fields);
  const auto word = error_word(fields);
  if (word == "invalid_grant") return fail(ErrorCode::AuthRequired, "the stored login is over", "log in again: larder auth login");
  return fail(ErrorCode::BadResponse, host + ": the login could not be renewed: " + escape_text(word, kShownError));
}

}  // namespace larder::auth
