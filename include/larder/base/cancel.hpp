// CancelSource and CancelToken: "stop, and this is why".
#pragma once

#include <larder/base/error.hpp>

#include <atomic>
#include <memory>
#include <stop_token>

namespace larder {

/// Says whether work should end, and which signal (or time limit) asked for it. Cheap to copy. Thread: any.
class CancelToken {
 public:
  CancelToken() = default;  ///< never cancelled

  [[nodiscard]] bool is_cancelled() const { return state_ && state_->source.stop_requested(); }
  /// The stop token behind it, for std::stop_callback (wakes a waiting queue). Callbacks run in the canceller's thread.
  [[nodiscard]] std::stop_token stop_token() const { return state_ ? state_->source.get_token() : std::stop_token{}; }
  /// The Error to return: Interrupted with the signal, or the Error given to `cancel`.
  [[nodiscard]] Error error() const;

 private:
  friend class CancelSource;
  static constexpr int kTimedOut = -1;
  struct State {
    std::stop_source source;
    std::atomic<int> reason{0};  // 0: none yet; a signal's number; kTimedOut
  };
  std::shared_ptr<State> state_;  // shared: tokens outlive the source in worker threads
};

/// The asking side. Thread: any.
class CancelSource {
 public:
  CancelSource() { token_.state_ = std::make_shared<CancelToken::State>(); }
  [[nodiscard]] const CancelToken& token() const { return token_; }
  /// Asks all holders of the token to stop. The first call decides the reason.
  void interrupt(int signal);
  /// The same because `--timeout` ran out: error() is TimedOut.
  void time_out();

 private:
  void stop(int reason);
  CancelToken token_;
};

}  // namespace larder
