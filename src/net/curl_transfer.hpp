// CurlTransfer: one request on one easy handle, from its settings to its End event. Lives on the network thread.
#pragma once

#include "net/body_sink.hpp"
#include "net/curl_handle.hpp"
#include "net/curl_tls.hpp"
#include "net/head_reader.hpp"
#include "net/outbox.hpp"
#include "net/proxy.hpp"
#include "net/trust.hpp"

#include <larder/net/curl_transport.hpp>
#include <larder/net/rate_limit.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace larder::net {

/// One request as it was handed to the transport.
struct Order {
  RequestId id = 0;
  Request request;
  TransportListener* listener = nullptr;
};

/// What all transfers of a transport share. Borrowed.
struct TransferSurroundings {
  const TransportOptions& options;
  BufferPool& pool;
  Clock& clock;
  RateLimiter* limiter;  ///< null: no limit
  CurlShare& share;
  const Trust& trust;
  RefusedCertificate& refused;
  Outbox& outbox;
};

/// States, each left to the right only:
///
///     connecting ──on_request_sent──▶ waiting for the head ──on_header──▶ reading the body ──▶ over
///                                        (header_timeout)                 (stall_timeout, low-speed rule)
///
/// While the body is read it may be paused, because no piece is free or because of the rate limit. A paused libcurl transfer keeps the
/// bytes it offered and offers the same ones again when it is resumed.
class CurlTransfer {
 public:
  enum class Pause : std::uint8_t { None, Buffer, Rate };

  CurlTransfer(Order order, CurlEasy easy, const TransferSurroundings& around);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  ~CurlTransfer() = default;

  /// Puts everything on the handle. Errors: what is wrong with the request or the proxy setting.
  Result<void> prepare();

  // Called by the callbacks (curl_callbacks.cpp), inside libcurl.
  void on_request_sent() noexcept;
  /// A socket was made, and is not connected yet.
  void on_socket(int socket) const noexcept;
  /// False: end the transfer.
  bool on_header(std::string_view line);
  /// What libcurl wants to hear: the size, CURL_WRITEFUNC_PAUSE, or 0 to end the transfer.
  std::size_t on_body(std::span<const char> bytes);
  /// A callback threw: a bug, which becomes the result.
  void on_exception(const std::exception& exception) noexcept;

  /// Tries to go on after a pause; libcurl may call on_body at once. False: still not possible. Check `is_broken` afterwards.
  bool resume();
  /// Time limits and pieces that wait too long. False: the transfer is to end, `end` knows why.
  bool tick(SteadyTime now);

  /// Sends the last piece and the End event.
  void end(CURLcode code);
  void end_with(Error error);

  [[nodiscard]] Pause pause() const { return pause_; }
  [[nodiscard]] bool is_broken() const { return failure_.has_value() || is_enough_; }
  [[nodiscard]] RequestId id() const { return order_.id; }
  [[nodiscard]] const CurlEasy& easy() const { return easy_; }
  /// For the next transfer; only after `end`. Without our pointers, which libcurl would keep.
  CurlEasy release() {
    easy_.reset();
    return std::move(easy_);
  }

 private:
  Result<void> set_url_and_proxy();
  Result<void> set_headers();
  Result<void> add_header(const std::string& name, const std::string& value);
  void set_method();
  void set_limits();
  void set_tls();
  void set_callbacks();
  void set_version();

  Result<void> begin_body();
  void tell_bytes();
  [[nodiscard]] bool is_slow(SteadyTime now);
  [[nodiscard]] bool is_silent(SteadyTime now) const;
  [[nodiscard]] Error describe(ErrorCode code, const std::string& why) const;
  [[nodiscard]] Result<Response> outcome(CURLcode code);
  [[nodiscard]] Error curl_failure(CURLcode code) const;
  void log_end(const Result<Response>& result) const;
  void send_end(Result<Response> result);

  Order order_;
  CurlEasy easy_;
  TransferSurroundings around_;
  SteadyTime began_;
  CurlList headers_;
  std::optional<Proxy> proxy_;
  HeadReader head_;
  BodySink sink_;
  std::optional<Error> failure_;
  std::optional<SteadyTime> header_deadline_;
  SteadyTime window_began_;  // of the low-speed rule
  std::uint64_t window_bytes_ = 0;
  std::uint64_t told_bytes_ = 0;  // by Received events
  SteadyTime last_byte_;          // of the body
  SteadyTime paused_at_;
  Pause pause_ = Pause::None;
  bool was_connected_ = false;
  bool body_began_ = false;
  bool is_enough_ = false;
  std::array<char, CURL_ERROR_SIZE> detail_{};
};

}  // namespace larder::net
