#include <larder/net/curl_transport.hpp>

#include "net/curl_loop.hpp"

#include <atomic>
#include <exception>
#include <system_error>
#include <thread>

namespace larder::net {
namespace {

constexpr const char* kThread = "network thread";
constexpr std::chrono::milliseconds kPauseOfShortage{50};

Error internal_error(const std::exception& problem) {
  Error error;
  error.message = std::string(kThread) + ": " + problem.what();
  return error;
}

/// The doors to the network thread. Thread: as Transport says; the destructor not on the network thread.
class CurlTransport final : public Transport {
 public:
  CurlTransport(TransportOptions options, BufferPool& pool, Clock& clock)
      : options_(std::move(options)), pool_(pool), clock_(clock), inbox_(std::make_shared<Inbox>()) {
    // Shared: a piece may be on its way back to the pool, with this callback in hand, when the transport goes.
    pool_.on_free([inbox = inbox_] { inbox->wake(); });
  }

  ~CurlTransport() override {
    pool_.on_free({});
    inbox_->close();
  }

  RequestId start(Request request, TransportListener& listener) override {
    const RequestId id = ++requests_;
    inbox_->put(Order{id, std::move(request), &listener});
    std::call_once(started_, [this] { thread_ = std::jthread([this] { run(); }); });
    return id;
  }

  void cancel(RequestId id) override { inbox_->put_cancel(id); }

  [[nodiscard]] std::uint64_t requests() const override { return requests_; }

 private:
  // A loop that dies of a bug takes all requests with it, and so does one that cannot be made (no descriptor is left, L15); those that come
  // later get a new one.
  void run() {
    while (!inbox_->is_closed()) {
      try {
        run_loop();
      } catch (const std::system_error& problem) {
        refuse(os_error(problem.code().value(), kThread));
      } catch (const std::exception& problem) {
        refuse(internal_error(problem));
      }
    }
  }

  void run_loop() {
    NetworkLoop loop(options_, pool_, clock_, *inbox_);
    try {
      loop.run();
    } catch (const std::exception& problem) {
      loop.end_all(internal_error(problem));
    }
  }

  /// Ends what waits, and gives whoever holds what is short some time.
  void refuse(const Error& error) {
    for (const Order& order : inbox_->take().orders) order.listener->on_event(EndEvent{order.id, fail(error), 0, ""});
    (void)clock_.wait_until(clock_.now() + kPauseOfShortage, CancelToken{});
  }

  const TransportOptions options_;
  BufferPool& pool_;
  Clock& clock_;
  std::shared_ptr<Inbox> inbox_;
  std::atomic<std::uint64_t> requests_{0};
  std::once_flag started_;
  std::jthread thread_;  // last: joined first
};

}  // namespace

std::unique_ptr<Transport> make_curl_transport(TransportOptions options, BufferPool& pool, Clock& clock) {
  return std::make_unique<CurlTransport>(std::move(options), pool, clock);
}

std::string transport_library() { return curl_version(); }

}  // namespace larder::net
