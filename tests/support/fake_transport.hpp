// FakeTransport: a Transport without a network. A handler answers each request; events come on a helper thread, as from the real one.
#pragma once

#include <larder/net/transport.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace larder::test {

/// What the fake server does with one request.
struct FakeAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// The transfer ends with this error: at once, or after `cut_after` body bytes.
  std::optional<ErrorCode> error;
  /// Body bytes that still come before `error` (default ConnectionLost) ends the transfer.
  std::optional<std::size_t> cut_after;
  /// Body bytes after which nothing comes any more, until the request is cancelled. 0: head only.
  std::optional<std::size_t> hang_after;
};

/// A JSON document with its type, as the Hub writes it.
inline FakeAnswer json_answer(std::string body, int status = 200) {
  FakeAnswer answer;
  answer.status = status;
  answer.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  answer.body = std::move(body);
  return answer;
}

/// One request as the server would have seen it.
struct SeenRequest {
  net::Method method = net::Method::Get;
  std::string url;
  std::optional<ByteRange> range;
  std::string token;  ///< empty: none was sent (the origin rule of net::may_send is applied)
  net::Headers headers;
  std::string body;
};

/// 200 with all of `content`, or 206 with the asked range and its Content-Range, or 416.
inline FakeAnswer serve_bytes(const std::string& content, const net::Request& request) {
  FakeAnswer answer;
  if (!request.range) {
    answer.body = content;
  } else if (request.range->begin >= content.size()) {
    answer.status = 416;
    answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(content.size()));
  } else {
    const auto begin = static_cast<std::size_t>(request.range->begin);
    const auto end = static_cast<std::size_t>(std::min<std::uint64_t>(request.range->end, content.size()));
    answer.status = 206;
    answer.body = content.substr(begin, end - begin);
    answer.headers.emplace_back("Content-Range",
                                "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" + std::to_string(content.size()));
  }
  answer.headers.emplace_back("Content-Length", std::to_string(answer.body.size()));
  return answer;
}

/// Thread: start and cancel from any; `Handler` runs in the thread that calls start(), one call at a time; events on the helper thread, the
/// open answers taking turns piece by piece.
class FakeTransport final : public net::Transport {
 public:
  using Handler = std::function<FakeAnswer(const net::Request&)>;

  /// Stream bodies travel in pieces of `pool` and wait when it is empty. Without a pool every piece is a fresh one.
  explicit FakeTransport(Handler handler, BufferPool* pool = nullptr) : handler_(std::move(handler)), pool_(pool) {
    if (pool_ != nullptr) pool_->on_free([this] { wake(); });
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  ~FakeTransport() override {
    if (pool_ != nullptr) pool_->on_free({});
    thread_.request_stop();
    wake();
  }

  net::RequestId start(net::Request request, net::TransportListener& listener) override {
    const std::scoped_lock handler_lock(handler_mutex_);  // handlers may keep state
    Script script;
    script.answer = handler_(request);
    script.listener = &listener;
    const std::scoped_lock lock(mutex_);
    script.id = ++last_id_;
    seen_.push_back(see(request));
    script.request = std::move(request);
    scripts_.push_back(std::move(script));
    news_ = true;
    changed_.notify_all();
    return last_id_;
  }

  void cancel(net::RequestId id) override {
    const std::scoped_lock lock(mutex_);
    for (auto& script : scripts_) {
      if (script.id == id) script.cancelled = true;
    }
    news_ = true;
    changed_.notify_all();
  }

  [[nodiscard]] std::uint64_t requests() const override {
    const std::scoped_lock lock(mutex_);
    return last_id_;
  }

  /// Every request so far, in order.
  [[nodiscard]] std::vector<SeenRequest> seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }

 private:
  static constexpr std::size_t kErrorBody = 64 * 1024;  // T35, as the real one

  struct Script {
    net::RequestId id = 0;
    net::Request request;
    net::TransportListener* listener = nullptr;
    FakeAnswer answer;
    bool head_sent = false;
    bool cancelled = false;
    std::size_t sent = 0;
  };
  enum class Turn { Moved, Waiting, Ended };

  static SeenRequest see(const net::Request& request) {
    SeenRequest seen{request.method, request.url.full(), request.range, {}, request.headers, request.body};
    if (request.credentials && net::may_send(*request.credentials, request.url)) seen.token = request.credentials->token.reveal();
    return seen;
  }

  void wake() {
    const std::scoped_lock lock(mutex_);
    news_ = true;
    changed_.notify_all();
  }

