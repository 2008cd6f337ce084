#include <larder/base/byte_size.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cfenv>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <optional>

namespace larder {
namespace {

constexpr auto kMostBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Digits to a number; nullopt when empty, not all digits, or too large.
std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

struct NumberAndUnit {
  std::string_view whole;
  std::string_view fraction;
  bool has_point = false;
  std::string unit;  // lower case
};

NumberAndUnit take_apart(std::string_view text) {
  NumberAndUnit parts;
  const auto take_digits = [&] {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
  };
  parts.whole = take_digits();
  if (text.starts_with('.')) {
    parts.has_point = true;
    text.remove_prefix(1);
    parts.fraction = take_digits();
  }
  parts.unit = to_lower(trim(text));
  return parts;
}

std::optional<std::uint64_t> bytes_in(std::string_view unit) {
  constexpr std::string_view kLetters = "kmgtp";
  if (unit.ends_with('b')) unit.remove_suffix(1);
  if (unit.empty()) return 1;
  const auto power = kLetters.find(unit.front());
  const bool binary = unit.size() == 2 && unit.back() == 'i';
  if (power == std::string_view::npos || (unit.size() != 1 && !binary)) return std::nullopt;
  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= binary ? 1024 : 1000;
  return bytes;
}

tl::unexpected<Error> bad_size(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, fmt::format("size '{}': {}", escape_text(text, 64), why),
              "write a number with K, M, G, T (powers of 1000) or KiB, MiB, GiB, TiB");
}

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  const auto parts = take_apart(trim(text));
  if (parts.whole.empty() || (parts.has_point && parts.fraction.empty())) return bad_size(text, "not a number");
  // "64Ki" without its B is somebody's slip: K would be another size.
  if (parts.unit.ends_with('i')) return bad_size(text, "unknown unit");
  const auto unit = bytes_in(parts.unit);
  if (!unit) return bad_size(text, "unknown unit");
  const auto whole = number_of(parts.whole);
  if (!whole || *whole > kMostBytes / *unit) return bad_size(text, "too large");
  std::uint64_t bytes = *whole * *unit;
  if (!parts.fraction.empty()) {
    const auto digits = parts.fraction.substr(0, 18);  // more than a byte of the largest unit can show
    const auto share = static_cast<long double>(*number_of(digits)) / std::pow(10.0L, static_cast<long double>(digits.size()));
    bytes += static_cast<std::uint64_t>(std::llround(share * static_cast<long double>(*unit)));
  }
  if (bytes > kMostBytes) return bad_size(text, "too large");
  return bytes;
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t seconds;
  };
  constexpr std::int64_t kDay = 24 * 60 * 60;
  constexpr std::array<Unit, 8> kUnits{
      {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", kDay}, {"w", 7 * kDay}, {"mo", 30 * kDay}, {"y", 365 * kDay}}};
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::InvalidArgument, fmt::format("duration '{}': {}", escape_text(text, 64), why),
                "write seconds, or a number with s, m, h, d, w, mo or y");
  };
  const auto parts = take_apart(trim(text));
  if (parts.whole.empty() || parts.has_point) return bad("not a whole number");
  const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& row) { return row.name == parts.unit; });
  if (unit == kUnits.end()) return bad("unknown unit");
  const auto count = number_of(parts.whole);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;  // it must fit a clock in nanoseconds
  if (!count || *count > static_cast<std::uint64_t>(kMost / unit->seconds)) return bad("too large");
  return std::chrono::seconds(static_cast<std::int64_t>(*count) * unit->seconds);
}

std::string format_byte_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kSuffixes{"", "K", "M", "G", "T", "P", "E"};
  auto value = static_cast<double>(bytes);
  std::size_t at = 0;
  // Divided step by step as Python does it: the same doubles give the same rounding (T-44).
  for (; value >= 1000.0 && at + 1 < kSuffixes.size(); ++at) value /= 1000.0;
  return fmt::format("{:.1f}{}", value, kSuffixes[at]);
}

std::string format_bytes_long(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t at = 0;
  // 999.95 would be shown as 1000.0: the next unit says it better.
  for (; value >= 999.95 && at + 1 < kUnits.size(); ++at) value /= 1000.0;
  return fmt::format("{:.1f} {}", value, kUnits[at]);
}

std::string format_age(std::chrono::seconds age) {
  struct Unit {
    std::string_view name;
    double seconds;
    double most;
  };
  constexpr double kDay = 86400;
  constexpr std::array<Unit, 7> kUnits{{{"second", 1, 59},
                                        {"minute", 60, 59},
                                        {"hour", 3600, 23},
                                        {"day", kDay, 6},
                                        {"week", 7 * kDay, 6},
                                        {"month", 30 * kDay, 11},
                                        {"year", 365 * kDay, std::numeric_limits<double>::infinity()}}};
  if (age < std::chrono::seconds(20)) return "a few seconds ago";
  for (const auto& unit : kUnits) {
    const double count = std::nearbyint(static_cast<double>(age.count()) / unit.seconds);  // half to even, as Python rounds
    if (count <= unit.most) return fmt::format("{:.0f} {}{} ago", count, unit.name, count == 1 ? "" : "s");
  }
  return {};  // not reached: years have no limit
}

std::string format_time(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "invalid time";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

}  // namespace larder
