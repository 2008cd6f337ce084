#include "support/gate.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace larder::test {
namespace {

void ring(int event) {
  const std::uint64_t one = 1;
  // An eventfd takes 8 bytes or is full, and full is rung as well.
  if (::write(event, &one, sizeof one) < 0) return;
}

}  // namespace

Gate::~Gate() { open_for_good(); }

void Gate::wait(int socket, std::chrono::milliseconds at_most) {
  const int event = ::eventfd(0, EFD_CLOEXEC);
  {
    const std::lock_guard guard(lock_);
    if (is_open_) {
      ::close(event);
      return;
    }
    waiters_.push_back(event);
  }
  changed_.notify_all();
  pollfd watched[2] = {{event, POLLIN, 0}, {socket, POLLRDHUP, 0}};
  while (::poll(watched, 2, at_most.count() < 0 ? -1 : static_cast<int>(at_most.count())) < 0 && errno == EINTR) {
  }
  {
    const std::lock_guard guard(lock_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), event));
  }
  ::close(event);
}

void Gate::release() {
  const std::lock_guard guard(lock_);
  std::for_each(waiters_.begin(), waiters_.end(), ring);
}

void Gate::open_for_good() {
  const std::lock_guard guard(lock_);
  is_open_ = true;
  std::for_each(waiters_.begin(), waiters_.end(), ring);
}

bool Gate::await_waiters(std::size_t count, std::chrono::milliseconds at_most) {
  std::unique_lock guard(lock_);
  return changed_.wait_for(guard, at_most, [&] { return waiters_.size() >= count; });
}

}  // namespace larder::test
