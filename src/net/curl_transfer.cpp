#include "net/curl_transfer.hpp"

#include <larder/base/log.hpp>

#include "net/answer.hpp"
#include "net/curl_errors.hpp"
#include "net/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace larder::net {
namespace {

constexpr std::chrono::milliseconds kPieceAge{100};  // then a piece is handed on half full: slow links show progress

bool is_success(int status) { return status >= 200 && status < 300; }

/// A page in the place of a file: its length says that it can't be what was asked for (T36).
bool is_short_page(const ResponseHead& head, std::uint64_t max_body, std::uint64_t most) {
  const auto length = content_length(head.headers);
  return head.status == 200 && is_html(head.headers) && length && *length <= most && *length != max_body;
}

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

std::string host_and_port(const Url& url) { return url.origin().host + ":" + std::to_string(url.origin().port); }

}  // namespace

CurlTransfer::CurlTransfer(Order order, CurlEasy easy, const TransferSurroundings& around)
    : order_(std::move(order)),
      easy_(std::move(easy)),
      around_(around),
      began_(around.clock.now()),
      head_({around.options.limits.header_block, around.options.limits.header_line}),
      sink_(around.pool, around.clock, [this](std::uint64_t offset, BufferRef piece) {
        around_.outbox.put(*order_.listener, DataEvent{order_.id, offset, std::move(piece)});
      }) {}

void CurlTransfer::on_request_sent() noexcept {
  was_connected_ = true;
  const auto limit = order_.request.header_timeout;
  // Set again when libcurl repeats the request because a kept connection was dead (N39).
  if (limit.count() > 0) header_deadline_ = around_.clock.now() + limit;
}

bool CurlTransfer::on_header(std::string_view line) {
  auto fed = head_.feed(line);
  if (fed && head_.is_complete() && !body_began_) fed = begin_body();
  if (!fed && !failure_) {
    failure_ = describe(fed.error().code, fed.error().message);
    failure_->hint = fed.error().hint;
  }
  return !is_broken();
}

Result<void> CurlTransfer::begin_body() {
  const ResponseHead& head = head_.head();
  const Request& request = order_.request;
  body_began_ = true;
  header_deadline_.reset();
  window_began_ = around_.clock.now();
  last_byte_ = window_began_;
  if (head.status == 407 && proxy_) {  // of plain http it answers itself
    const CurlFailure refusal{CURLE_OK, "", head.status, true};
    return fail(error_code(refusal), reason(refusal), advice(refusal));
  }
  if (!is_success(head.status)) {
    sink_.open(BodyUse::Excerpt, around_.options.limits.error_body);
    return {};
  }
  if (has_two_lengths(head.headers)) return fail(ErrorCode::BadResponse, "two lengths in one answer");
  if (is_content_encoded(head.headers)) return fail(ErrorCode::BadResponse, "encoded answer, though identity was asked for");  // T22
  const std::uint64_t excerpt = around_.options.limits.error_body;
  const bool is_stream = request.mode == BodyMode::Stream && (head.status == 200 || head.status == 206);
  if (is_stream ? is_short_page(head, request.max_body, excerpt) : is_html(head.headers)) {
    sink_.open(BodyUse::Excerpt, std::max(request.max_body, excerpt));
    return {};
  }
  if (is_stream) {
    sink_.open(BodyUse::Stream, request.max_body);
    around_.outbox.put(*order_.listener, HeadEvent{order_.id, head});
    return {};
  }
  const std::uint64_t length = content_length(head.headers).value_or(0);
  sink_.open(BodyUse::Collect, request.max_body, length);
  if (length > request.max_body) {
    return fail(ErrorCode::BadResponse, fmt::format("answer of {} bytes, more than the {} that are allowed", length, request.max_body));
  }
  return {};
}

std::size_t CurlTransfer::on_body(std::span<const char> bytes) {
  const auto hold = [this](Pause why) {
    pause_ = why;
    paused_at_ = around_.clock.now();
    return static_cast<std::size_t>(CURL_WRITEFUNC_PAUSE);
  };
  if (is_broken()) return 0;
  if (around_.limiter != nullptr && !around_.limiter->is_open()) return hold(Pause::Rate);
  switch (sink_.take(bytes)) {
    case BodySink::Verdict::Starved:
      return hold(Pause::Buffer);
    case BodySink::Verdict::TooLong:
      failure_ =
          describe(ErrorCode::BadResponse, "body over " + std::to_string(order_.request.max_body) + " bytes, more than was asked for");
      return 0;
    case BodySink::Verdict::Enough:
      is_enough_ = true;
      return 0;
    case BodySink::Verdict::Taken:
      break;
  }
  if (around_.limiter != nullptr) around_.limiter->take(bytes.size());
  window_bytes_ += bytes.size();
  last_byte_ = around_.clock.now();
  return bytes.size();
}

void CurlTransfer::on_exception(const std::exception& exception) noexcept {
  Error error;
  error.code = ErrorCode::Internal;
  error.message = exception.what();
  failure_ = std::move(error);
}

bool CurlTransfer::resume() {
  if (pause_ == Pause::Rate && !around_.limiter->is_open()) return false;
  if (pause_ == Pause::Buffer && !sink_.prepare()) return false;
  pause_ = Pause::None;
  const auto paused = around_.clock.now() - paused_at_;  // we were the slow one
  window_began_ += paused;
  last_byte_ += paused;
  const CURLcode code = easy_.unpause();
  if (code != CURLE_OK && !is_broken()) failure_ = curl_failure(code);
  return true;
}

