// How the real transport is made.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/net/transport.hpp>

#include <memory>

namespace larder::net {

/// Proxy and trust, as config read them from the environment. Empty: none / the system's.
struct NetworkSettings {
  std::string http_proxy;                       ///< for http:// requests
  std::string https_proxy;                      ///< for https:// requests
  std::string http_proxy_name{"http_proxy"};    ///< the setting or variable that said so, for messages
  std::string https_proxy_name{"https_proxy"};  ///< the same
  std::string no_proxy;                         ///< comma-separated hosts, suffixes, addresses, CIDR
  std::string ca_file;                          ///< replaces the system's trust store
  std::string ca_folder;
  std::string user_agent;  ///< empty: "larder/<version>" (R-915)
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Source: docs/hub-protocol.md "Limits". Smaller values are for tests.
struct TransportLimits {
  std::size_t header_block = 64UL * 1024;              ///< bytes of all header lines of an answer
  std::size_t header_line = 8UL * 1024;                ///< bytes of one
  std::size_t error_body = 64UL * 1024;                ///< of an answer that is no success; the rest is left unread (T35)
  std::uint64_t low_speed = 1024;                      ///< bytes a second, on the average of …
  std::chrono::milliseconds low_speed_window{60'000};  ///< … this; slower bodies end with TimedOut (T39, N13)
};

struct TransportOptions {
  NetworkSettings network;
  std::uint64_t limit_rate = 0;      ///< bytes a second over the whole run; 0: none
  std::uint64_t receive_buffer = 0;  ///< bytes a bulk connection may hold in libcurl; 0: 512 KiB
  int max_connections = 64;          ///< over all hosts
  TransportLimits limits;
};

/// libcurl's multi interface on one thread of its own. `pool` gives the pieces of Stream bodies: when it is empty the transfers are paused.
/// libcurl itself is started at the first request, so a run that needs none pays nothing.
std::unique_ptr<Transport> make_curl_transport(TransportOptions options, BufferPool& pool, Clock& clock);

/// "libcurl/7.88.1 OpenSSL/3.0 …" for `larder env`.
std::string transport_library();

}  // namespace larder::net
