// CurlPoller: waits for the sockets of one multi handle, so that a turn costs what has happened and not what is open.
#pragma once

#include "base/unique_fd.hpp"
#include "net/curl_handle.hpp"

#include <larder/base/clock.hpp>

#include <chrono>
#include <optional>

namespace larder::net {

/// libcurl tells it which sockets to watch and when to come back. (curl_multi_perform asks the kernel about every open socket each time:
/// 390,000 calls of poll for 1 GiB over TLS.) Thread: one, but for `wake`. Goes before its multi handle.
class CurlPoller {
 public:
  explicit CurlPoller(CurlMulti& multi);
  CurlPoller(const CurlPoller&) = delete;
  CurlPoller& operator=(const CurlPoller&) = delete;
  ~CurlPoller();

  /// Waits until something happens, someone calls `wake`, libcurl wants to be called, or `longest` is over; then lets libcurl work, which
  /// calls the transfers' callbacks.
  void turn(std::chrono::milliseconds longest);
  /// Ends this or the next wait. Thread: any.
  void wake() noexcept;

  // Called by libcurl, through functions of C.
  void watch(curl_socket_t socket, int what, bool is_known) noexcept;
  void come_back_in(long milliseconds) noexcept;

 private:
  CurlMulti& multi_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::optional<SteadyTime> due_;  // when libcurl wants to be called
};

}  // namespace larder::net
