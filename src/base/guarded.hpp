// Guarded<T>: data that can be reached only through its lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace larder {

/// Holds a T behind a mutex. Thread: any. Never call a callback or another Guarded's lock() while holding one.
template <class T>
class Guarded {
 public:
  /// The held lock; gives access to the data as long as it lives.
  class Lock {
   public:
    explicit Lock(Guarded& owner) : owner_(owner), lock_(owner.mutex_) {}
    T& operator*() { return owner_.value_; }
    T* operator->() { return &owner_.value_; }

    /// Gives the lock back until someone calls notify and `ready(T&)` holds, or until `stop`. Returns whether `ready` held.
    template <class Ready>
    bool wait(const std::stop_token& stop, Ready ready) {
      return owner_.changed_.wait(lock_, stop, [&] { return ready(owner_.value_); });
    }
    /// The same with a time limit.
    template <class Ready>
    bool wait_until(std::chrono::steady_clock::time_point when, const std::stop_token& stop, Ready ready) {
      return owner_.changed_.wait_until(lock_, stop, when, [&] { return ready(owner_.value_); });
    }

   private:
    Guarded& owner_;
    std::unique_lock<std::mutex> lock_;
  };

  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  [[nodiscard]] Lock lock() { return Lock(*this); }
  /// Runs `action(T&)` with the lock held and returns what it returns.
  template <class Action>
  auto with(Action action) {
    const std::lock_guard lock(mutex_);
    return action(value_);
  }
  /// Wakes those who wait for a change of the data.
  void notify_one() { changed_.notify_one(); }
  void notify_all() { changed_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  T value_{};
};

}  // namespace larder
