#include <larder/base/range_set.hpp>

#include "support/catch.hpp"

#include <random>

using larder::ByteRange;
using larder::RangeSet;

namespace {

using Ranges = std::vector<ByteRange>;

}  // namespace

TEST_CASE("RangeSet: merging touching ranges leaves one", "[base][range_set]") {
  RangeSet set;
  set.add({10, 20});
  set.add({30, 40});
  set.add({20, 30});
  CHECK(set.ranges() == Ranges{{10, 40}});
}

TEST_CASE("RangeSet: empty and reversed ranges change nothing", "[base][range_set]") {
  RangeSet set;
  set.add({5, 5});
  set.add({9, 3});
  CHECK(set.empty());
  set.add({0, 4});
  set.subtract({2, 2});
  CHECK(set.ranges() == Ranges{{0, 4}});
  CHECK(set.contains({7, 7}));
}

TEST_CASE("RangeSet: subtracting cuts a range in two", "[base][range_set]") {
  RangeSet set;
  set.add({0, 100});
  set.subtract({40, 60});
  CHECK(set.ranges() == Ranges{{0, 40}, {60, 100}});
  CHECK(set.bytes() == 80);
  CHECK(set.run_end(0) == 40);
  CHECK(set.run_end(40) == 40);
  CHECK(set.run_end(99) == 100);
  CHECK(set.gaps(120) == Ranges{{40, 60}, {100, 120}});
  CHECK(set.gaps(50) == Ranges{{40, 50}});
  CHECK(set.gaps(0).empty());
}

TEST_CASE("RangeSet: agrees with a set of single bytes under random edits", "[base][range_set]") {
  std::mt19937 random(20261123);
  constexpr std::uint64_t kSize = 64;
  for (int round = 0; round < 200; ++round) {
    RangeSet set;
    std::vector<bool> model(kSize + 1, false);
    for (int edit = 0; edit < 30; ++edit) {
      std::uint64_t begin = random() % (kSize + 1);
      std::uint64_t end = random() % (kSize + 1);
      if (begin > end) std::swap(begin, end);
      const bool adds = random() % 3 != 0;
      adds ? set.add({begin, end}) : set.subtract({begin, end});
      for (auto at = begin; at < end; ++at) model[at] = adds;

      std::uint64_t count = 0;
      RangeSet complement;
      for (const auto& gap : set.gaps(kSize)) complement.add(gap);
      for (std::uint64_t at = 0; at < kSize; ++at) {
        count += model[at] ? 1 : 0;
        REQUIRE(set.contains({at, at + 1}) == model[at]);
        REQUIRE(complement.contains({at, at + 1}) != model[at]);
        auto run = at;
        while (run < kSize && model[run]) ++run;
        REQUIRE(set.run_end(at) == run);
        REQUIRE(set.contains({at, run}));
        REQUIRE_FALSE(set.contains({at, run + 1}));
      }
      REQUIRE(set.bytes() == count);
      for (std::size_t i = 1; i < set.ranges().size(); ++i) REQUIRE(set.ranges()[i - 1].end < set.ranges()[i].begin);
    }
  }
}
