// NetworkLoop: what runs on the network thread: one multi handle, its transfers, their pauses and time limits.
#pragma once

#include "net/curl_handle.hpp"
#include "net/curl_inbox.hpp"
#include "net/curl_poller.hpp"
#include "net/curl_transfer.hpp"

#include <memory>
#include <vector>

namespace larder::net {

/// Thread: made, run and destroyed on the network thread. Every transfer ends with exactly one End event, whatever happens.
class NetworkLoop {
 public:
  NetworkLoop(const TransportOptions& options, BufferPool& pool, Clock& clock, Inbox& inbox);
  NetworkLoop(const NetworkLoop&) = delete;
  NetworkLoop& operator=(const NetworkLoop&) = delete;
  ~NetworkLoop();

  /// Until the inbox is closed.
  void run();
  /// Ends everything, in the inbox too, with `error`.
  void end_all(const Error& error);

 private:
  using Transfers = std::vector<std::unique_ptr<CurlTransfer>>;

  bool take_orders();
  void begin(Order order);
  void reap();
  void resume_paused();
  void tick();
  [[nodiscard]] std::chrono::milliseconds longest_wait() const;
  void finish(std::size_t index, CURLcode code);
  std::unique_ptr<CurlTransfer> take_out(std::size_t index);
  CurlEasy idle_handle();
  void keep(CurlEasy easy);

  Inbox& inbox_;
  Clock& clock_;
  CurlGlobal global_;
  CurlShare share_;
  RefusedCertificate refused_;  // before the connections that point to it
  CurlMulti multi_;
  Trust trust_;
  std::optional<RateLimiter> limiter_;
  Outbox outbox_;
  TransferSurroundings around_;
  std::vector<CurlEasy> idle_;
  CurlPoller poller_;
  Transfers active_;
  std::size_t turn_ = 0;  // where the next round of resuming begins
  SteadyTime next_tick_;
};

}  // namespace larder::net
