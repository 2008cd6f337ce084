// Small files over slow sources and broken connections: which source serves them, and what a body that breaks off is worth.
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// Small files on a mirror before the usual Hub.
struct SmallFiles : EngineRig {
  SmallFiles(int count, std::uint64_t size) {
    for (int at = 0; at < count; ++at)
      add("f" + std::to_string(at), {size + static_cast<std::uint64_t>(at), 3}, digest::Algorithm::GitSha1);
    mirror("one.test");
    usual_hub();
    net.path.round_trip = 20ms;
  }
  void mirror_brings(std::function<double()> rate) {
    serves("one.test", [rate = std::move(rate)](const net::Request&, SimAnswer& answer) { answer.rate = rate(); });
  }
};

}  // namespace

TEST_CASE("Engine: a mirror that is slow with small files is left", "[transfer][engine][mirror][small]") {
  SmallFiles rig(2000, 20'000);
  rig.mirror_brings([] { return 10e3; });  // 125 s at 16 at a time
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 20);
  CHECK(rig.net.asked("one.test") < 150);
  CHECK(rig.report.warnings.empty());
}

TEST_CASE("Engine: a slow mirror is left also when all small files have been asked of it", "[transfer][engine][mirror][small]") {
  SmallFiles rig(8, 900'000);
  rig.mirror_brings([] { return 10e3; });  // 90 s
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 15);
}

TEST_CASE("Engine: a mirror that becomes slow amid small files is left", "[transfer][engine][mirror][small]") {
  SmallFiles rig(4000, 20'000);
  rig.mirror_brings([&rig] { return rig.clock.seconds() < 2 ? 2e6 : 5e3; });  // then 4 s a file
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 40);
}

TEST_CASE("Engine: a mirror that is half as fast with small files keeps its place", "[transfer][engine][mirror][small]") {
  SmallFiles rig(3000, 40'000);
  rig.net.path.connection_rate = 1e5;
  rig.options.jobs = 16;
  rig.mirror_brings([] { return 5e4; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("hub.test") > 0);
  CHECK(rig.net.asked("hub.test") < 200);  // looked at once a minute, not more
}

TEST_CASE("Engine: a fast mirror of small files is not left to look at the others", "[transfer][engine][mirror][small]") {
  SmallFiles rig(2000, 20'000);
  REQUIRE(rig.net.requests() == 0);
  rig.mirror_brings([] { return 2e6; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("hub.test") == 0);
}

TEST_CASE("Engine: small files do not pass for a slow source of large ones", "[transfer][engine][mirror][small]") {
  SmallFiles rig(3000, 2'000);  // a round trip each: 2 KB in 20 ms say nothing about what a connection can bring
  rig.add("model.bin", {400 * kMiB, 1});
  rig.net.path.connection_rate = 5e6;
  rig.serves("one.test");
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("hub.test") < 20);
}

TEST_CASE("Engine: a small body that breaks off again and again is fetched in parts", "[transfer][engine][faults][small]") {  // N7, N8
  for (const std::uint64_t cut : {1000ULL, 30'000ULL, 400'000ULL}) {
    CAPTURE(cut);
    OneFile rig([cut](int, const net::Request&, SimAnswer& answer) { answer.cut = cut; });
    rig.files = {{"model.bin", {cut * 5 / 2, 3}}};
    REQUIRE(rig.run());
    CHECK(rig.report.failures.empty());
    rig.check_complete();
    CHECK(rig.asked <= 6);
    CHECK(rig.clock.seconds() < 20);
  }
}

TEST_CASE("Engine: a large body that breaks off after little each time arrives", "[transfer][engine][faults]") {  // N7
  OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.cut = 20'000; });
  rig.files = {{"model.bin", {2 * kMiB, 3}}};
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.report.body_bytes == 2 * kMiB);
}

TEST_CASE("Engine: what breaks off without a byte, or one at a time, is given up", "[transfer][engine][faults]") {  // N13
  for (const std::uint64_t cut : {0ULL, 1ULL}) {
    for (const std::uint64_t size : {std::uint64_t{5000}, 2 * kMiB}) {
      CAPTURE(cut, size);
      OneFile rig([cut](int, const net::Request&, SimAnswer& answer) { answer.cut = cut; });
      rig.files = {{"model.bin", {size, 3}}};
      REQUIRE(rig.run());
      CHECK(rig.failure() == ErrorCode::ConnectionLost);
      CHECK(rig.asked < 20);
    }
  }
}
