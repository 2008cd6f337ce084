#include "cli/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace larder::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;  // the signal thread must go on when a fake clock stands still

/// A shell that starts a job in the background ignores SIGINT for it; who sends one by `kill -INT` all the same means it.
sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  struct sigaction now {};
  const bool is_nohup = ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  if (!is_nohup) ::sigaddset(&set, SIGHUP);
  return set;
}

void set_action(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void block_signals() {
  set_action(SIGPIPE, SIG_IGN);
  set_action(SIGXFSZ, SIG_IGN);  // L19: a file beyond the limit is EFBIG, a local error like a full disk
  set_action(SIGINT, SIG_DFL);
  set_action(SIGTERM, SIG_DFL);
  const auto set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalThread::SignalThread(CancelSource& cancel, SignalOptions options) : cancel_(cancel), options_(std::move(options)) {
  const auto set = watched_signals();
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SignalThread::~SignalThread() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  (void)!::write(wake_.value(), &one, sizeof one);
}

void SignalThread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> entries{pollfd{signals_.value(), POLLIN, 0}, pollfd{wake_.value(), POLLIN, 0}};
    const int ready = ::poll(entries.data(), entries.size(), wait_milliseconds());
    if (ready == 0) on_time();
    signalfd_siginfo information{};
    if (ready > 0 && ::read(signals_.value(), &information, sizeof information) == static_cast<ssize_t>(sizeof information)) {
      on_signal(static_cast<int>(information.ssi_signo));
    }
  }
}

int SignalThread::wait_milliseconds() const {
  constexpr int kLongest = 3'600'000;  // poll takes an int; an hour too early only costs a wake-up
  constexpr int kUnwoken = 50;         // where no descriptor was left for `wake_` (L15)
  const int longest = wake_ ? kLongest : kUnwoken;
  const auto next = hard_end_ ? hard_end_ : options_.deadline;
  if (!next) return longest;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

void SignalThread::on_signal(int signal) {
  if (first_signal_ != 0) ::_exit(128 + signal);
  first_signal_ = signal;
  const auto end = SteadyClock::now() + options_.patience;
  hard_end_ = std::min(hard_end_.value_or(end), end);
  cancel_.interrupt(signal);
}

void SignalThread::on_time() {
  const auto now = SteadyClock::now();
  if (hard_end_ && now >= *hard_end_) end_hard();
  if (!hard_end_ && options_.deadline && now >= *options_.deadline) {
    hard_end_ = now + options_.patience_at_deadline;
    cancel_.time_out();
  }
}

// A call of the system does not come back: a disk that hangs keeps no promise of ours waiting.
void SignalThread::end_hard() {
  const Error reason = cancel_.token().error();
  ::_exit(options_.at_hard_end ? options_.at_hard_end(reason) : 1);
}

}  // namespace larder::cli
