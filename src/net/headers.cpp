#include "net/headers.hpp"

#include "base/text.hpp"
#include "net/field_text.hpp"

#include <algorithm>
#include <limits>

namespace larder::net {
namespace {

constexpr std::uint64_t kMaxOffset = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
// Longer waits mean nothing, and sums with a time point must not overflow.
constexpr std::uint64_t kMaxSeconds = 10ULL * 365 * 24 * 3600;

std::optional<std::chrono::seconds> seconds_of(std::string_view digits) {
  const bool is_number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) return std::nullopt;
  const std::uint64_t count = std::min(parse_digits(digits).value_or(kMaxSeconds), kMaxSeconds);  // more digits than fit: as long as can be
  return std::chrono::seconds(static_cast<std::int64_t>(count));
}

/// Cuts `text` at the first `mark`: returns what is before it and leaves what is behind it.
std::string_view cut(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

bool is_word(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

std::optional<std::string_view> unquoted(std::string_view text) {
  text = trim_blanks(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

/// The digits of `name = digits`; empty when it is something else.
std::string_view parameter(std::string_view text, std::string_view name) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || trim_blanks(text.substr(0, equals)) != name) return {};
  return trim_blanks(text.substr(equals + 1));
}

std::optional<std::uint64_t> offset_of(std::string_view digits) {
  const auto value = parse_digits(digits);
  return value && *value < kMaxOffset ? value : std::nullopt;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  std::string_view rest = trim_blanks(value);
  if (!equals_ignoring_case(cut(rest, ' '), "bytes")) return std::nullopt;
  rest = trim_blanks(rest);
  const bool has_total = rest.find('/') != std::string_view::npos;
  std::string_view range = cut(rest, '/');
  if (!has_total) return std::nullopt;

  ContentRange result;
  if (rest != "*") {
    result.total = offset_of(rest);
    if (!result.total) return std::nullopt;
  }
  if (range == "*") return result.total ? std::optional(result) : std::nullopt;
  if (range.find('-') == std::string_view::npos) return std::nullopt;
  const auto first = offset_of(cut(range, '-'));
  const auto last = offset_of(range);
  if (!first || !last || *last < *first || (result.total && *last >= *result.total)) return std::nullopt;
  result.range = ByteRange{*first, *last + 1};
  return result;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now) {
  const std::string_view text = trim_blanks(value);
  if (const auto seconds = seconds_of(text)) return seconds;
  const auto when = parse_http_date(text, now);
  if (!when) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*when - now);
  return std::clamp(wait, std::chrono::seconds(0), std::chrono::seconds(static_cast<std::int64_t>(kMaxSeconds)));
}

std::optional<RateLimit> parse_rate_limit(std::string_view value) {
  const auto name = unquoted(cut(value, ';'));
  const auto remaining = parse_digits(parameter(cut(value, ';'), "r"));
  std::string_view last = cut(value, ';');
  const auto reset = seconds_of(parameter(cut(last, ','), "t"));  // further quotas may follow the first one
  if (!name || !is_word(*name) || !remaining || !reset) return std::nullopt;
  return RateLimit{std::string(*name), *remaining, *reset};
}

std::optional<RateLimitPolicy> parse_rate_limit_policy(std::string_view value) {
  const auto kind = unquoted(cut(value, ';'));
  const auto name = unquoted(cut(value, ';'));
  const auto quota = parse_digits(parameter(cut(value, ';'), "q"));
  std::string_view last = cut(value, ';');
  const auto window = seconds_of(parameter(cut(last, ','), "w"));
  if (!kind || !name || !is_word(*name) || !quota || !window) return std::nullopt;
  return RateLimitPolicy{std::string(*name), *quota, *window};
}

std::optional<std::chrono::seconds> quota_pause(const Headers& headers) {
  const auto value = headers.find("ratelimit");
  const auto limit = value ? parse_rate_limit(*value) : std::nullopt;
  if (!limit || limit->remaining > 0) return std::nullopt;
  return limit->reset + std::chrono::seconds(1);  // the reset is rounded down
}

std::optional<std::chrono::seconds> retry_after(const Headers& headers, WallTime now) {
  const auto value = headers.find("retry-after");
  return value ? parse_retry_after(*value, now) : std::nullopt;
}

std::optional<std::chrono::seconds> asked_pause(const Headers& headers, WallTime now) {
  const auto quota = quota_pause(headers);
  const auto retry = retry_after(headers, now);
  return quota && retry ? std::max(quota, retry) : (quota ? quota : retry);
}

bool is_content_encoded(const Headers& headers) {
  for (std::string_view list : headers.find_all("content-encoding")) {
    while (!list.empty()) {
      const std::string_view coding = trim_blanks(cut(list, ','));
      if (!coding.empty() && !equals_ignoring_case(coding, "identity")) return true;
    }
  }
  return false;
}

bool is_html(const Headers& headers) {
  const auto type = headers.find("content-type");
  return type && (starts_with_ignoring_case(*type, "text/html") || starts_with_ignoring_case(*type, "application/xhtml"));
}

std::optional<std::uint64_t> content_length(const Headers& headers) {
  const auto value = headers.find("content-length");
  return value ? offset_of(*value) : std::nullopt;
}

bool has_two_lengths(const Headers& headers) {
  const auto values = headers.find_all("content-length");
  return std::any_of(values.begin(), values.end(), [&](std::string_view value) { return value != values.front(); });
}

std::string_view request_id(const Headers& headers) {
  for (const std::string_view name : {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id"}) {
    if (const auto value = headers.find(name); value && !value->empty()) return *value;
  }
  return {};
}

ServerWarning parse_warning(std::string_view value) {
  const auto mark = value.find(';');
  if (mark == std::string_view::npos) return {{}, trim_blanks(value)};
  return {trim_blanks(value.substr(0, mark)), trim_blanks(value.substr(mark + 1))};
}

}  // namespace larder::net
