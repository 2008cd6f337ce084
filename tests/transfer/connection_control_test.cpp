#include "transfer/connection_control.hpp"

#include "support/catch.hpp"

using larder::SteadyTime;
using larder::transfer::ConnectionControl;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime kNow{1000h};

/// Windows in which every connection brings `each` bytes, but all together at most `most`.
void run_windows(ConnectionControl& control, int windows, std::uint64_t each, std::uint64_t most) {
  for (int at = 0; at < windows; ++at) {
    control.on_window(std::min(each * static_cast<std::uint64_t>(control.bulk()), most), true);
  }
}

}  // namespace

TEST_CASE("ConnectionControl: starts at eight, grows by half, and by all where that helped in full", "[transfer][connection_control]") {
  ConnectionControl control(32);
  CHECK(control.bulk() == 8);
  run_windows(control, 1, 100, 1'000'000);
  CHECK(control.bulk() == 12);
  run_windows(control, 1, 100, 1'000'000);
  CHECK(control.bulk() == 24);
  run_windows(control, 10, 100, 1'000'000);
  CHECK(control.bulk() == 32);
  CHECK(control.cap() == 32);
}

TEST_CASE("ConnectionControl: grows by half where that helped a little", "[transfer][connection_control]") {
  ConnectionControl control(32);
  for (const std::uint64_t bytes : {1000U, 1100U, 1200U}) control.on_window(bytes, true);
  CHECK(control.bulk() == 27);
  control.on_window(1210, true);
  CHECK(control.bulk() == 18);
}

TEST_CASE("ConnectionControl: on a short path begins with four, and grows as on any other", "[transfer][connection_control]") {
  ConnectionControl control(32);
  control.on_short_path();
  CHECK(control.bulk() == 4);
  SECTION("a connection is held to its own rate") {
    run_windows(control, 4, 100, 1'000'000);
    CHECK(control.bulk() == 32);
    control.on_short_path();  // known by then
    CHECK(control.bulk() == 32);
  }
  SECTION("four fill it") {
    run_windows(control, 3, 100, 400);
    CHECK(control.bulk() == 4);
  }
}

TEST_CASE("ConnectionControl: a short path brings no connections back", "[transfer][connection_control]") {
  ConnectionControl few(2);
  few.on_short_path();
  CHECK(few.bulk() == 2);
  ConnectionControl refused(32);
  refused.on_pushback(kNow);
  refused.on_pushback(kNow + 10s);
  refused.on_short_path();
  CHECK(refused.bulk() == 2);
}

TEST_CASE("ConnectionControl: goes back to the last good number, and looks again after ten seconds", "[transfer][connection_control]") {
  ConnectionControl control(32);
  run_windows(control, 6, 100, 1200);  // twelve fill the link
  CHECK(control.bulk() == 12);
  run_windows(control, 30, 100, 1200);
  CHECK(control.bulk() <= 18);
  run_windows(control, 60, 100, 2400);
  CHECK(control.bulk() >= 20);
}

TEST_CASE("ConnectionControl: --jobs is the ceiling", "[transfer][connection_control]") {
  for (const int jobs : {1, 3, 12, 64}) {
    CAPTURE(jobs);
    ConnectionControl control(jobs);
    CHECK(control.bulk() == std::min(jobs, 8));
    run_windows(control, 40, 100, 1'000'000);
    CHECK(control.bulk() == jobs);
    CHECK(control.cap() == jobs);
  }
}

TEST_CASE("ConnectionControl: windows with idle slots tell nothing", "[transfer][connection_control]") {
  ConnectionControl control(32);
  for (std::uint64_t at = 1; at < 50; ++at) control.on_window(at * 1000, false);
  CHECK(control.bulk() == 8);
}

TEST_CASE("ConnectionControl: a refusal halves, once in five seconds, and it grows back", "[transfer][connection_control]") {  // N19
  ConnectionControl control(16);
  run_windows(control, 10, 100, 1'000'000);
  REQUIRE(control.bulk() == 16);
  control.on_pushback(kNow);
  control.on_pushback(kNow + 1s);
  CHECK(control.bulk() == 8);
  control.on_pushback(kNow + 6s);
  CHECK(control.bulk() == 4);
  run_windows(control, 100, 100, 1'000'000);
  CHECK(control.bulk() == 16);
}

TEST_CASE("ConnectionControl: four resets within two seconds halve, spread ones don't", "[transfer][connection_control]") {
  ConnectionControl control(32);
  for (int at = 0; at < 10; ++at) control.on_reset(kNow + at * 3s);
  CHECK(control.bulk() == 8);
  for (int at = 0; at < 4; ++at) control.on_reset(kNow + 60s + at * 100ms);
  CHECK(control.bulk() == 4);
}

TEST_CASE("ConnectionControl: without descriptors there are fewer for good, but one", "[transfer][connection_control]") {  // L15
  ConnectionControl control(32);
  for (int at = 0; at < 30; ++at) control.on_shortage();
  CHECK(control.cap() == 1);
  CHECK(control.bulk() == 1);
}
