#include "base/guarded.hpp"

#include "support/catch.hpp"

#include <thread>
#include <vector>

using larder::Guarded;

TEST_CASE("Guarded: many threads count without losing one", "[base][guarded]") {
  Guarded<int> count(0);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) count.with([](int& value) { ++value; });
      });
    }
  }
  CHECK(*count.lock() == 4000);
}

TEST_CASE("Guarded: a waiter sees the change it waits for", "[base][guarded]") {
  Guarded<int> value(0);
  bool seen = false;
  {
    const std::jthread waiter([&](const std::stop_token&) {
      auto lock = value.lock();
      seen = lock.wait(std::stop_token{}, [](int v) { return v == 2; });
    });
    for (int i = 1; i <= 2; ++i) {
      *value.lock() = i;
      value.notify_all();
    }
  }
  CHECK(seen);
}

TEST_CASE("Guarded: a stop ends the wait", "[base][guarded]") {
  Guarded<int> value(0);
  bool seen = true;
  {
    std::jthread waiter([&](const std::stop_token& stop) { seen = value.lock().wait(stop, [](int v) { return v == 1; }); });
    waiter.request_stop();
  }
  CHECK_FALSE(seen);
}
