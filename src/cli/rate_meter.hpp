// RateMeter: how fast something comes, and how long the rest will take.
#pragma once

#include <larder/base/clock.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace larder::cli {

/// Bytes a second over the last few seconds, so that a stall shows and a burst does not.
class RateMeter {
 public:
  /// `done` bytes are there at `now` (absolute; a fall starts anew).
  void note(SteadyTime now, std::uint64_t done);
  [[nodiscard]] std::uint64_t rate() const { return static_cast<std::uint64_t>(rate_); }

 private:
  bool has_begun_ = false;
  SteadyTime last_;
  std::uint64_t last_done_ = 0;
  double rate_ = 0;
};

/// "0:42", "3:07:00".
std::string clock_text(std::chrono::seconds span);

/// How long `missing` bytes take at `rate` bytes a second: as clock_text, but "> 1 day" for what nobody can foretell; empty: no end in
/// sight.
std::string time_left(std::uint64_t missing, std::uint64_t rate);

}  // namespace larder::cli
