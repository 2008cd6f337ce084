// Faults that decide a whole answer of the fake Hub, whatever was asked for.
#include "support/hub_answer.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <set>

namespace larder::test {
namespace {

constexpr std::array<int, 4> kServerErrors{500, 502, 503, 504};
constexpr const char* kLoginPage = "<!DOCTYPE html><html><head><title>Hotel WiFi login</title></head><body>Please log in</body></html>";

std::string http_date(std::chrono::seconds from_now) {
  const std::time_t when = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

void limit(Reply& reply, HeaderList headers, const std::string& retry_after) {
  if (!retry_after.empty()) headers.emplace_back("Retry-After", retry_after);
  send_error(reply, 429, "", "We had to rate limit your IP", std::move(headers));
}

// Faults that break the connection before there is an answer.
void strike_connection(const Fault& fault, Reply& reply) {
  if (fault.kind == FaultKind::StallHeader) {
    reply.stall();
    return reply.close();
  }
  constexpr std::string_view kHead =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";
  reply.raw(kHead.substr(0, fault.n));
  reply.reset();
}

void strike_rate(const Fault& fault, Reply& reply, HeaderList headers) {
  if (fault.kind == FaultKind::Limit429) return limit(reply, std::move(headers), std::to_string(fault.n));
  if (fault.kind == FaultKind::Limit429Date) return limit(reply, std::move(headers), http_date(std::chrono::seconds(fault.n)));
  if (fault.kind == FaultKind::Limit429Text) return limit(reply, std::move(headers), fault.text);
  HeaderList bare;  // without the common rate fields, whose place these take
  bare.emplace_back("RateLimit", "\"api\";r=0;t=" + std::to_string(fault.n));
  bare.emplace_back("RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300");
  limit(reply, std::move(bare), {});
}

void strike_big_error(Reply& reply, HeaderList headers) {
  headers.emplace_back("X-Error-Message", "bad \x1b[31mred\x1b[0m \x07 message " + std::string(2000, 'x'));
  headers.emplace_back("Content-Type", "text/plain");
  reply.head(400, headers);
  const std::string piece = "\x1b]0;owned\x07" + std::string(100'000, 'y');
  while (reply.is_open()) reply.body(piece);
  reply.close();
}

void strike_json(const Fault& fault, Reply& reply, HeaderList headers) {
  if (fault.kind == FaultKind::Json) return reply.send_json(fault.text, std::move(headers));
  if (fault.kind == FaultKind::DeepJson) {
    return reply.send_json(std::string(fault.n, '[') + std::string(fault.n, ']'), std::move(headers));
  }
  headers.emplace_back("Content-Type", "application/json");
  if (fault.n > 0) headers.emplace_back("Content-Length", std::to_string(fault.n + 2));
  reply.head(200, headers);
  reply.body("[");
  const std::string piece(100'000, ' ');
  while (fault.n == 0 && reply.is_open()) reply.body(piece);
  for (std::uint64_t sent = 0; sent < fault.n && reply.is_open(); sent += piece.size()) {
    reply.body(std::string_view(piece).substr(0, std::min<std::uint64_t>(piece.size(), fault.n - sent)));
  }
  reply.body("]");
}

// Faults that leave the answer right but for its frame.
bool bend_answer(const Fault& fault, const ReceivedRequest& request, Reply& reply, HeaderList& headers) {
  if (fault.kind == FaultKind::CloseIdle && request.sequence > 1) {
    reply.close();
    return true;
  }
  if (fault.kind == FaultKind::ConnectionClose) reply.close_after();
  if (fault.kind == FaultKind::DateSkew) headers.emplace_back("Date", http_date(-std::chrono::hours(10L * 365 * 24)));
  if (fault.kind == FaultKind::EarlyHints)
    reply.raw("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
  if (fault.kind == FaultKind::HugeHeader) headers.emplace_back("X-Huge", std::string(fault.n, 'h'));
  if (fault.kind == FaultKind::BadHeader) headers.emplace_back("X-Good", "1\r\nthis line is no field\r\nX-Also-Good: 1");
  if (fault.kind == FaultKind::Http10) {
    reply.use_http10();
    reply.close_after();
  }
  return false;
}

}  // namespace

bool is_answer_fault(const Fault& fault) {
  static const std::set<FaultKind> kKinds{
      FaultKind::ResetHeader, FaultKind::StallHeader, FaultKind::Limit429,   FaultKind::Limit429Date,    FaultKind::Limit429Text,
      FaultKind::RateLimit,   FaultKind::Error5xx,    FaultKind::Status,     FaultKind::BigError,        FaultKind::Portal,
      FaultKind::CloseIdle,   FaultKind::DateSkew,    FaultKind::EarlyHints, FaultKind::ConnectionClose, FaultKind::HugeHeader,
      FaultKind::BadHeader,   FaultKind::Http10,      FaultKind::DeepJson,   FaultKind::BigJson,         FaultKind::Json};
  return kKinds.count(fault.kind) != 0;
}

bool is_resolve_fault(const Fault& fault) {
  static const std::set<FaultKind> kKinds{FaultKind::Gated,    FaultKind::NotFound, FaultKind::RedirectLoop, FaultKind::Hops,
                                          FaultKind::Redirect, FaultKind::ETag,     FaultKind::Commit,       FaultKind::LinkedSize};
  return kKinds.count(fault.kind) != 0;
}

bool strike_answer(const HubContext& /*hub*/, const Strike& strike, const ReceivedRequest& request, Reply& reply, HeaderList& headers) {
  const Fault& fault = strike.fault;
  static const std::set<FaultKind> kRates{FaultKind::Limit429, FaultKind::Limit429Date, FaultKind::Limit429Text, FaultKind::RateLimit};
  static const std::set<FaultKind> kTexts{FaultKind::DeepJson, FaultKind::BigJson, FaultKind::Json};
  if (fault.kind == FaultKind::ResetHeader || fault.kind == FaultKind::StallHeader) {
    strike_connection(fault, reply);
  } else if (kRates.count(fault.kind) != 0) {
    strike_rate(fault, reply, headers);
  } else if (kTexts.count(fault.kind) != 0) {
    strike_json(fault, reply, headers);
  } else if (fault.kind == FaultKind::Error5xx) {
    send_error(reply, kServerErrors.at(static_cast<std::size_t>(strike.use) % kServerErrors.size()), "", "server error", headers);
  } else if (fault.kind == FaultKind::Status) {
    send_error(reply, static_cast<int>(fault.n), "", fault.n == 401 ? "Invalid credentials in Authorization header" : "scripted status",
               headers);
  } else if (fault.kind == FaultKind::BigError) {
    strike_big_error(reply, headers);
  } else if (fault.kind == FaultKind::Portal) {
    reply.send(200, {{"Content-Type", "text/html"}}, kLoginPage);
  } else {
    return bend_answer(fault, request, reply, headers);
  }
  return true;
}

}  // namespace larder::test
