#include <larder/base/random.hpp>

#include "base/hex.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <set>

TEST_CASE("Random: ids are 8 hex digits and differ", "[base][random]") {
  const auto random = larder::make_system_random();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto id = random->hex8();
    CHECK(id.size() == 8);
    CHECK(larder::is_hex(id));
    seen.insert(id);
  }
  CHECK(seen.size() > 90);
}

TEST_CASE("Random: unit is in [0, 1) and spreads", "[base][random]") {
  const auto random = larder::make_system_random();
  double sum = 0;
  for (int i = 0; i < 2000; ++i) {
    const double value = random->unit();
    REQUIRE((value >= 0 && value < 1));
    sum += value;
  }
  CHECK(std::abs(sum / 2000 - 0.5) < 0.1);
}
