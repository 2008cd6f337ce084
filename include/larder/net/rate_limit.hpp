// RateLimiter: one speed limit that many transfers share (`--limit-rate`).
#pragma once

#include <larder/base/clock.hpp>

#include <cstdint>

namespace larder::net {

/// A token bucket kept as one time point: each byte moves it on by 1/rate. Takes may overdraw, the next one then waits longer, so the
/// long-run rate is exact whatever the sizes. Thread: one at a time.
class RateLimiter {
 public:
  /// `bytes_per_second` > 0.
  RateLimiter(std::uint64_t bytes_per_second, Clock& clock);

  /// May bytes be taken now?
  [[nodiscard]] bool is_open() const { return clock_.now() >= open_at_; }
  /// From when on they may.
  [[nodiscard]] SteadyTime open_at() const { return open_at_; }
  /// Books `bytes`. Time that was slept away is made up for up to 100 ms.
  void take(std::uint64_t bytes);

 private:
  Clock& clock_;
  double nanoseconds_per_byte_;
  SteadyTime open_at_;
};

}  // namespace larder::net
