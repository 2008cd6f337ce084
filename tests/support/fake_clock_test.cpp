#include "support/fake_clock.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using larder::test::FakeClock;

TEST_CASE("FakeClock: jumping waits move both times", "[support][fake_clock]") {
  FakeClock clock;
  const auto steady = clock.now();
  const auto wall = clock.wall_now();
  CHECK(clock.wait_until(steady + 90s, {}));
  CHECK(clock.now() - steady == 90s);
  CHECK(clock.wall_now() - wall == 90s);
  CHECK(clock.wait_until(steady, {}));
  CHECK(clock.now() - steady == 90s);
  CHECK(clock.waits().size() == 2);
}

TEST_CASE("FakeClock: blocking waits end when the test moves the time or cancels", "[support][fake_clock]") {
  FakeClock clock(FakeClock::Waiting::Blocks);
  larder::CancelSource cancel;
  const auto start = clock.now();
  bool first = false;
  bool second = true;
  {
    const std::jthread waiter([&] {
      first = clock.wait_until(start + 10s, cancel.token());
      second = clock.wait_until(start + 1h, cancel.token());
    });
    clock.await_waits(1);
    clock.advance(5s);
    clock.advance(5s);
    clock.await_waits(2);
    cancel.interrupt(SIGINT);
  }
  CHECK(first);
  CHECK_FALSE(second);
}
