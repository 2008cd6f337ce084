// ByteRange, and byte counts and durations as people write them.
#pragma once

#include <larder/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

/// Half open: the bytes [begin, end).
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  [[nodiscard]] bool empty() const { return end <= begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// "500G", "1.5M", "64KiB", "123" → bytes: K M G T P are powers of 1000, KiB MiB GiB TiB PiB of 1024; an ending B is allowed
/// ("500GB"); letters in any case. Errors: InvalidArgument (empty, negative, unknown unit, over 2^63).
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// "30", "30s", "5m", "2h", "7d", "1w", "3mo" (30 days), "1y" (365 days) → seconds. Errors: InvalidArgument.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// As `hf` prints sizes: decimal units, one decimal, no space: 1048576 → "1.0M". T-40…T-45.
std::string format_byte_size(std::uint64_t bytes);

/// "1.2 GB", for people in running text.
std::string format_bytes_long(std::uint64_t bytes);

/// "a few seconds ago", "2 hours ago" … (R-811, T-46).
std::string format_age(std::chrono::seconds age);

/// ISO-8601 UTC with seconds: "2026-11-23T22:05:00Z".
std::string format_time(std::chrono::system_clock::time_point when);

}  // namespace larder
