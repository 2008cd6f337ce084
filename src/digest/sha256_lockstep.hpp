// sha256_lockstep: several messages compressed at once, in the way that costs least on this CPU (docs/decisions/0012).
#pragma once

#include "digest/sha256_blocks.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace larder::digest {

/// The ways there are. `many` is null where the CPU has none.
struct Sha256Ways {
  Sha256Compressors few;
  Sha256ManyCompressors many;
};

/// What one call of each way costs a block, whatever the number of its lanes in use; in any unit. Unused where there is no such way.
struct Sha256Costs {
  double one = 0;
  double two = 0;
  double eight = 0;
  double sixteen = 0;
};

/// Measures all ways for some 0.2 ms, each at its best of a few rounds, so that a busy machine does not decide.
Sha256Costs measure_costs(const Sha256Ways& ways);

/// Up to kMostLanes messages in lockstep. Thread: any; holds no state of a message.
class Sha256Lockstep {
 public:
  static constexpr std::size_t kMostLanes = 16;

  Sha256Lockstep(const Sha256Ways& ways, Sha256Costs costs);

  /// Compresses `blocks` blocks of each message into the state at the same place; as many states as messages, at most kMostLanes.
  void compress(std::span<Sha256State* const> states, std::span<const std::byte* const> messages, std::size_t blocks) const;

  /// How many of `messages` to have in hand at a time: as few as make all of them cheapest, at least 2.
  [[nodiscard]] std::size_t lanes_worth_feeding(std::size_t messages) const;

 private:
  Sha256Ways ways_;
  std::array<double, kMostLanes + 1> costs_{};              // of a block of so many lanes
  std::array<std::size_t, kMostLanes + 1> first_widths_{};  // of the call to begin with
};

}  // namespace larder::digest
