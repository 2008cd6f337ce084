// Gate: where stalled answers wait until a test releases them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace larder::test {

/// Thread: any.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  /// Waits until `release`, `open_for_good`, the peer of `socket` leaves, or `at_most` is over (negative: no limit).
  void wait(int socket, std::chrono::milliseconds at_most);
  /// Lets everybody go who waits now.
  void release();
  /// Lets everybody go, now and later.
  void open_for_good();
  /// Waits until `count` answers stand here. False: not within `at_most`.
  bool await_waiters(std::size_t count, std::chrono::milliseconds at_most);

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<int> waiters_;  // one eventfd each, so that poll() sees both the release and the peer
  bool is_open_ = false;
};

}  // namespace larder::test
