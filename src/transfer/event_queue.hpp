// EventQueue: the one way from the worker threads to the thread that decides.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace larder::transfer {

/// Many push, one takes. Not bounded here: what travels in it is (pieces by the pool, requests by the connections).
/// Waiting goes through the Clock, so that tests own the time.
template <class Event>
class EventQueue {
 public:
  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  /// Thread: any; never blocks for long.
  void push(Event event) {
    std::optional<CancelSource> sleeper;
    {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
      sleeper.swap(sleeper_);
    }
    if (sleeper) sleeper->time_out();  // outside the lock: it runs the sleeper's callbacks
  }

  /// Puts all that is queued into `into`, which is cleared first; waits until `until` for the first one. Thread: the one taker.
  void take(std::vector<Event>& into, Clock& clock, SteadyTime until) {
    into.clear();
    CancelToken wake;
    {
      const std::scoped_lock lock(mutex_);
      if (!events_.empty()) {
        into.swap(events_);
        return;
      }
      sleeper_.emplace();
      wake = sleeper_->token();
    }
    (void)clock.wait_until(until, wake);
    const std::scoped_lock lock(mutex_);
    sleeper_.reset();
    into.swap(events_);
  }

 private:
  std::mutex mutex_;
  std::vector<Event> events_;
  std::optional<CancelSource> sleeper_;  // set while the taker waits
};

}  // namespace larder::transfer
