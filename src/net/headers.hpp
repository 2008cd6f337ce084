// What header fields say: pure parsers for text that a hostile server may have written. Each gives nullopt for what it can't read.
#pragma once

#include <larder/base/byte_size.hpp>
#include <larder/base/clock.hpp>
#include <larder/net/http.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::net {

/// `bytes 0-99/1000`, `bytes 0-99/*`, `bytes */1000` (RFC 9110 §14.4).
struct ContentRange {
  std::optional<ByteRange> range;      ///< nullopt for "*": the range could not be satisfied
  std::optional<std::uint64_t> total;  ///< nullopt for "*": the server does not know
};
/// Refuses ends before begins, ends at or past the total, other units, signs and numbers over 63 bits (T30).
std::optional<ContentRange> parse_content_range(std::string_view value);

/// The three forms of RFC 9110 §5.6.7. `now` places a year of two digits in its century. Days are checked against the calendar.
std::optional<WallTime> parse_http_date(std::string_view value, WallTime now);

/// Digits, or an HTTP-date (a past one is 0 s). T-34, N16, N17.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now);

/// `"api";r=0;t=55`.
struct RateLimit {
  std::string resource;
  std::uint64_t remaining = 0;
  std::chrono::seconds reset{0};
};
std::optional<RateLimit> parse_rate_limit(std::string_view value);

/// `"fixed window";"api";q=500;w=300`.
struct RateLimitPolicy {
  std::string resource;
  std::uint64_t quota = 0;
  std::chrono::seconds window{0};
};
std::optional<RateLimitPolicy> parse_rate_limit_policy(std::string_view value);

/// How long the quota of an answer asks us to keep still: one second more than its reset when nothing remains, else nullopt.
std::optional<std::chrono::seconds> quota_pause(const Headers& headers);

/// The Retry-After of an answer.
std::optional<std::chrono::seconds> retry_after(const Headers& headers, WallTime now);

/// The longer one of Retry-After and quota_pause.
std::optional<std::chrono::seconds> asked_pause(const Headers& headers, WallTime now);

/// The target of the first link with rel="next" (RFC 8288), as written; not resolved, not checked. Errors: BadResponse for a field that is
/// no list of links (T24).
Result<std::optional<std::string>> next_link(const Headers& headers);

/// True when a Content-Encoding other than identity is named (R-316, T22).
bool is_content_encoded(const Headers& headers);

/// Is the body said to be a web page: text/html or application/xhtml+xml?
bool is_html(const Headers& headers);

/// Content-Length as a number; nullopt when absent or unreadable.
std::optional<std::uint64_t> content_length(const Headers& headers);
/// Several Content-Length fields that differ (RFC 9112 §6.3: no answer to be believed).
bool has_two_lengths(const Headers& headers);

/// When the signature in the query ends: `Expires`, `X-Amz-Date` + `X-Amz-Expires`, the same of `X-Goog-`; the earliest of several
/// (engine.md §4). Nullopt: none is written there.
std::optional<WallTime> signed_url_expiry(const Url& url);

/// First present of x-request-id, X-Amzn-Trace-Id, x-amz-cf-id; empty when none is. Not escaped.
std::string_view request_id(const Headers& headers);

/// `<topic>; <message>` of X-HF-Warning; the topic may be empty. Not escaped.
struct ServerWarning {
  std::string_view topic;
  std::string_view message;
};
ServerWarning parse_warning(std::string_view value);

}  // namespace larder::net