  void run(const std::stop_token& stop) {
    std::list<Script> open;
    while (!stop.stop_requested()) {
      bool moved = false;
      for (auto script = open.begin(); script != open.end();) {
        const Turn turn = take_turn(*script);
        moved = moved || turn != Turn::Waiting;
        if (turn == Turn::Ended) forget(script->id);
        script = turn == Turn::Ended ? open.erase(script) : std::next(script);
      }
      std::unique_lock lock(mutex_);
      if (!moved) changed_.wait(lock, [&] { return news_ || stop.stop_requested(); });
      news_ = false;
      take_over(open);
    }
    std::unique_lock lock(mutex_);
    take_over(open);
    lock.unlock();
    for (auto& script : open) end(script, fail(ErrorCode::Interrupted, "transport closed"));
  }

  // Moves what was started into the helper thread's own list and copies the cancel marks. Called with the lock held.
  void take_over(std::list<Script>& open) {
    for (auto& script : scripts_) {
      const auto known = std::find_if(open.begin(), open.end(), [&](const Script& other) { return other.id == script.id; });
      if (known != open.end()) {
        known->cancelled = known->cancelled || script.cancelled;
      } else {
        open.push_back(script);
      }
    }
  }

  void forget(net::RequestId id) {
    const std::scoped_lock lock(mutex_);
    scripts_.remove_if([id](const Script& script) { return script.id == id; });
  }

  Turn take_turn(Script& script) {
    if (script.cancelled) return end(script, fail(ErrorCode::Interrupted, "cancelled"));
    if (script.answer.error && !script.answer.cut_after) return end(script, failure(script));
    if (!script.head_sent) return send_head(script);
    if (script.answer.hang_after && script.sent >= *script.answer.hang_after) return Turn::Waiting;
    if (script.answer.cut_after && script.sent >= *script.answer.cut_after) return end(script, failure(script));
    if (script.sent == script.answer.body.size()) return end(script, whole(script));
    return send_piece(script);
  }

  static bool is_streamed(const Script& script) {
    return script.request.mode == net::BodyMode::Stream && (script.answer.status == 200 || script.answer.status == 206);
  }

  static net::ResponseHead head_of(const Script& script) {
    net::ResponseHead head;
    head.status = script.answer.status;
    for (const auto& [name, value] : script.answer.headers) (void)head.headers.add(name, value);
    return head;
  }

  static tl::unexpected<Error> failure(const Script& script) {
    Error error;
    error.code = script.answer.error.value_or(ErrorCode::ConnectionLost);
    error.message = script.request.url.origin().host_text() + ": scripted failure";
    error.http = HttpFacts{script.head_sent ? script.answer.status : 0, script.request.url.origin().host_text(), {}, {}, {}};
    return fail(std::move(error));
  }

  static Result<net::Response> whole(const Script& script) {
    net::Response response{head_of(script), {}};
    if (!is_streamed(script)) response.body = script.answer.body.substr(0, script.answer.status < 300 ? std::string::npos : kErrorBody);
    return response;
  }

  static Turn send_head(Script& script) {
    script.head_sent = true;
    if (is_streamed(script)) script.listener->on_event(net::HeadEvent{script.id, head_of(script)});
    return Turn::Moved;
  }

  Turn send_piece(Script& script) {
    std::size_t size = std::min(BufferPool::kPiece, script.answer.body.size() - script.sent);
    if (script.answer.hang_after) size = std::min(size, *script.answer.hang_after - script.sent);
    if (script.answer.cut_after) size = std::min(size, *script.answer.cut_after - script.sent);
    const bool is_limited = script.answer.status >= 200 && script.answer.status < 300;
    const bool too_long = is_limited && script.sent + size > script.request.max_body;
    if (too_long) size = static_cast<std::size_t>(script.request.max_body) - script.sent;
    if (size > 0 && is_streamed(script) && !hand_on(script, size)) return Turn::Waiting;
    script.sent += size;
    if (too_long) return end(script, fail(ErrorCode::BadResponse, "body is longer than asked for"));  // T21
    return Turn::Moved;
  }

  bool hand_on(Script& script, std::size_t size) {
    const BufferRef piece = pool_ != nullptr ? pool_->try_take() : std::make_shared<Buffer>(BufferPool::kPiece);
    if (!piece) return false;
    std::memcpy(piece->space().data(), script.answer.body.data() + script.sent, size);
    piece->grow(size);
    script.listener->on_event(net::DataEvent{script.id, script.sent, piece});
    return true;
  }

  static Turn end(Script& script, Result<net::Response> result) {
    script.listener->on_event(net::EndEvent{script.id, std::move(result), script.sent, script.request.url.origin().host_text()});
    return Turn::Ended;
  }

  Handler handler_;
  BufferPool* pool_;
  std::mutex handler_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Script> scripts_;
  std::vector<SeenRequest> seen_;
  net::RequestId last_id_ = 0;
  bool news_ = false;
  std::jthread thread_;
};

}  // namespace larder::test
