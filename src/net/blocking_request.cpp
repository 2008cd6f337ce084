#include "net/blocking_request.hpp"

#include "base/guarded.hpp"

#include <optional>
#include <utility>

namespace larder::net {
namespace {

/// Keeps the one End event for the thread that waits.
class EndWaiter final : public TransportListener {
 public:
  void on_event(TransportEvent event) override {
    if (auto* end = std::get_if<EndEvent>(&event)) {
      // Told under the lock: the waiter may be gone as soon as it is let go.
      auto lock = result_.lock();
      *lock = std::move(end->result);
      result_.notify_all();
    }
  }

  /// False: `stop` came first.
  bool wait(const std::stop_token& stop) {
    return result_.lock().wait(stop, [](const auto& result) { return result.has_value(); });
  }
  Result<Response> take() { return std::move(**result_.lock()); }

 private:
  Guarded<std::optional<Result<Response>>> result_;
};

}  // namespace

Result<Response> run_blocking(Transport& transport, Request request, const CancelToken& cancel) {
  if (cancel.is_cancelled()) return fail(cancel.error());
  request.mode = BodyMode::Collect;
  EndWaiter waiter;
  const RequestId id = transport.start(std::move(request), waiter);
  if (!waiter.wait(cancel.stop_token())) {
    transport.cancel(id);
    waiter.wait({});
  }
  return waiter.take();
}

}  // namespace larder::net
