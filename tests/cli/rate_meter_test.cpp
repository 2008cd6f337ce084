#include "cli/rate_meter.hpp"

#include "support/catch.hpp"

#include <limits>

using namespace larder;
using namespace larder::cli;
using namespace std::chrono_literals;

TEST_CASE("rate meter: the rate follows the flow, and a fall starts anew", "[cli][rate_meter]") {
  RateMeter meter;
  SteadyTime now{1h};
  std::uint64_t done = 0;
  meter.note(now, done);
  for (int at = 0; at < 100; ++at) meter.note(now += 100ms, done += 1'000'000);
  CHECK(meter.rate() > 9'900'000);
  CHECK(meter.rate() < 10'100'000);
  for (int at = 0; at < 100; ++at) meter.note(now += 100ms, done);
  CHECK(meter.rate() < 1'000'000);
  meter.note(now += 100ms, 0);
  CHECK(meter.rate() < 1'000'000);
}

TEST_CASE("rate meter: spans as a clock shows them", "[cli][rate_meter]") {
  CHECK(clock_text(0s) == "0:00");
  CHECK(clock_text(42s) == "0:42");
  CHECK(clock_text(600s) == "10:00");
  CHECK(clock_text(3h + 7min) == "3:07:00");
}

TEST_CASE("rate meter: no time is foretold that nobody can know", "[cli][rate_meter]") {
  CHECK(time_left(0, 10).empty());
  CHECK(time_left(100, 0).empty());
  CHECK(time_left(100, 10) == "0:10");
  CHECK(time_left(86'400, 1) == "24:00:00");
  CHECK(time_left(86'401, 1) == "> 1 day");
  CHECK(time_left(std::numeric_limits<std::uint64_t>::max(), 1) == "> 1 day");
}
