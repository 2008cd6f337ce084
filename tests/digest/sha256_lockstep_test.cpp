#include "digest/sha256_lockstep.hpp"

#include "support/catch.hpp"

#include <cmath>
#include <random>
#include <vector>

using larder::digest::measure_costs;
using larder::digest::Sha256Costs;
using larder::digest::Sha256Lockstep;
using larder::digest::Sha256State;
using larder::digest::Sha256Ways;

namespace {

// Ways that compute nothing: enough for a plan.
void no_one(Sha256State& /*state*/, const std::byte* /*data*/, std::size_t /*count*/) {}
void no_two(Sha256State& /*a*/, const std::byte* /*a_data*/, Sha256State& /*b*/, const std::byte* /*b_data*/, std::size_t /*count*/) {}
void no_many(Sha256State* const* /*states*/, const std::byte* const* /*messages*/, std::size_t /*count*/) {}
constexpr Sha256Ways kAllWays{{no_one, no_two}, {no_many, no_many}};

Sha256Ways ways_of_this_cpu() {
  const auto native = larder::digest::native_sha256();
  return {native.one == nullptr ? larder::digest::plain_sha256() : native, larder::digest::many_sha256()};
}

}  // namespace

TEST_CASE("Sha256Lockstep: the plan follows what the ways cost on this CPU", "[digest][sha256_lockstep]") {
  SECTION("pairs gain little, wide registers much") {
    const Sha256Lockstep lockstep(kAllWays, Sha256Costs{0.51, 0.82, 2.40, 3.68});
    for (std::size_t messages = 0; messages < 6; ++messages) CHECK(lockstep.lanes_worth_feeding(messages) == 2);
    for (std::size_t messages = 6; messages < 11; ++messages) CHECK(lockstep.lanes_worth_feeding(messages) == 8);
    CHECK(lockstep.lanes_worth_feeding(11) == 16);
    CHECK(lockstep.lanes_worth_feeding(100'000) == 16);
  }
  SECTION("pairs halve the cost, and no register gains more") {
    const Sha256Lockstep lockstep(kAllWays, Sha256Costs{0.55, 0.576, 2.75, 5.3});
    for (const std::size_t messages : {1U, 3U, 8U, 16U, 1000U}) CHECK(lockstep.lanes_worth_feeding(messages) == 2);
  }
  SECTION("a way that is not there is not planned, whatever it would cost") {
    const Sha256Lockstep lockstep({kAllWays.few, {}}, Sha256Costs{1, 2, 0, 0});
    CHECK(lockstep.lanes_worth_feeding(1000) == 2);
  }
}

TEST_CASE("Sha256Lockstep: any number of lanes agrees with plain, whichever way is cheapest", "[digest][sha256_lockstep]") {
  std::mt19937 random(7);
  constexpr std::size_t kBlocks = 3;
  const Sha256Ways ways = ways_of_this_cpu();
  std::vector<std::byte> bytes(Sha256Lockstep::kMostLanes * (kBlocks * 64 + 1));
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  for (const Sha256Costs& costs : {Sha256Costs{1, 9, 99, 99}, Sha256Costs{1, 1.5, 99, 99}, Sha256Costs{1, 1.5, 2, 99},
                                   Sha256Costs{9, 9, 2, 3}, Sha256Costs{9, 9, 9, 1}}) {
    const Sha256Lockstep lockstep(ways, costs);
    for (std::size_t lanes = 0; lanes <= Sha256Lockstep::kMostLanes; ++lanes) {
      CAPTURE(lanes, costs.one, costs.two, costs.eight, costs.sixteen);
      std::vector<Sha256State> states(lanes);
      std::vector<Sha256State*> places;
      std::vector<const std::byte*> messages;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        for (auto& word : states[lane]) word = static_cast<std::uint32_t>(random());
        places.push_back(&states[lane]);
        messages.push_back(bytes.data() + lane * (kBlocks * 64 + 1));  // at any address
      }
      auto expected = states;
      for (std::size_t lane = 0; lane < lanes; ++lane) larder::digest::plain_sha256().one(expected[lane], messages[lane], kBlocks);
      lockstep.compress(places, messages, kBlocks);
      CHECK(states == expected);
    }
  }
}

TEST_CASE("measure_costs: every way there is has a cost", "[digest][sha256_lockstep]") {
  const Sha256Ways ways = ways_of_this_cpu();
  const auto costs = measure_costs(ways);
  CHECK(costs.one > 0);
  CHECK(costs.two > 0);
  CHECK(costs.eight > 0);
  CHECK(costs.sixteen > 0);
  CHECK(std::isfinite(costs.one));
  CHECK(std::isfinite(costs.two));
  CHECK(std::isfinite(costs.eight) == (ways.many.eight != nullptr));
  CHECK(std::isfinite(costs.sixteen) == (ways.many.sixteen != nullptr));
}
