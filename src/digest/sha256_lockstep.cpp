#include "digest/sha256_lockstep.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace larder::digest {
namespace {

constexpr std::size_t kMostLanes = Sha256Lockstep::kMostLanes;
/// More lanes are more open files and smaller pieces: only for a gain that can be measured.
constexpr double kClearGain = 0.99;
constexpr double kNever = std::numeric_limits<double>::infinity();

/// Lanes for one call, all at the same place in their messages.
struct Lanes {
  std::array<Sha256State*, kMostLanes> states{};
  std::array<const std::byte*, kMostLanes> messages{};
};

void compress_width(const Sha256Ways& ways, std::size_t width, const Lanes& lanes, std::size_t blocks) {
  switch (width) {
    case 16:
      return ways.many.sixteen(lanes.states.data(), lanes.messages.data(), blocks);
    case 8:
      return ways.many.eight(lanes.states.data(), lanes.messages.data(), blocks);
    case 2:
      return ways.few.two(*lanes.states[0], lanes.messages[0], *lanes.states[1], lanes.messages[1], blocks);
    default:
      return ways.few.one(*lanes.states[0], lanes.messages[0], blocks);
  }
}

double cost_of_block(const Sha256Ways& ways, std::size_t width) {
  constexpr std::size_t kBlocks = 64;
  constexpr int kRounds = 3;  // the first also wakes the wide registers of the CPU
  const std::vector<std::byte> message(kBlocks * kSha256Block);
  std::array<Sha256State, kMostLanes> states{};
  Lanes lanes;
  for (std::size_t lane = 0; lane < kMostLanes; ++lane) {
    lanes.states[lane] = &states[lane];
    lanes.messages[lane] = message.data();
  }
  double best = kNever;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    compress_width(ways, width, lanes, kBlocks);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best / kBlocks;
}

}  // namespace

Sha256Costs measure_costs(const Sha256Ways& ways) {
  Sha256Costs costs{cost_of_block(ways, 1), cost_of_block(ways, 2), kNever, kNever};
  if (ways.many.eight != nullptr) costs.eight = cost_of_block(ways, 8);
  if (ways.many.sixteen != nullptr) costs.sixteen = cost_of_block(ways, 16);
  return costs;
}

Sha256Lockstep::Sha256Lockstep(const Sha256Ways& ways, Sha256Costs costs) : ways_(ways) {
  if (ways.many.eight == nullptr) costs.eight = kNever;
  if (ways.many.sixteen == nullptr) costs.sixteen = kNever;
  struct Way {
    std::size_t width;
    std::size_t least;  // lanes it can be called with; a wide register may be partly idle
    double cost;
  };
  const std::array<Way, 4> all{Way{1, 1, costs.one}, Way{2, 2, costs.two}, Way{8, 1, costs.eight}, Way{16, 1, costs.sixteen}};
  for (std::size_t lanes = 1; lanes <= kMostLanes; ++lanes) {
    costs_[lanes] = kNever;
    for (const Way& way : all) {
      if (lanes < way.least) continue;
      const double cost = way.cost + costs_[lanes - std::min(lanes, way.width)];
      if (cost >= costs_[lanes]) continue;
      costs_[lanes] = cost;
      first_widths_[lanes] = way.width;
    }
  }
}

void Sha256Lockstep::compress(std::span<Sha256State* const> states, std::span<const std::byte* const> messages, std::size_t blocks) const {
  Sha256State unused{};
  while (!states.empty()) {
    const std::size_t width = first_widths_[states.size()];
    const std::size_t used = std::min(width, states.size());
    Lanes lanes;
    for (std::size_t lane = 0; lane < width; ++lane) {  // the missing ones are copies that nobody looks at
      lanes.states[lane] = lane < used ? states[lane] : &unused;
      lanes.messages[lane] = messages[lane < used ? lane : 0];
    }
    compress_width(ways_, width, lanes, blocks);
    states = states.subspan(used);
    messages = messages.subspan(used);
  }
}

std::size_t Sha256Lockstep::lanes_worth_feeding(std::size_t messages) const {
  std::size_t best = 2;
  double least = kNever;
  for (const std::size_t lanes : {std::size_t{2}, std::size_t{8}, std::size_t{16}}) {
    const std::size_t full = messages / lanes;
    const double cost = static_cast<double>(full) * costs_[lanes] + costs_[messages % lanes];
    if (cost >= kClearGain * least) continue;
    least = cost;
    best = lanes;
  }
  return best;
}

}  // namespace larder::digest
