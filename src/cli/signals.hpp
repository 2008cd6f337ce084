// Signals and the time limit: one thread that waits and asks everybody to stop.
#pragma once

#include "base/unique_fd.hpp"

#include <larder/base/cancel.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace larder::cli {

/// Blocks SIGINT, SIGTERM and SIGHUP (unless ignored: nohup) in the calling thread and all it starts later; ignores SIGPIPE, so that a
/// closed stdout is an error value. Call before any thread exists.
void block_signals();

struct SignalOptions {
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< `--timeout`
  std::chrono::milliseconds patience{850};  ///< from the first signal to the hard end (within 1 s, docs/manual.md "Ground rules")
  std::chrono::milliseconds patience_at_deadline{1500};
  /// Says why it ends, and returns the exit code; called in the signal thread.
  std::function<int(const Error& reason)> at_hard_end;
};

/// The first signal cancels, so does the deadline; a second signal, or running out of patience, ends the process at once. Whatever the
/// moment, the state on disk is that of a kill, which the commit order survives (L1, L22).
class SignalThread {
 public:
  SignalThread(CancelSource& cancel, SignalOptions options);
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;
  ~SignalThread();

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] int wait_milliseconds() const;
  void on_signal(int signal);
  void on_time();
  [[noreturn]] void end_hard();

  CancelSource& cancel_;
  SignalOptions options_;
  UniqueFd signals_;
  UniqueFd wake_;
  int first_signal_ = 0;
  std::optional<std::chrono::steady_clock::time_point> hard_end_;
  std::jthread thread_;  // last: everything it touches is there when it starts
};

}  // namespace larder::cli
