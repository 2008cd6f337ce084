#include "transfer/location.hpp"

#include "base/text.hpp"

#include "net/field_text.hpp"

#include <array>

namespace larder::transfer {

namespace {

/// "20260820T101500Z" → time; nullopt for any other shape.
std::optional<WallTime> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kFields{{{0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2}}};
  std::array<int, 6> value{};
  for (std::size_t at = 0; at < kFields.size(); ++at) {
    const auto number = net::parse_digits(text.substr(kFields[at].first, kFields[at].second));
    if (!number) return std::nullopt;
    value[at] = static_cast<int>(*number);
  }
  const std::chrono::year_month_day day{std::chrono::year{value[0]}, std::chrono::month{static_cast<unsigned>(value[1])},
                                        std::chrono::day{static_cast<unsigned>(value[2])}};
  if (!day.ok() || value[3] > 23 || value[4] > 59 || value[5] > 60) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{value[3]} + std::chrono::minutes{value[4]} + std::chrono::seconds{value[5]};
}

constexpr std::uint64_t kLatest = 4'102'444'800;  // year 2100: beyond it the number is no date

std::optional<WallTime> end_of_life(std::string_view query) {
  const auto unix_time = query_value(query, "expires");
  if (unix_time) {
    const auto seconds = net::parse_digits(*unix_time);
    if (seconds && *seconds < kLatest) return WallTime{std::chrono::seconds{*seconds}};
  }
  const auto amz_date = query_value(query, "x-amz-date");
  const auto amz_expires = query_value(query, "x-amz-expires");
  if (!amz_date || !amz_expires) return std::nullopt;
  const auto begin = parse_amz_date(*amz_date);
  const auto seconds = net::parse_digits(*amz_expires);
  if (!begin || !seconds || *seconds >= kLatest) return std::nullopt;
  return *begin + std::chrono::seconds{*seconds};
}

}  // namespace

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && equals_ignoring_case(pair.substr(0, equals), name)) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> lifetime(const Url& url, WallTime wall_now) {
  const auto end = end_of_life(url.query());
  if (!end || *end <= wall_now) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*end - wall_now);
}

Location make_location(Url url, SteadyTime now, WallTime wall_now) {
  Location location;
  if (const auto life = lifetime(url, wall_now)) location.renew_at = now + *life * 4 / 5;
  location.url = std::move(url);
  return location;
}

}  // namespace larder::transfer
