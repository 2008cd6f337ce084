// EventQueue: the one way from the worker threads to the thread that decides.
#pragma once

#include <larder/base/bell.hpp>
#include <larder/base/clock.hpp>

#include <mutex>
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
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
    if (std::exchange(is_asleep_, false)) bell_.ring();  // within the lock: who has taken the last event may destroy the queue
  }

  /// Puts all that is queued into `into`, which is cleared first; waits until `until` for the first one. Thread: the one taker.
  void take(std::vector<Event>& into, Clock& clock, SteadyTime until) {
    into.clear();
    {
      const std::scoped_lock lock(mutex_);
      if (!events_.empty()) {
        into.swap(events_);
        return;
      }
      is_asleep_ = true;
    }
    (void)clock.await(bell_, until);
    const std::scoped_lock lock(mutex_);
    is_asleep_ = false;
    into.swap(events_);
  }

 private:
  std::mutex mutex_;
  std::vector<Event> events_;
  bool is_asleep_ = false;
  Bell bell_;
};

}  // namespace larder::transfer
