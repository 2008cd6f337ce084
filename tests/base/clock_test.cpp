#include <larder/base/clock.hpp>

#include "support/catch.hpp"

#include <csignal>
#include <thread>

using namespace std::chrono_literals;

TEST_CASE("SystemClock: a time in the past returns at once, true", "[base][clock]") {
  const auto clock = larder::make_system_clock();
  CHECK(clock->wait_until(clock->now() - 1s, {}));
  CHECK(clock->wait_until(clock->now() + 1ms, {}));
}

TEST_CASE("SystemClock: cancelling ends a long wait", "[base][clock]") {
  const auto clock = larder::make_system_clock();
  larder::CancelSource source;
  const auto start = clock->now();
  bool came = true;
  {
    const std::jthread waiter([&] { came = clock->wait_until(start + 1h, source.token()); });
    source.interrupt(SIGINT);
  }
  CHECK_FALSE(came);
  CHECK(clock->now() - start < 30min);
}

TEST_CASE("SystemClock: wall time is the calendar's", "[base][clock]") {
  const auto clock = larder::make_system_clock();
  CHECK(clock->wall_now() > larder::WallTime{} + std::chrono::hours(24 * 365 * 50));
}
