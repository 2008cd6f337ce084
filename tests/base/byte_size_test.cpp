#include <larder/base/byte_size.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using larder::ErrorCode;

TEST_CASE("parse_byte_size: decimal and binary units, fractions, any case", "[base][byte_size]") {
  struct Row {
    const char* text;
    std::uint64_t bytes;
  };
  const auto row =
      GENERATE(Row{"0", 0}, Row{"123", 123}, Row{"123B", 123}, Row{"1K", 1000}, Row{"1kb", 1000}, Row{"1KiB", 1024}, Row{"64kib", 65536},
               Row{"1.5M", 1500000}, Row{"1.5MiB", 1572864}, Row{"500G", 500000000000}, Row{"500GB", 500000000000},
               Row{"2T", 2000000000000}, Row{"1P", 1000000000000000}, Row{"1PiB", 1125899906842624}, Row{"0.1G", 100000000},
               Row{" 7 M ", 7000000}, Row{"9223372036854775807", 9223372036854775807ULL}, Row{"0.0000000000000000001T", 0});
  INFO(row.text);
  const auto parsed = larder::parse_byte_size(row.text);
  REQUIRE(parsed);
  CHECK(*parsed == row.bytes);
}

TEST_CASE("parse_byte_size: anything else is an invalid argument", "[base][byte_size]") {
  const auto* text = GENERATE("", " ", "-1", "+1", "1.", ".5", "1..5", "x", "1X", "1KK", "1iB", "1Ki", "1KBB", "1 0", "1e3", "0x10", "G",
                              "9223372036854775808", "10000P", "99999999999999999999999", "1,5M", "1BiB");
  INFO(text);
  const auto parsed = larder::parse_byte_size(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("parse_duration: seconds or a unit", "[base][byte_size]") {
  struct Row {
    const char* text;
    std::int64_t seconds;
  };
  const auto row = GENERATE(Row{"0", 0}, Row{"30", 30}, Row{"30s", 30}, Row{"5m", 300}, Row{"2h", 7200}, Row{"7d", 604800},
                            Row{"1w", 604800}, Row{"3mo", 7776000}, Row{"1y", 31536000}, Row{"1Y", 31536000}, Row{"2MO", 5184000});
  INFO(row.text);
  const auto parsed = larder::parse_duration(row.text);
  REQUIRE(parsed);
  CHECK(parsed->count() == row.seconds);
}

TEST_CASE("parse_duration: anything else is an invalid argument", "[base][byte_size]") {
  const auto* text = GENERATE("", "s", "-1", "1.5h", "1 fortnight", "1ms", "99999999999999999999", "9999999999999y", "1h30m");
  INFO(text);
  const auto parsed = larder::parse_duration(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("format_byte_size: as hf prints sizes", "[base][byte_size]") {  // R-810, T-40…T-44
  CHECK(larder::format_byte_size(0) == "0.0");
  CHECK(larder::format_byte_size(999) == "999.0");
  CHECK(larder::format_byte_size(1000) == "1.0K");
  CHECK(larder::format_byte_size(1048576) == "1.0M");
  CHECK(larder::format_byte_size(999949) == "999.9K");
  CHECK(larder::format_byte_size(999950) == "1000.0K");
  CHECK(larder::format_byte_size(18446744073709551615ULL) == "18.4E");
}

TEST_CASE("format_bytes_long: for running text", "[base][byte_size]") {
  CHECK(larder::format_bytes_long(0) == "0 B");
  CHECK(larder::format_bytes_long(999) == "999 B");
  CHECK(larder::format_bytes_long(1000) == "1.0 kB");
  CHECK(larder::format_bytes_long(999949) == "999.9 kB");
  CHECK(larder::format_bytes_long(999950) == "1.0 MB");
  CHECK(larder::format_bytes_long(1234567890) == "1.2 GB");
}

TEST_CASE("format_age: rounding and limits of each unit", "[base][byte_size]") {  // R-811, T-46
  struct Row {
    std::chrono::seconds age;
    const char* text;
  };
  const auto row = GENERATE(Row{-5s, "a few seconds ago"}, Row{19s, "a few seconds ago"}, Row{20s, "20 seconds ago"},
                            Row{59s, "59 seconds ago"}, Row{60s, "1 minute ago"}, Row{89s, "1 minute ago"}, Row{90s, "2 minutes ago"},
                            Row{3600s, "1 hour ago"}, Row{5400s, "2 hours ago"}, Row{82800s, "23 hours ago"}, Row{84600s, "1 day ago"},
                            Row{86400s, "1 day ago"}, Row{570240s, "1 week ago"}, Row{45s * 86400, "6 weeks ago"},
                            Row{46s * 86400, "2 months ago"}, Row{345s * 86400, "1 year ago"}, Row{365s * 86400 * 200, "200 years ago"});
  INFO(row.age.count());
  CHECK(larder::format_age(row.age) == row.text);
}

TEST_CASE("format_time: UTC with seconds", "[base][byte_size]") {
  using Clock = std::chrono::system_clock;
  CHECK(larder::format_time(Clock::time_point{}) == "1970-01-01T00:00:00Z");
  CHECK(larder::format_time(Clock::time_point{1795471500s + 999ms}) == "2026-11-23T22:05:00Z");
  CHECK(larder::format_time(Clock::time_point{-1ms}) == "1969-12-31T23:59:59Z");
}
