// SimNetwork: a network in simulated time, on one thread: round trips, capped connections, a shared link, and servers by script.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/net/transport.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace larder::test {

/// Time that jumps from event to event. Waiting lets what is due before its end happen; nothing ever sleeps. Thread: one.
class SimClock final : public Clock {
 public:
  SteadyTime now() override { return now_; }
  WallTime wall_now() override;
  /// Runs what is due until `when`, or until somebody cancels. Throws once time passes `give_up`, or when nobody lets it pass: a hang is a
  /// failed test.
  bool wait_until(SteadyTime when, const CancelToken& cancel) override;
  bool await(Bell& bell, SteadyTime when) override;

  void at(SteadyTime when, std::function<void()> what);
  void after(SteadyTime::duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }
  [[nodiscard]] double seconds() const;

  WallTime wall_begin = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23));
  SteadyTime::duration give_up = std::chrono::hours(24);

 private:
  /// False: the time came first.
  bool run_until(SteadyTime when, const std::function<bool()>& is_over);
  void run_next();

  static constexpr SteadyTime kBegin{std::chrono::hours(1000)};
  SteadyTime now_ = kBegin;
  std::multimap<SteadyTime, std::function<void()>> due_;
  int idle_waits_ = 0;
};

/// A file whose bytes need no memory: stretches of one table of random bytes, so that a shifted or exchanged stretch shows.
struct SimFile {
  std::uint64_t size = 0;
  std::uint64_t seed = 0;  ///< 0: all zeros
  void read(std::uint64_t offset, std::span<std::byte> into) const;
};

/// What a server does with one request.
struct SimAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text;                    ///< body of an answer without `file`
  std::optional<SimFile> file;         ///< the body is `range` of it
  ByteRange range;                     ///<
  std::optional<std::uint64_t> flip;   ///< the byte at this offset of the file is wrong
  std::optional<ErrorCode> error;      ///< no answer at all, but this, after a round trip
  bool is_silent = false;              ///< no answer at all, and nobody says so
  std::optional<std::uint64_t> cut;    ///< the connection ends after so many body bytes
  std::optional<std::uint64_t> stall;  ///< nothing comes any more after so many body bytes
  std::optional<double> rate;          ///< bytes a second, instead of the path's
};

/// An answer of this status and nothing else.
SimAnswer refuse(int status);
/// 200 with the whole file, 206 with the range asked for, or 416.
SimAnswer serve(const SimFile& file, const net::Request& request);

/// How far away the servers are.
struct SimPath {
  SteadyTime::duration round_trip = std::chrono::milliseconds(1);
  double connection_rate = 100e6;  ///< bytes a second
  double link_rate = 1e9;          ///< bytes a second, over all connections
};

/// Keeps to what net::Transport promises: one End event, max_body, header_timeout, stall_timeout, the low-speed rule; pieces from the pool,
/// paused while it is empty. Thread: one; events come while the clock waits.
class SimNetwork final : public net::Transport {
 public:
  using Server = std::function<SimAnswer(const net::Request&)>;

  SimNetwork(SimClock& clock, BufferPool& pool);
  ~SimNetwork() override;

  /// Who answers for this host[:port]. Others refuse connections.
  void serve_host(const std::string& host, Server server) { servers_[host] = std::move(server); }
  SimPath path;
  bool forgets_header_timeout = false;  ///< a transport with a bug

  net::RequestId start(net::Request request, net::TransportListener& listener) override;
  void cancel(net::RequestId id) override;
  [[nodiscard]] std::uint64_t requests() const override { return last_id_; }
  /// Who listened is dead: nobody is told of any open request.
  void forget_all();

  /// One request as it was sent.
  struct Seen {
    SteadyTime when;
    std::string host;
    std::string path;
    std::optional<ByteRange> range;
    bool has_token = false;
    net::HttpVersion version = net::HttpVersion::Http1;
  };
  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  [[nodiscard]] std::size_t asked(const std::string& host) const;
  [[nodiscard]] std::size_t most_open() const { return most_open_; }
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  struct Transfer {
    net::RequestId id = 0;
    net::Request request;
    net::TransportListener* listener = nullptr;
    SimAnswer answer;
    std::uint64_t sent = 0;
    std::uint64_t window = 0;  // bytes since the last look of the low-speed rule
    std::string text;          // of a collected body
  };
  using Turn = void (SimNetwork::*)(Transfer&);

  void later(net::RequestId id, SteadyTime::duration wait, Turn turn);
  void connect(Transfer& transfer);
  void head(Transfer& transfer);
  void plan_piece(Transfer& transfer);
  void piece(Transfer& transfer);
  void stalled(Transfer& transfer);
  void low_speed(Transfer& transfer);
  [[nodiscard]] std::uint64_t length(const Transfer& transfer) const;
  [[nodiscard]] std::uint64_t next_size(const Transfer& transfer) const;
  [[nodiscard]] bool is_streamed(const Transfer& transfer) const;
  bool hand_on(Transfer& transfer, std::uint64_t size);
  void end(Transfer& transfer, Result<net::Response> result);
  void fail_transfer(Transfer& transfer, ErrorCode code, const std::string& why);
  void on_free();

  SimClock& clock_;
  BufferPool& pool_;
  std::map<std::string, Server> servers_;
  std::map<net::RequestId, std::unique_ptr<Transfer>> open_;
  std::map<std::string, int> idle_;  // kept connections
  std::vector<net::RequestId> starved_;
  std::vector<Seen> seen_;
  SteadyTime link_free_{};
  net::RequestId last_id_ = 0;
  std::size_t most_open_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace larder::test
