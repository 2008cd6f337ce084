// Dates as servers write them: HTTP-date in its three forms, and the expiry of signed URLs.
#include "base/text.hpp"
#include "net/field_text.hpp"
#include "net/headers.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace larder::net {
namespace {

// The wall clock counts nanoseconds in 64 bits and ends in 2262; sums with a time point must stay inside.
constexpr int kLastYear = 2250;
constexpr std::uint64_t kLastSecond = 8'836'000'000ULL;

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

std::vector<std::string_view> words(std::string_view text, std::string_view marks) {
  std::vector<std::string_view> found;
  while (!text.empty() && found.size() < 8) {
    const auto begin = text.find_first_not_of(marks);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(marks), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return found;
}

std::optional<int> small_number(std::string_view text, int most) {
  if (text.size() > 4) return std::nullopt;
  const auto value = parse_digits(text);
  return value && *value <= static_cast<std::uint64_t>(most) ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<unsigned> month_number(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (equals_ignoring_case(kMonths.at(i), name)) return i + 1;
  }
  return std::nullopt;
}

std::optional<TimeOfDay> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = small_number(text.substr(0, 2), 23);
  const auto minute = small_number(text.substr(3, 2), 59);
  const auto second = small_number(text.substr(6, 2), 60);  // a leap second is legal
  if (!hour || !minute || !second) return std::nullopt;
  return TimeOfDay{*hour, *minute, *second};
}

std::optional<WallTime> compose(int year, unsigned month, int day, const TimeOfDay& time) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1900 || year > kLastYear) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) +
         std::chrono::seconds(time.second);
}

/// RFC 9110: a year that seems more than 50 years ahead is the past one with the same last digits.
int full_year(int two_digits, WallTime now) {
  const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now));
  const int this_year = static_cast<int>(today.year());
  const int year = this_year - this_year % 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

std::optional<WallTime> from_unix(std::string_view digits) {
  const auto seconds = parse_digits(digits);
  if (!seconds) return std::nullopt;
  return WallTime(std::chrono::seconds(static_cast<std::int64_t>(std::min(*seconds, kLastSecond))));
}

/// 20261123T220500Z
std::optional<WallTime> from_basic_iso(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto year = small_number(text.substr(0, 4), 9999);
  const auto month = small_number(text.substr(4, 2), 12);
  const auto day = small_number(text.substr(6, 2), 31);
  const auto hour = small_number(text.substr(9, 2), 23);
  const auto minute = small_number(text.substr(11, 2), 59);
  const auto second = small_number(text.substr(13, 2), 60);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  return compose(*year, static_cast<unsigned>(*month), *day, {*hour, *minute, *second});
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && equals_ignoring_case(pair.substr(0, equals), name)) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<WallTime> dated_expiry(std::string_view query, std::string_view date_name, std::string_view length_name) {
  constexpr std::uint64_t kLongest = 10ULL * 365 * 24 * 3600;
  const auto date = query_value(query, date_name);
  const auto length = query_value(query, length_name);
  const auto begin = date ? from_basic_iso(*date) : std::nullopt;
  const auto seconds = length ? parse_digits(*length) : std::nullopt;
  if (!begin || !seconds) return std::nullopt;
  return *begin + std::chrono::seconds(static_cast<std::int64_t>(std::min(*seconds, kLongest)));
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view value, WallTime now) {
  const auto part = words(value, " ,-\t");
  if (part.size() == 5) {  // Sun Nov  6 08:49:37 1994
    const auto month = month_number(part[1]);
    const auto day = small_number(part[2], 31);
    const auto time = time_of_day(part[3]);
    const auto year = small_number(part[4], 9999);
    return month && day && time && year ? compose(*year, *month, *day, *time) : std::nullopt;
  }
  // Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT
  if (part.size() != 6 || part[5] != "GMT") return std::nullopt;
  const auto day = small_number(part[1], 31);
  const auto month = month_number(part[2]);
  const auto year = small_number(part[3], 9999);
  const auto time = time_of_day(part[4]);
  if (!day || !month || !year || !time) return std::nullopt;
  return compose(part[3].size() == 2 ? full_year(*year, now) : *year, *month, *day, *time);
}

std::optional<WallTime> signed_url_expiry(const Url& url) {
  const std::string_view query = url.query();
  std::optional<WallTime> earliest;
  const auto consider = [&](std::optional<WallTime> when) {
    if (when && (!earliest || *when < *earliest)) earliest = when;
  };
  if (const auto unix_time = query_value(query, "expires")) consider(from_unix(*unix_time));
  consider(dated_expiry(query, "x-amz-date", "x-amz-expires"));
  consider(dated_expiry(query, "x-goog-date", "x-goog-expires"));
  return earliest;
}

}  // namespace larder::net
