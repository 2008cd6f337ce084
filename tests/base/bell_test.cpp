#include <larder/base/bell.hpp>
#include <larder/base/clock.hpp>

#include "support/catch.hpp"

#include <thread>

using namespace larder;
using namespace std::chrono_literals;

TEST_CASE("Bell: a ring before the wait is not lost, and several are one", "[base][bell]") {
  const auto clock = make_system_clock();
  Bell bell;
  CHECK_FALSE(bell.take());
  bell.ring();
  bell.ring();
  CHECK(clock->await(bell, clock->now() + 1h));
  CHECK_FALSE(bell.take());
  CHECK_FALSE(clock->await(bell, clock->now() - 1s));
}

TEST_CASE("Bell: each of a thousand rings from another thread ends a wait", "[base][bell]") {
  const auto clock = make_system_clock();
  Bell there;
  Bell back;
  int heard = 0;
  std::jthread other([&] {
    for (int at = 0; at < 1000; ++at) {
      there.ring();
      if (!clock->await(back, clock->now() + 1h)) return;
    }
  });
  for (int at = 0; at < 1000; ++at) {
    if (clock->await(there, clock->now() + 1h)) ++heard;
    back.ring();
  }
  CHECK(heard == 1000);
}
