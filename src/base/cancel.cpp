#include <larder/base/cancel.hpp>

#include <csignal>

namespace larder {

Error CancelToken::error() const {
  Error error;
  const int reason = state_ ? state_->reason.load() : SIGINT;
  if (reason == kTimedOut) {
    error.code = ErrorCode::TimedOut;
    error.message = "the time limit was reached";
    return error;
  }
  error.code = ErrorCode::Interrupted;
  error.signal = reason;
  error.message = "interrupted";
  return error;
}

// The reason is stored before the stop is visible, so that whoever sees the stop finds the reason.
void CancelSource::stop(int reason) {
  int none = 0;
  if (token_.state_->reason.compare_exchange_strong(none, reason)) token_.state_->source.request_stop();
}

void CancelSource::interrupt(int signal) { stop(signal); }

void CancelSource::time_out() { stop(CancelToken::kTimedOut); }

}  // namespace larder
