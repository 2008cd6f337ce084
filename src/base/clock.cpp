#include <larder/base/clock.hpp>

#include <condition_variable>
#include <mutex>

namespace larder {
namespace {

class SystemClock final : public Clock {
 public:
  SteadyTime now() override { return std::chrono::steady_clock::now(); }
  WallTime wall_now() override { return std::chrono::system_clock::now(); }
  bool wait_until(SteadyTime when, const CancelToken& cancel) override {
    std::mutex mutex;
    std::condition_variable_any never_notified;  // only the stop token or the time ends the wait
    std::unique_lock lock(mutex);
    never_notified.wait_until(lock, cancel.stop_token(), when, [] { return false; });
    return !cancel.is_cancelled();
  }
  bool await(Bell& bell, SteadyTime when) override { return bell.take_until(when); }
};

}  // namespace

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }

}  // namespace larder