bool CurlTransfer::tick(SteadyTime now) {
  sink_.flush_older_than(now - kPieceAge);
  tell_bytes();
  if (header_deadline_ && now >= *header_deadline_ && !failure_) {
    failure_ = describe(ErrorCode::TimedOut, "no answer within " + in_seconds(order_.request.header_timeout));  // T39
  }
  const bool is_reading = body_began_ && pause_ == Pause::None;
  if (is_reading && !failure_ && is_silent(now)) {
    failure_ = describe(ErrorCode::TimedOut, "no byte for " + in_seconds(order_.request.stall_timeout));  // N12
  }
  if (is_reading && !failure_ && is_slow(now)) {
    failure_ = describe(ErrorCode::TimedOut, "less than " + std::to_string(around_.options.limits.low_speed) + " bytes a second for " +
                                                 in_seconds(around_.options.limits.low_speed_window));  // N13
  }
  return !is_broken();
}

void CurlTransfer::tell_bytes() {
  const Request& request = order_.request;
  if (!request.tells_bytes || request.mode != BodyMode::Collect || sink_.bytes() == told_bytes_ || !is_success(head_.head().status)) return;
  told_bytes_ = sink_.bytes();
  around_.outbox.put(*order_.listener, ReceivedEvent{order_.id, told_bytes_});
}

bool CurlTransfer::is_silent(SteadyTime now) const {
  const auto limit = order_.request.stall_timeout;
  return limit.count() > 0 && now - last_byte_ >= limit;
}

bool CurlTransfer::is_slow(SteadyTime now) {
  const TransportLimits& limits = around_.options.limits;
  if (now - window_began_ < limits.low_speed_window) return false;
  const bool is_too_little = window_bytes_ * 1000 < limits.low_speed * static_cast<std::uint64_t>(limits.low_speed_window.count());
  window_began_ = now;
  window_bytes_ = 0;
  return is_too_little;
}

void CurlTransfer::end(CURLcode code) {
  sink_.flush();
  send_end(outcome(code));
}

void CurlTransfer::end_with(Error error) {
  sink_.flush();
  send_end(fail(std::move(error)));
}

Result<Response> CurlTransfer::outcome(CURLcode code) {
  if (failure_) return fail(std::move(*failure_));
  if (code != CURLE_OK && !is_enough_) return fail(curl_failure(code));
  // libcurl takes a close between two header lines for the end of an answer (N6).
  if (!head_.is_complete()) return fail(describe(ErrorCode::ConnectionLost, "connection closed within the headers"));
  return Response{head_.head(), sink_.take_text()};
}

Error CurlTransfer::curl_failure(CURLcode code) const {
  CurlFailure failure;
  failure.code = code;
  failure.detail = detail_.data();
  failure.proxy_status = easy_.info_long<CURLINFO_HTTP_CONNECTCODE>();
  failure.has_proxy = proxy_.has_value();
  failure.was_connected = was_connected_;
  failure.head_complete = head_.is_complete();
  failure.is_reused = was_connected_ && easy_.info_long<CURLINFO_NUM_CONNECTS>() == 0;
  const NetworkSettings& network = around_.options.network;
  failure.own_trust = network.ca_file.empty() ? network.ca_folder : network.ca_file;
  std::string why = reason(failure);
  if (error_code(failure) == ErrorCode::TlsFailed) why += refusal_text(around_.refused, order_.request.url.origin().host);
  if (body_began_) why += ", " + std::to_string(sink_.bytes()) + " bytes had come";
  Error error = describe(error_code(failure), why);
  error.hint = advice(failure);
  if (code == CURLE_OPERATION_TIMEDOUT) error.os_error = ETIMEDOUT;  // no connection, as told apart from no answer
  if (error.code == ErrorCode::ProxyFailed) error.http->status = static_cast<int>(failure.proxy_status);
  return error;
}

Error CurlTransfer::describe(ErrorCode code, const std::string& why) const {
  Error error;
  error.code = code;
  const Url& url = order_.request.url;
  error.message = host_and_port(url) + ": " + (code == ErrorCode::ProxyFailed && proxy_ ? "proxy " + proxy_->shown + ": " : "") + why;
  error.http = http_facts(url, head_.is_complete() ? head_.head() : ResponseHead{});
  return error;
}

/// What -vv shows of a request: without the query, which may be a signature.
void CurlTransfer::log_end(const Result<Response>& result) const {
  if (!log::enabled(log::Level::Debug)) return;
  const Request& request = order_.request;
  std::string text = request.method == Method::Post ? "POST " : "GET ";
  text += request.url.redacted();
  if (request.range) text += " [" + std::to_string(request.range->begin) + ", " + std::to_string(request.range->end) + ")";
  text +=
      ": " + (result ? std::to_string(result->head.status) : result.error().message) + ", " + std::to_string(sink_.bytes()) + " bytes in ";
  log::debug(text + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(around_.clock.now() - began_).count()) + " ms");
}

void CurlTransfer::send_end(Result<Response> result) {
  log_end(result);
  around_.outbox.put(*order_.listener, EndEvent{order_.id, std::move(result), sink_.bytes(), order_.request.url.origin().host_text()});
}

}  // namespace larder::net
