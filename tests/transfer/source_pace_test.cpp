// The order of sources by what they bring.
#include "transfer/source_pace.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::transfer;
using namespace std::chrono_literals;

namespace {

struct Watch {
  SteadyTime now{1000s};
  SourcePace pace{3};
  SourceSet all;

  Watch() {
    for (std::size_t source = 0; source < 3; ++source) all.add(source);
  }
  /// One connection to `source` brings `rate` bytes a second for so long.
  void brings(std::size_t source, double rate, std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= 500ms) {
      now += 500ms;
      pace.on_bytes(source, static_cast<std::uint64_t>(rate / 2), 500ms, now);
    }
  }
};

}  // namespace

TEST_CASE("SourcePace: nothing is slow before it was watched, or without a faster one", "[transfer][source_pace]") {
  Watch watch;
  CHECK(watch.pace.slow(watch.all).empty());
  watch.brings(0, 1e5, 2s);
  CHECK(watch.pace.rate(0) == 0);
  watch.brings(1, 1e7, 1s);
  CHECK(watch.pace.slow(watch.all).empty());
  watch.brings(0, 1e5, 2s);
  CHECK(watch.pace.rate(0) > 0);
  CHECK(watch.pace.slow(watch.all).has(0));
  SourceSet alone;
  alone.add(0);
  CHECK(watch.pace.slow(alone).empty());
}

TEST_CASE("SourcePace: slow is a quarter of the best, and changes with it", "[transfer][source_pace]") {
  Watch watch;
  watch.brings(0, 3e6, 4s);
  watch.brings(1, 10e6, 4s);
  CHECK(watch.pace.slow(watch.all).empty());
  watch.brings(0, 0, 10s);  // it stands still
  CHECK(watch.pace.slow(watch.all).only() == 0U);
  watch.brings(0, 9e6, 20s);
  CHECK(watch.pace.slow(watch.all).empty());
  CHECK(watch.pace.rate(0) == Approx(9e6).epsilon(0.1));
}

TEST_CASE("SourcePace: a source that brings nothing at all is slow, too", "[transfer][source_pace]") {
  Watch watch;
  watch.brings(0, 0, 4s);
  watch.brings(1, 1e6, 4s);
  CHECK(watch.pace.slow(watch.all).only() == 0U);
}

TEST_CASE("SourcePace: others are looked at once the chosen one is known, and again after a minute", "[transfer][source_pace]") {
  Watch watch;
  watch.brings(0, 1e6, 2s);
  CHECK_FALSE(watch.pace.unknown(watch.all, 0, watch.now));
  watch.brings(0, 1e6, 2s);
  CHECK(watch.pace.unknown(watch.all, 0, watch.now) == 1U);
  watch.brings(1, 4e6, 500ms);
  CHECK(watch.pace.unknown(watch.all, 0, watch.now) == 2U);
  watch.brings(2, 4e6, 500ms);
  CHECK_FALSE(watch.pace.unknown(watch.all, 0, watch.now));
  watch.now += 61s;
  CHECK(watch.pace.unknown(watch.all, 0, watch.now) == 1U);
}
