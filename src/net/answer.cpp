#include "net/answer.hpp"

#include "base/escape.hpp"
#include "net/headers.hpp"

namespace larder::net {
namespace {

constexpr std::size_t kShown = 500;  // T35
constexpr std::size_t kShownId = 200;

std::string shown(const Headers& headers, std::string_view name, std::size_t most) {
  const auto value = headers.find(name);
  return value ? escape_text(*value, most) : std::string();
}

/// A mirror that could not reach the Hub says so by 403.
bool is_trouble_of_mirror(const ResponseHead& head) {
  const auto code = head.headers.find("x-error-code");
  return head.status == 403 && code && (*code == "ProxyTimeout" || *code == "ProxyInvalidData");
}

}  // namespace

HttpFacts http_facts(const Url& url, const ResponseHead& head) {
  HttpFacts facts;
  facts.status = head.status;
  facts.host = url.origin().host_text();
  facts.request_id = escape_text(request_id(head.headers), kShownId);
  facts.hub_code = shown(head.headers, "x-error-code", kShownId);
  facts.server_message = shown(head.headers, "x-error-message", kShown);
  return facts;
}

std::optional<Error> transient_failure(const Url& url, const ResponseHead& head, WallTime now) {
  if (head.status != 408 && head.status != 429 && head.status < 500 && !is_trouble_of_mirror(head)) return std::nullopt;
  Error error;
  error.code = head.status == 429 ? ErrorCode::RateLimited : ErrorCode::ServerError;
  error.http = http_facts(url, head);
  error.message = error.http->host + (head.status == 429 ? ": rate limit reached" : ": the server answered " + std::to_string(head.status));
  if (!error.http->server_message.empty()) error.message += ": " + error.http->server_message;
  // A quota that is used up says something about 429 only: it is on every answer.
  error.retry_after = head.status == 429 ? asked_pause(head.headers, now) : retry_after(head.headers, now);
  return error;
}

}  // namespace larder::net
