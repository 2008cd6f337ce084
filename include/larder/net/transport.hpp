// Transport: the seam between decisions and the network.
#pragma once

#include <larder/base/buffer_pool.hpp>
#include <larder/base/byte_size.hpp>
#include <larder/net/http.hpp>

#include <variant>

namespace larder::net {

using RequestId = std::uint64_t;

enum class BodyMode {
  Collect,  ///< the body comes whole, in the End event: API answers, small files. Of answers outside 2xx at most 64 KiB (T35)
  Stream,   ///< bodies of 200 and 206 come piece by piece in Data events; other answers are collected (up to 64 KiB)
};
enum class HttpVersion { Http1, Any };  ///< bulk asks for 1.1; API and small files may use 2 (engine.md §4)

/// One request on one connection; redirects are never followed by the transport (T27: by hand, headers rebuilt per origin).
/// `Accept-Encoding: identity` and the user agent are added by the transport.
struct Request {
  Method method = Method::Get;
  Url url;
  Headers headers;
  std::optional<Credentials> credentials;  ///< sent iff the origins are equal, and over http only to loopback or an http endpoint (T28)
  std::optional<ByteRange> range;          ///< sends "Range: bytes=begin-(end-1)"
  std::string body;                        ///< POST only
  std::string content_type;                ///< POST only
  BodyMode mode = BodyMode::Collect;
  /// Of a 2xx answer: the transfer ends with BadResponse at one byte more (T21). Only a web page may come instead, for its title (T36):
  /// what is text/html is cut there, or at TransportLimits::error_body if that is more; in Stream mode a short one comes whole in the End
  /// event.
  std::uint64_t max_body = 0;
  HttpVersion version = HttpVersion::Http1;
  bool is_small = false;  ///< 16 KiB receive buffer instead of 512 KiB
  /// From the sent request to the end of the answer's head (T39). 0: none.
  std::chrono::milliseconds header_timeout{30'000};
  /// Longest silence within the body (N12). 0: none; then only the low-speed rule of TransportLimits holds. For bodies whose bytes the
  /// caller does not see come: in Stream mode stalls are the engine's business.
  std::chrono::milliseconds stall_timeout{0};
  bool is_fresh = false;     ///< over a connection of its own: a kept one may be what failed the request before
  bool tells_bytes = false;  ///< in Collect mode: Received events while the body of a 2xx answer comes
};

/// Head of an answer with status 200 or 206 in Stream mode, before its first Data; cancel if it is not what was asked for. All other
/// answers come whole in the End event, so does a short web page (Request::max_body).
struct HeadEvent {
  RequestId id = 0;
  ResponseHead head;
};
/// Body bytes [offset, offset + piece->used()) of this answer (offset counts from the body's first byte).
struct DataEvent {
  RequestId id = 0;
  std::uint64_t offset = 0;
  BufferRef piece;
};
/// `body_bytes` of a collected body are there; some ten times a second while more of it comes, so for a body that is there at once not
/// at all. Only if Request::tells_bytes.
struct ReceivedEvent {
  RequestId id = 0;
  std::uint64_t body_bytes = 0;
};
/// The last event of every request. Errors: NameNotResolved, ConnectFailed, ProxyFailed, TlsFailed, TimedOut, ConnectionLost (also: body
/// too short), BadResponse (too long, header limits, bad framing, a Content-Encoding), Interrupted (cancelled).
struct EndEvent {
  RequestId id = 0;
  Result<Response> result;       ///< body is empty in Stream mode for 200 and 206
  std::uint64_t body_bytes = 0;  ///< body bytes received
  std::string host;              ///< host[:port] asked
};
using TransportEvent = std::variant<HeadEvent, DataEvent, ReceivedEvent, EndEvent>;

/// Hears of requests, on the network thread. Must not block and must not call back into the transport except through start/cancel.
class TransportListener {
 public:
  TransportListener() = default;
  TransportListener(const TransportListener&) = delete;
  TransportListener& operator=(const TransportListener&) = delete;
  virtual ~TransportListener() = default;
  virtual void on_event(TransportEvent event) = 0;
};

/// Starts requests and reports on them. Thread: start and cancel from any; events on the transport's own thread.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  /// Queues the request. `listener` must live until its End event. Exactly one End event comes.
  virtual RequestId start(Request request, TransportListener& listener) = 0;
  /// Ends it soon with End{Interrupted}; events already queued still come. Unknown ids are ignored.
  virtual void cancel(RequestId id) = 0;
  /// Requests started so far, for the report.
  [[nodiscard]] virtual std::uint64_t requests() const = 0;
};

}  // namespace larder::net
