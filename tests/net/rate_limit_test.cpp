#include <larder/net/rate_limit.hpp>

#include "support/catch.hpp"
#include "support/fake_clock.hpp"

using namespace larder;
using namespace larder::net;
using namespace std::chrono_literals;

namespace {

/// Bytes that get through in `span` when takes of `size` come whenever the limiter lets them, looked at every `step`.
std::uint64_t bytes_in(std::chrono::milliseconds span, std::uint64_t rate, std::uint64_t size, std::chrono::microseconds step) {
  test::FakeClock clock;
  RateLimiter limiter(rate, clock);
  std::uint64_t bytes = 0;
  const SteadyTime end = clock.now() + span;
  while (clock.now() < end) {
    for (; limiter.is_open(); bytes += size) limiter.take(size);
    clock.advance(step);
  }
  return bytes;
}

}  // namespace

TEST_CASE("RateLimiter: exact within 5 % over ten seconds, whatever the sizes and however late we look", "[net][rate_limit]") {
  struct Case {
    std::uint64_t rate, size;
    std::chrono::microseconds step;
  };
  for (const Case& c : {Case{1'000'000, 16'384, 1ms}, Case{10'000, 1, 1ms}, Case{100'000, 5'000, 7ms}, Case{50'000'000, 16'384, 3ms},
                        Case{50'000'000, 16'384, 50ms}, Case{20'000, 1'024, 20ms}}) {
    CAPTURE(c.rate, c.size);
    const auto bytes = static_cast<double>(bytes_in(10s, c.rate, c.size, c.step));
    const double expected = 10.0 * static_cast<double>(c.rate);
    CHECK(bytes > expected * 0.95);
    CHECK(bytes < expected * 1.05);
  }
}

TEST_CASE("RateLimiter: a long silence is no credit", "[net][rate_limit]") {
  test::FakeClock clock;
  RateLimiter limiter(1000, clock);
  limiter.take(1000);
  CHECK_FALSE(limiter.is_open());
  clock.advance(1h);
  std::uint64_t burst = 0;
  for (; limiter.is_open(); burst += 10) limiter.take(10);
  CHECK(burst <= 110);  // 100 ms worth
}

TEST_CASE("RateLimiter: an overdraft is paid back", "[net][rate_limit]") {
  test::FakeClock clock;
  RateLimiter limiter(1000, clock);
  const SteadyTime begin = clock.now();
  limiter.take(5000);
  CHECK(limiter.open_at() >= begin + 4900ms);
  CHECK(limiter.open_at() <= begin + 5000ms);
}
