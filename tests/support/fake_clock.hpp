// FakeClock: time that moves only when a test says so, or when someone would have waited.
#pragma once

#include <larder/base/clock.hpp>

#include <mutex>
#include <vector>

namespace larder::test {

/// Starts at a fixed moment. `wait_until` does not wait: it moves the time on to the end of the wait and writes the wait down. Thread: any.
class FakeClock final : public Clock {
 public:
  SteadyTime now() override {
    const std::scoped_lock lock(mutex_);
    return SteadyTime(std::chrono::hours(1000)) + passed_;
  }
  WallTime wall_now() override {
    const std::scoped_lock lock(mutex_);
    return begin_ + std::chrono::duration_cast<WallTime::duration>(passed_);
  }
  bool wait_until(SteadyTime when, const CancelToken& cancel) override {
    if (cancel.is_cancelled()) return false;
    const SteadyTime before = now();
    const std::scoped_lock lock(mutex_);
    waits_.push_back(when - before);
    if (when > before) passed_ += when - before;
    return true;
  }

  void advance(SteadyTime::duration time) {
    const std::scoped_lock lock(mutex_);
    passed_ += time;
  }
  /// What the wall clock says when no time has passed yet. At first 2026-11-23T22:05:00Z.
  void set_wall(WallTime begin) {
    const std::scoped_lock lock(mutex_);
    begin_ = begin;
  }
  /// Every wait so far, in order; negative when its end had passed.
  [[nodiscard]] std::vector<SteadyTime::duration> waits() const {
    const std::scoped_lock lock(mutex_);
    return waits_;
  }

 private:
  mutable std::mutex mutex_;
  WallTime begin_ = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(22) + std::chrono::minutes(5);
  SteadyTime::duration passed_{0};
  std::vector<SteadyTime::duration> waits_;
};

}  // namespace larder::test
