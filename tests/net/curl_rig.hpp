// What the tests of the real transport share: a listener that gathers, and a transport with its surroundings.
#pragma once

#include "support/catch.hpp"
#include "support/loopback_server.hpp"

#include <larder/base/clock.hpp>
#include <larder/net/curl_transport.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace larder::test {

/// All that was heard of one request.
struct Heard {
  std::optional<net::ResponseHead> head;
  std::string pieces;              ///< Stream bodies, put together
  std::vector<std::size_t> sizes;  ///< of the pieces
  std::uint64_t received = 0;      ///< of a collected body, as told so far
  bool is_in_order = true;         ///< every offset followed on the one before, and the head came first
  std::optional<net::EndEvent> end;
  int ends = 0;
};

/// Gathers events of any number of requests. Thread: any.
class Gatherer final : public net::TransportListener {
 public:
  /// With `keeps`, pieces are held back instead of going home to the pool.
  explicit Gatherer(bool keeps = false) : keeps_(keeps) {}

  void on_event(net::TransportEvent event) override {
    const std::scoped_lock lock(mutex_);
    if (auto* head = std::get_if<net::HeadEvent>(&event)) {
      heard_[head->id].head = std::move(head->head);
    } else if (auto* data = std::get_if<net::DataEvent>(&event)) {
      Heard& heard = heard_[data->id];
      heard.is_in_order = heard.is_in_order && heard.head && data->offset == heard.pieces.size() && !heard.end;
      const auto bytes = data->piece->data();
      heard.pieces.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      heard.sizes.push_back(bytes.size());
      if (keeps_) kept_.push_back(std::move(data->piece));
    } else if (const auto* received = std::get_if<net::ReceivedEvent>(&event)) {
      heard_[received->id].received = received->body_bytes;
    } else if (auto* end = std::get_if<net::EndEvent>(&event)) {
      Heard& heard = heard_[end->id];
      ++heard.ends;
      heard.end = std::move(*end);
      ++ended_;
    }
    changed_.notify_all();
  }

  /// Waits for the End event; fails the test after 20 s.
  Heard wait(net::RequestId id) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [&] { return heard_[id].end.has_value(); });
    REQUIRE(came);
    return heard_[id];
  }
  /// Waits until so many bytes of a Stream body were heard of.
  bool wait_bytes(net::RequestId id, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return heard_[id].pieces.size() >= bytes; });
  }
  /// Waits until so many bytes of a collected body were told of.
  bool wait_received(net::RequestId id, std::uint64_t bytes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return heard_[id].received >= bytes; });
  }
  /// Waits until so many pieces of a Stream body came.
  bool wait_pieces(net::RequestId id, std::size_t pieces) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return heard_[id].sizes.size() >= pieces; });
  }
  void give_back() {
    std::vector<BufferRef> kept;
    const std::scoped_lock lock(mutex_);
    std::swap(kept, kept_);
    keeps_ = false;
  }
  [[nodiscard]] int ended() const {
    const std::scoped_lock lock(mutex_);
    return ended_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<net::RequestId, Heard> heard_;
  std::vector<BufferRef> kept_;
  bool keeps_;
  int ended_ = 0;
};

/// A transport with a pool of `pieces` and the real clock.
struct CurlRig {
  explicit CurlRig(net::TransportOptions options = {}, std::size_t pieces = 16)
      : clock(make_system_clock()),
        pool(pieces * BufferPool::kPiece),
        transport(net::make_curl_transport(std::move(options), pool, *clock)) {}

  /// One request, to its end.
  Heard run(net::Request request) {
    Gatherer gatherer;
    return gatherer.wait(transport->start(std::move(request), gatherer));
  }

  std::unique_ptr<Clock> clock;
  BufferPool pool;
  std::unique_ptr<net::Transport> transport;
};

inline net::Request get(const std::string& url, net::BodyMode mode = net::BodyMode::Collect, std::uint64_t max_body = 1ULL << 40U) {
  net::Request request;
  request.url = *Url::parse(url);
  request.mode = mode;
  request.max_body = max_body;
  return request;
}

inline net::Request stream(const std::string& url, std::uint64_t max_body = 1ULL << 40U) {
  return get(url, net::BodyMode::Stream, max_body);
}

/// The error of a request that must have failed.
inline Error failure(const Heard& heard) {
  REQUIRE(heard.end);
  CHECK(heard.ends == 1);
  REQUIRE_FALSE(heard.end->result);
  return heard.end->result.error();
}

inline net::Response success(const Heard& heard) {
  REQUIRE(heard.end);
  CHECK(heard.ends == 1);
  if (!heard.end->result) FAIL(heard.end->result.error().message);
  return *heard.end->result;
}

}  // namespace larder::test
