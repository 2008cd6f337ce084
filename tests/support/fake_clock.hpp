// FakeClock: time that moves only when a test says so, or when someone would have waited.
#pragma once

#include <larder/base/clock.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace larder::test {

/// Starts at a fixed moment and writes every wait down. Thread: any.
class FakeClock final : public Clock {
 public:
  enum class Waiting {
    Jumps,   ///< `wait_until` does not wait: it moves the time on to the end of the wait
    Blocks,  ///< `wait_until` blocks until `advance` got there or the token is cancelled
  };
  explicit FakeClock(Waiting waiting = Waiting::Jumps) : waiting_(waiting) {}

  SteadyTime now() override {
    const std::scoped_lock lock(mutex_);
    return steady();
  }
  WallTime wall_now() override {
    const std::scoped_lock lock(mutex_);
    return begin_ + std::chrono::duration_cast<WallTime::duration>(passed_);
  }
  bool wait_until(SteadyTime when, const CancelToken& cancel) override {
    if (cancel.is_cancelled()) return false;
    std::unique_lock lock(mutex_);
    waits_.push_back(when - steady());
    changed_.notify_all();
    if (waiting_ == Waiting::Blocks) return changed_.wait(lock, cancel.stop_token(), [&] { return steady() >= when; });
    if (when > steady()) passed_ += when - steady();
    return true;
  }
  /// Never blocks: without a ring the time moves on to the end of the wait.
  bool await(Bell& bell, SteadyTime when) override {
    if (bell.take()) return true;
    (void)wait_until(when, {});
    return false;
  }

  /// Moves both times on and wakes who waited for that.
  void advance(SteadyTime::duration time) {
    const std::scoped_lock lock(mutex_);
    passed_ += time;
    changed_.notify_all();
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
  /// Blocks until `wait_until` has been called `count` times in all: then somebody waits, and `advance` will reach them.
  void await_waits(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waits_.size() >= count; });
  }

 private:
  [[nodiscard]] SteadyTime steady() const { return SteadyTime(std::chrono::hours(1000)) + passed_; }

  const Waiting waiting_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  WallTime begin_ = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(22) + std::chrono::minutes(5);
  SteadyTime::duration passed_{0};
  std::vector<SteadyTime::duration> waits_;
};

}  // namespace larder::test
