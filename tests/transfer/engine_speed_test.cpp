// What engine.md §2 measured on a real relay, on the simulated one: time here is counted, not taken.
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// One file of zeros, whose bytes go nowhere.
double seconds_for(std::uint64_t size, int jobs, const SimPath& path) {
  EngineRig rig;
  rig.add("model.bin", {size, 0}, digest::Algorithm::GitSha1);
  rig.disk = std::make_unique<HollowDisk>(*rig.real);
  rig.net.path = path;
  rig.serves("hub.test");
  rig.options.jobs = jobs;
  REQUIRE(rig.run());
  REQUIRE(rig.report.failures.empty());
  CHECK(rig.net.most_open() <= static_cast<std::size_t>(jobs > 0 ? jobs : 32));
  return rig.clock.seconds();
}

}  // namespace

TEST_CASE("Engine: 40 ms, 20 MB/s a connection, 125 MB/s link, 512 MiB", "[transfer][engine][speed]") {
  const SimPath path{40ms, 20e6, 125e6};
  CHECK(seconds_for(512 * kMiB, 0, path) < 1.10 * 4.295);  // the limit of the link
}

TEST_CASE("Engine: the number of connections is kept to", "[transfer][engine][speed]") {
  const SimPath path{40ms, 20e6, 125e6};
  const double one = seconds_for(256 * kMiB, 1, path);
  const double four = seconds_for(256 * kMiB, 4, path);
  CHECK(one > 256.0 * kMiB / 20e6);
  CHECK(one < 1.10 * 256.0 * kMiB / 20e6);
  CHECK(four > one / 4);
  CHECK(four < 1.10 * one / 4);
}

TEST_CASE("Engine: 20 MB/s a connection and a wide link: 1 GiB within 4.5 s", "[transfer][engine][speed]") {
  CHECK(seconds_for(1024 * kMiB, 0, {1ms, 20e6, 1.25e9}) < 4.5);
}

TEST_CASE("Engine: a thousand small files cost requests in flight, not round trips", "[transfer][engine][speed]") {
  EngineRig rig;
  for (std::uint64_t at = 1; at <= 1000; ++at) rig.add("f" + std::to_string(at), {2048, at}, digest::Algorithm::GitSha1);
  rig.net.path = {40ms, 20e6, 125e6};
  rig.serves("hub.test");
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.requests() == 1000);
  CHECK(rig.clock.seconds() < 1.2 * 1000 * 0.040 / 32);
}

TEST_CASE("Engine: a large file moves beside many small ones", "[transfer][engine][speed]") {
  EngineRig rig;
  for (std::uint64_t at = 1; at <= 300; ++at) rig.add("f" + std::to_string(at), {500'000, at}, digest::Algorithm::GitSha1);
  rig.add("model.bin", {64 * kMiB, 0}, digest::Algorithm::GitSha1);
  rig.net.path = {40ms, 20e6, 125e6};
  rig.serves("hub.test");
  SteadyTime first_large{};
  REQUIRE(rig.run());
  for (const auto& one : rig.net.seen()) {
    if (one.path.ends_with("model.bin") && first_large == SteadyTime{}) first_large = one.when;
  }
  CHECK(first_large - rig.net.seen().front().when < 100ms);
  CHECK(rig.clock.seconds() < 3);
}

TEST_CASE("Engine: a slow last range is asked for twice", "[transfer][engine][speed]") {  // engine.md §4 "Tail"
  EngineRig rig;
  rig.add("model.bin", {256 * kMiB, 0}, digest::Algorithm::GitSha1);
  rig.disk = std::make_unique<HollowDisk>(*rig.real);
  rig.net.path = {10ms, 20e6, 125e6};
  int asked = 0;
  rig.serves("hub.test", [&asked](const net::Request&, SimAnswer& answer) {
    if (++asked == 12) answer.rate = 300e3;
  });
  REQUIRE(rig.run());
  CHECK(rig.report.failures.empty());
  CHECK(rig.clock.seconds() < 9);
  CHECK(rig.report.body_bytes <= 256 * kMiB + 256 * kMiB / 20);
}

TEST_CASE("Engine: few pieces of memory are enough for any number of connections", "[transfer][engine][speed]") {  // I9
  for (const int jobs : {1, 8, 64}) {
    CAPTURE(jobs);
    EngineRig rig(512 * 1024);
    rig.options.jobs = jobs;
    rig.add("model.bin", {40 * kMiB, 1});
    rig.add("other.bin", {20 * kMiB + 1, 2});
    for (std::uint64_t at = 1; at <= 20; ++at) rig.add("f" + std::to_string(at), {900'000, at}, digest::Algorithm::GitSha1);
    rig.usual_hub();
    REQUIRE(rig.run());
    CHECK(rig.report.failures.empty());
    rig.check_complete();
    CHECK(rig.net.most_open() <= static_cast<std::size_t>(jobs));
  }
}

TEST_CASE("Engine: under a rate limit there are no more connections than can live on it", "[transfer][engine][speed]") {
  for (const std::uint64_t limit : {20'000ULL, 200'000ULL}) {
    CAPTURE(limit);
    EngineRig rig;
    rig.options.limit_rate = limit;
    rig.options.retry.tries = 1;
    rig.net.path.link_rate = static_cast<double>(limit);  // the transport keeps to it
    rig.add("model.bin", {3 * kMiB, 1});
    for (std::uint64_t at = 1; at <= 10; ++at) rig.add("f" + std::to_string(at), {500'000, at}, digest::Algorithm::GitSha1);
    rig.usual_hub();
    REQUIRE(rig.run());
    CHECK(rig.report.failures.empty());
    rig.check_complete();
    CHECK(rig.net.most_open() <= std::max<std::size_t>(1, limit / 32768));
  }
}

TEST_CASE("Engine: a rate limit that is reached needs few connections, one that is not gets more", "[transfer][engine][speed]") {
  constexpr std::uint64_t kLimit = 1'000'000;
  EngineRig rig;
  rig.options.limit_rate = kLimit;
  rig.net.path.link_rate = kLimit;
  rig.add("model.bin", {20 * kMiB, 1});
  rig.usual_hub();
  SECTION("reached") {
    REQUIRE(rig.run());
    CHECK(rig.net.most_open() <= 6);  // what each holds in the buffers of the system is lost at a kill
  }
  SECTION("not reached") {
    rig.net.path.connection_rate = 50'000;
    REQUIRE(rig.run());
    CHECK(rig.net.most_open() > 8);
  }
  rig.check_complete();
  CHECK(rig.report.body_bytes == rig.files["model.bin"].size);
}
