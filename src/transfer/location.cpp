#include "transfer/location.hpp"

#include "net/headers.hpp"

#include <fmt/format.h>

namespace larder::transfer {

namespace {

constexpr std::chrono::hours kLongest{24 * 365};  // beyond it the number is no date, or the clock is wrong (N44)
constexpr std::chrono::minutes kSkew{5};

}  // namespace

std::optional<std::chrono::seconds> lifetime(const Url& url, WallTime wall_now) {
  const auto end = net::signed_url_expiry(url);
  if (!end || *end <= wall_now || *end - wall_now > kLongest) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*end - wall_now);
}

Location make_location(Url url, SteadyTime now, WallTime wall_now) {
  Location location;
  if (const auto life = lifetime(url, wall_now)) location.renew_at = now + std::chrono::milliseconds(*life) * 4 / 5;
  location.url = std::move(url);
  return location;
}

std::optional<std::chrono::seconds> clock_skew(const net::Headers& headers, WallTime wall_now) {
  const auto text = headers.find("Date");
  const auto date = text ? net::parse_http_date(*text, wall_now) : std::nullopt;
  if (!date) return std::nullopt;
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(wall_now - *date);
  return std::chrono::abs(skew) > kSkew ? std::optional(skew) : std::nullopt;
}

Error refused_addresses(const std::string& host, std::string_view source, const net::ResponseHead& head, WallTime wall_now) {
  Error error;
  error.code = ErrorCode::ServerError;
  error.message = fmt::format("{} refused the addresses that {} gave out: HTTP {}", host, source, head.status);
  if (const auto skew = clock_skew(head.headers, wall_now)) {
    error.hint = fmt::format("the clock here is {} s {} the server's; signed addresses need the right time",
                             std::chrono::abs(*skew).count(), skew->count() > 0 ? "ahead of" : "behind");
  }
  return error;
}

}  // namespace larder::transfer
