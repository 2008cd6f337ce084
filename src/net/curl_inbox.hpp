// Inbox: what other threads want of the network thread, and how they wake it.
#pragma once

#include "base/guarded.hpp"
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
  };

  void put(Order order) {
    state_.with([&](State& state) {
      state.mail.orders.push_back(std::move(order));
      wake_poll(state);
    });
  }
  void put_cancel(RequestId id) {
    state_.with([&](State& state) {
      state.mail.cancels.push_back(id);
      wake_poll(state);
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
  /// From now on wakes interrupt this handle's poll, until detach: it must not go before.
  void attach(CurlMulti& multi) {
    state_.with([&](State& state) { state.multi = &multi; });
  }
  void detach() {
    state_.with([](State& state) { state.multi = nullptr; });
  }

 private:
  struct State {
    Mail mail;
    CurlMulti* multi = nullptr;
  };
  // Writes one byte to a pipe: short enough for a lock, and without it the handle could go meanwhile.
  static void wake_poll(State& state) {
    if (state.multi != nullptr) state.multi->wake();
  }
  Guarded<State> state_;
};

}  // namespace larder::net
