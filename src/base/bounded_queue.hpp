// BoundedQueue<T>: the one queue between threads. Bounded by items and by weight (bytes), closable.
#pragma once

#include "base/guarded.hpp"

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

namespace larder {

/// How much may wait in a queue. An item heavier than `weight` still passes when the queue is empty.
struct QueueLimits {
  std::size_t items = std::numeric_limits<std::size_t>::max();
  std::uint64_t weight = std::numeric_limits<std::uint64_t>::max();
};

enum class Pushed { Done, Full, Cancelled, Closed };
enum class PopEnd { Item, TimedOut, Cancelled, Closed };

/// What a pop brought.
template <class T>
struct Popped {
  PopEnd end = PopEnd::Closed;
  std::optional<T> item;  ///< set iff `end` is Item
  explicit operator bool() const { return item.has_value(); }
};

/// First in, first out; several producers and consumers. Items that wait when the queue is closed can still be popped.
/// What waits wins over what happens beside it: an item there is returned even if the time is over or the token cancelled.
/// Thread: any. The queue must outlive every call.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(QueueLimits limits = {}) : limits_(limits) {}

  /// Waits for room. `item` is moved from only when Done.
  Pushed push(T&& item, const CancelToken& cancel, std::uint64_t weight = 1) {
    auto state = state_.lock();
    state.wait(cancel.stop_token(), [&](const State& s) { return s.closed || has_room(s, weight); });
    if (!state->closed && !has_room(*state, weight)) return Pushed::Cancelled;
    return put(*state, std::move(item), weight);
  }

  /// Does not wait. `item` is moved from only when Done.
  Pushed try_push(T&& item, std::uint64_t weight = 1) {
    auto state = state_.lock();
    if (!state->closed && !has_room(*state, weight)) return Pushed::Full;
    return put(*state, std::move(item), weight);
  }

  /// Waits for an item, the end of the queue or `cancel`.
  Popped<T> pop(const CancelToken& cancel) {
    auto state = state_.lock();
    state.wait(cancel.stop_token(), is_ready);
    return take(*state, PopEnd::Cancelled);
  }

  /// The same up to the steady time `when`; a time in the past looks once.
  Popped<T> pop_until(SteadyTime when, const CancelToken& cancel) {
    auto state = state_.lock();
    state.wait_until(when, cancel.stop_token(), is_ready);
    return take(*state, cancel.is_cancelled() ? PopEnd::Cancelled : PopEnd::TimedOut);
  }

  /// Does not wait; `end` is TimedOut when the queue is empty and open.
  Popped<T> try_pop() { return take(*state_.lock(), PopEnd::TimedOut); }

  /// No more pushes; wakes everybody.
  void close() {
    state_.with([](State& state) { state.closed = true; });
    wake();
  }

  [[nodiscard]] std::size_t size() const {
    return state_.with([](const State& state) { return state.entries.size(); });
  }
  /// Sum of the weights that wait.
  [[nodiscard]] std::uint64_t weight() const {
    return state_.with([](const State& state) { return state.weight; });
  }

 private:
  struct Entry {
    T item;
    std::uint64_t weight;
  };
  struct State {
    std::deque<Entry> entries;
    std::uint64_t weight = 0;
    bool closed = false;
  };

  static bool is_ready(const State& state) { return state.closed || !state.entries.empty(); }

  [[nodiscard]] bool has_room(const State& state, std::uint64_t weight) const {
    if (state.entries.empty()) return true;
    return state.entries.size() < limits_.items && weight <= limits_.weight && state.weight <= limits_.weight - weight;
  }

  Pushed put(State& state, T&& item, std::uint64_t weight) {
    if (state.closed) return Pushed::Closed;
    state.entries.push_back({std::move(item), weight});
    state.weight += weight;
    wake();
    return Pushed::Done;
  }

  Popped<T> take(State& state, PopEnd otherwise) {
    if (state.entries.empty()) return {state.closed ? PopEnd::Closed : otherwise, std::nullopt};
    Popped<T> popped{PopEnd::Item, std::move(state.entries.front().item)};
    state.weight -= state.entries.front().weight;
    state.entries.pop_front();
    wake();
    return popped;
  }

  // Producers and consumers wait on one condition, so one wake-up could reach the wrong kind: wake all. There are few threads.
  void wake() { state_.notify_all(); }

  QueueLimits limits_;
  mutable Guarded<State> state_;
};

}  // namespace larder
