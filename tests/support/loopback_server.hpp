// LoopbackServer: an HTTP/1.1 server in the test's own process, whose every answer is scripted.
#pragma once

#include "support/gate.hpp"
#include "support/reply.hpp"
#include "support/test_certificate.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace larder::test {

class Stream;

/// Called in the connection's thread, several at a time: guard what you share.
using Handler = std::function<void(const ReceivedRequest&, Reply&)>;

struct LoopbackOptions {
  /// With it the port speaks https as well as http, told apart by the first byte (T28).
  std::optional<CertificateKind> certificate = std::nullopt;
  const TlsIdentity* identity = nullptr;  ///< instead of a certificate of its own: one shared with other servers, which outlives them
  bool uses_ipv6 = false;                 ///< [::1] instead of 127.0.0.1
  std::uint16_t port = 0;                 ///< 0: any free one
  std::vector<std::string> canaries;      ///< secrets to look for in every byte that comes in (I8)
  int resets_in_handshake = 0;            ///< so many TLS connections are reset after the ClientHello (N5)
};

/// One request and what became of it.
struct LogEntry {
  ReceivedRequest request;
  int status = 0;                ///< 0: no answer was sent (yet)
  std::uint64_t body_bytes = 0;  ///< handed to the kernel; a client may have got fewer
  bool is_answered = false;
  std::vector<std::string> canaries;  ///< those of the options that occurred in it
};

/// Listens on a free port as soon as it is made; a thread for each connection, keep-alive, all joined on destruction.
/// Without a handler every request is logged and answered 404: a canary listener. Thread: any.
class LoopbackServer {
 public:
  explicit LoopbackServer(Handler handler = {}, LoopbackOptions options = {});
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();

  /// From the next request on.
  void set_handler(Handler handler);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// "127.0.0.1:PORT" or "[::1]:PORT".
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string http_url(const std::string& path = {}) const { return "http://" + host() + path; }
  [[nodiscard]] std::string https_url(const std::string& path = {}) const { return "https://" + host() + path; }
  /// PEM of the authority to trust; empty without TLS.
  [[nodiscard]] std::string ca_pem() const { return identity_ != nullptr ? identity_->ca_pem : std::string(); }
  /// The same as a file, removed with the server.
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

  /// All requests so far, in the order they came.
  [[nodiscard]] std::vector<LogEntry> log() const;
  void clear_log();
  /// Requests for which `matches` holds; without it all.
  [[nodiscard]] std::size_t count(const std::function<bool(const LogEntry&)>& matches = {}) const;
  /// Requests whose path (still encoded, without query) is this.
  [[nodiscard]] std::size_t count_path(const std::string& path) const;
  /// Body bytes sent, by path. Empty `path`: all.
  [[nodiscard]] std::uint64_t body_bytes(const std::string& path = {}) const;
  [[nodiscard]] int connections() const;       ///< accepted so far
  [[nodiscard]] int peak_connections() const;  ///< most at the same time
  /// Canaries seen by this server, in any request.
  [[nodiscard]] std::vector<std::string> canaries_seen() const;

  /// Waits until `matches` holds for the log. False: not within `at_most`.
  bool await(const std::function<bool(const std::vector<LogEntry>&)>& matches,
             std::chrono::milliseconds at_most = std::chrono::seconds(20)) const;
  /// Waits until `count` answers stand in Reply::stall.
  bool await_stalled(std::size_t count, std::chrono::milliseconds at_most = std::chrono::seconds(20)) {
    return gate_.await_waiters(count, at_most);
  }
  void release_stalls() { gate_.release(); }
  /// Cuts every open connection now, idle ones too (N39, "server restarts").
  void drop_connections();

 private:
  struct Shared;
  struct Connection;
  struct RawRequest {
    ReceivedRequest request;
    std::string bytes;  // as they came, to look for canaries in
  };

  void accept_loop();
  void serve(Connection& connection);
  bool serve_one(Connection& connection, std::string& buffer);
  static std::optional<RawRequest> read_request(Connection& connection, std::string& buffer);
  std::size_t record(const RawRequest& received);

  LoopbackOptions options_;
  TlsIdentity own_identity_;
  const TlsIdentity* identity_ = nullptr;  // own or borrowed; nullptr: no TLS
  std::string ca_file_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  Gate gate_;
  std::unique_ptr<Shared> shared_;
  std::jthread acceptor_;
};

}  // namespace larder::test
