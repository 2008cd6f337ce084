// Inbox: what other threads want of the network thread, and how they wake it.
#pragma once

#include "base/guarded.hpp"
#include "net/curl_poller.hpp"
#include "net/curl_transfer.hpp"

#include <utility>
#include <vector>

namespace larder::net {

/// Thread: any, but for attach and detach, which are the network thread's.
class Inbox {
 public:
  struct Mail {
    std::vector<Order> orders;
    std::vector<RequestId> cancels;
    bool is_closed = false;
    [[nodiscard]] bool is_empty() const { return orders.empty() && cancels.empty(); }
  };

  void put(Order order) {
    state_.with([&](State& state) {
      const bool is_first = state.mail.is_empty();
      state.mail.orders.push_back(std::move(order));
      if (is_first) wake_poll(state);  // who is awake, or was woken for what lies here, takes all of it
    });
  }
  void put_cancel(RequestId id) {
    state_.with([&](State& state) {
      const bool is_first = state.mail.is_empty();
      state.mail.cancels.push_back(id);
      if (is_first) wake_poll(state);
    });
  }
  /// The network thread is to end.
  void close() {
    state_.with([](State& state) {
      state.mail.is_closed = true;
      wake_poll(state);
    });
  }
  [[nodiscard]] bool is_closed() {
    return state_.with([](const State& state) { return state.mail.is_closed; });
  }
  void wake() {
    state_.with([](State& state) { wake_poll(state); });
  }
  /// All that came since the last call.
  [[nodiscard]] Mail take() {
    return state_.with([](State& state) {
      Mail mail{{}, {}, state.mail.is_closed};
      std::swap(mail.orders, state.mail.orders);
      std::swap(mail.cancels, state.mail.cancels);
      return mail;
    });
  }
  /// From now on wakes end this poller's wait, until detach: it must not go before.
  void attach(CurlPoller& poller) {
    state_.with([&](State& state) { state.poller = &poller; });
  }
  void detach() {
    state_.with([](State& state) { state.poller = nullptr; });
  }

 private:
  struct State {
    Mail mail;
    CurlPoller* poller = nullptr;
  };
  // Writes to a descriptor: short enough for a lock, and without it the handle could go meanwhile.
  static void wake_poll(State& state) {
    if (state.poller != nullptr) state.poller->wake();
  }
  Guarded<State> state_;
};

}  // namespace larder::net
