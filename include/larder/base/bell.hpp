// Bell: one thread waits for it, others ring it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace larder {

/// A ring that comes before the wait is not lost; several before it are one. Costs a system call for a sleeper, and none without: what is
/// rung thousands of times a second needs that (a CancelSource is for what happens once). Waiting goes through Clock::await.
class Bell {
 public:
  Bell() = default;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() = default;

  /// Ends the wait, or the next one. Thread: any.
  void ring() {
    const std::scoped_lock lock(mutex_);
    has_rung_ = true;
    rung_.notify_one();  // within the lock: who has heard it may destroy the bell
  }
  /// Whether it has rung; then it is quiet again. Thread: the one that waits.
  bool take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(has_rung_, false);
  }
  /// The same, but waits for a ring until `when`, in real time.
  bool take_until(std::chrono::steady_clock::time_point when) {
    std::unique_lock lock(mutex_);
    rung_.wait_until(lock, when, [this] { return has_rung_; });
    return std::exchange(has_rung_, false);
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool has_rung_ = false;
};

}  // namespace larder
