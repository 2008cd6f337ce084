// Clock: the only source of time, so that tests can own it.
#pragma once

#include <larder/base/bell.hpp>
#include <larder/base/cancel.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace larder {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// Nanoseconds since the epoch, as file systems tell times.
inline std::int64_t unix_ns(WallTime when) { return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count(); }
/// Whole seconds since the epoch.
inline std::int64_t unix_seconds(WallTime when) {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

/// A length of time in seconds, for rates.
inline double in_seconds(std::chrono::nanoseconds length) { return std::chrono::duration<double>(length).count(); }

/// Wall time, steady time and waiting. All implementations are thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Monotonic time: time-outs and rates use nothing else (L28).
  virtual SteadyTime now() = 0;
  /// Calendar time (UTC): for metadata, expiry dates and ages on disk.
  virtual WallTime wall_now() = 0;
  /// Blocks until `when` or until `cancel` fires. True: the time came; false: cancelled.
  virtual bool wait_until(SteadyTime when, const CancelToken& cancel) = 0;
  /// Blocks until `bell` rings or until `when`. True: it rang. Thread: the one that waits for this bell.
  virtual bool await(Bell& bell, SteadyTime when) = 0;
};

/// The real clock.
std::unique_ptr<Clock> make_system_clock();

}  // namespace larder
