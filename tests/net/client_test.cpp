#include <larder/net/client.hpp>

#include "support/catch.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

#include <csignal>

using namespace larder;
using namespace larder::net;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// Jitter in the middle: own pauses are 1, 2, 4, 8, 15, 15 … seconds.
class HalfRandom final : public Random {
 public:
  std::uint64_t next() override { return 1ULL << 63U; }
};

struct WaitLog final : ProgressSink {
  TaskId begin(TaskKind, std::string_view, std::uint64_t) override { return 0; }
  void advance(TaskId, std::uint64_t) override {}
  void expect(TaskId, std::uint64_t) override {}
  void end(TaskId, TaskEnd) override {}
  void note(std::string_view) override {}
  void wait(std::string_view reason, std::chrono::seconds duration) override { waits.emplace_back(reason, duration); }
  std::vector<std::pair<std::string, std::chrono::seconds>> waits;
};

struct Rig {
  explicit Rig(FakeTransport::Handler handler, RetryPolicy policy = {})
      : transport(std::move(handler)), client(transport, clock, random, progress, policy) {
    clock.set_wall(WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + 22h + 5min);
  }

  Result<Response> get(const std::string& url, RedirectScope scope = RedirectScope::AnyOrigin) {
    Request request;
    request.url = *Url::parse(url);
    request.max_body = 1 << 20U;
    request.credentials = Credentials{Secret("hf_x"), Url::parse("https://hub.example")->origin()};
    REQUIRE(request.headers.add("X-HF-Download-Counter", "1"));
    return client.exchange(std::move(request), cancel.token(), scope);
  }

  FakeClock clock;
  HalfRandom random;
  WaitLog progress;
  CancelSource cancel;
  FakeTransport transport;
  Client client;
};

FakeAnswer answer(int status, std::vector<std::pair<std::string, std::string>> headers = {}, std::string body = {}) {
  return FakeAnswer{status, std::move(headers), std::move(body), {}, {}, {}};
}

FakeAnswer broken(ErrorCode code) { return FakeAnswer{200, {}, {}, code, {}, {}}; }

/// Answers one after the other, the last one for ever.
FakeTransport::Handler script(std::vector<FakeAnswer> answers) {
  return [answers = std::move(answers), next = std::size_t{0}](const Request&) mutable {
    return answers[std::min(next++, answers.size() - 1)];
  };
}

}  // namespace

TEST_CASE("Client: what the server says is given back, 4xx too", "[net][client]") {
  for (const int status : {200, 204, 400, 401, 403, 404, 410, 416}) {
    Rig rig(script({answer(status, {{"X-Error-Code", "GatedRepo"}}, "body")}));
    const auto response = rig.get("https://hub.example/api/x");
    REQUIRE(response);
    CHECK(response->head.status == status);
    CHECK(response->body == "body");
    CHECK(rig.transport.requests() == 1);
    CHECK(rig.clock.waits().empty());
  }
}

TEST_CASE("Client: failures that may pass are tried again, with growing pauses that are told", "[net][client]") {  // N20
  Rig rig(script({broken(ErrorCode::ConnectionLost), answer(503), broken(ErrorCode::TimedOut), answer(500), answer(200, {}, "ok")}));
  const auto response = rig.get("https://hub.example/");
  REQUIRE(response);
  CHECK(response->body == "ok");
  CHECK(rig.transport.requests() == 5);
  CHECK(rig.clock.waits() == std::vector<SteadyTime::duration>{1s, 2s, 4s, 8s});
  REQUIRE(rig.progress.waits.size() == 4);
  CHECK(rig.progress.waits[1] == std::pair<std::string, std::chrono::seconds>("hub.example: the server answered 503", 2s));
}

TEST_CASE("Client: the budget of tries ends it with the last failure", "[net][client]") {  // N20
  Rig rig(script({answer(503)}), RetryPolicy{3, 30'000ms, 600s});
  const auto response = rig.get("https://hub.example/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::ServerError);
  CHECK(response.error().http->status == 503);
  CHECK(response.error().http->host == "hub.example");
  CHECK(rig.transport.requests() == 3);
}

TEST_CASE("Client: what won't pass is not tried again", "[net][client]") {
  for (const auto code : {ErrorCode::TlsFailed, ErrorCode::BadResponse}) {
    Rig rig(script({broken(code)}));
    const auto response = rig.get("https://hub.example/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code == code);
    CHECK(rig.transport.requests() == 1);
  }
}

TEST_CASE("Client: Retry-After in seconds and as a date", "[net][client]") {  // N15, N16
  for (const std::string value : {"2", "Mon, 23 Nov 2026 22:05:02 GMT"}) {
    Rig rig(script({answer(429, {{"Retry-After", value}}), answer(200)}));
    REQUIRE(rig.get("https://hub.example/"));
    CHECK(rig.clock.waits() == std::vector<SteadyTime::duration>{2s});
    REQUIRE(rig.progress.waits.size() == 1);
    CHECK(rig.progress.waits[0] == std::pair<std::string, std::chrono::seconds>("rate limit", 2s));
  }
}

TEST_CASE("Client: garbage in Retry-After is our own pause", "[net][client]") {  // N17
  for (const std::string value : {"-5", "soon", ""}) {
    Rig rig(script({answer(429, {{"Retry-After", value}}), answer(200)}));
    REQUIRE(rig.get("https://hub.example/"));
    CHECK(rig.clock.waits() == std::vector<SteadyTime::duration>{1s});
  }
}

TEST_CASE("Client: a wait of more than ten minutes, or past the deadline, fails at once and says until when", "[net][client]") {  // N17
  Rig rig(script({answer(429, {{"Retry-After", "86400"}})}));
  const auto response = rig.get("https://hub.example/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::RateLimited);
  CHECK(response.error().retry_after == 86400s);
  CHECK(response.error().message.find("86400 s") != std::string::npos);
  CHECK(response.error().message.find("2026-11-24T22:05:00Z") != std::string::npos);
  CHECK(rig.clock.waits().empty());
  CHECK(rig.transport.requests() == 1);

  Rig late(script({answer(503, {{"Retry-After", "60"}})}));
  late.client.set_deadline(late.clock.now() + 59s);
  const auto failed = late.get("https://hub.example/");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::ServerError);
  CHECK(failed.error().message.find("2026-11-23T22:06:00Z") != std::string::npos);
  CHECK(late.clock.waits().empty());
}

TEST_CASE("Client: a used-up quota is respected before it hurts", "[net][client]") {  // R-343, N18
  Rig rig(script({answer(200, {{"ratelimit", "\"api\";r=0;t=55"}})}));
  REQUIRE(rig.get("https://hub.example/api/1"));
  CHECK(rig.clock.waits().empty());
  REQUIRE(rig.get("https://cdn.example/api/1"));               // another server
  REQUIRE(rig.get("https://hub.example/org/name/resolve/x"));  // another quota
  CHECK(rig.clock.waits().empty());
  REQUIRE(rig.get("https://hub.example/api/2"));
  CHECK(rig.clock.waits() == std::vector<SteadyTime::duration>{56s});
  CHECK(rig.progress.waits.at(0).second == 56s);
}

TEST_CASE("Client: the quota of a 429 sets its pause", "[net][client]") {  // N18
  Rig rig(script({answer(429, {{"RateLimit", "\"api\";r=0;t=55"}}), answer(200)}));
  REQUIRE(rig.get("https://hub.example/api/1"));
  CHECK(rig.clock.waits() == std::vector<SteadyTime::duration>{56s});
}

TEST_CASE("Client: redirects by hand, the token only at home", "[net][client]") {  // R-302, T27
  Rig rig([](const Request& request) {
    if (request.url.path() == "/a") return answer(302, {{"Location", "/b?x=y"}});
    if (request.url.path() == "/b") return answer(307, {{"Location", "https://cdn.example/c?Signature=s"}});
    return answer(200, {}, "there");
  });
  const auto response = rig.get("https://hub.example/a");
  REQUIRE(response);
  CHECK(response->body == "there");
  CHECK(rig.client.last_url().full() == "https://cdn.example/c?Signature=s");
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].url == "https://hub.example/b?x=y");
  CHECK(seen[0].token == "hf_x");
  CHECK(seen[1].token == "hf_x");
  CHECK(seen[1].headers.find("x-hf-download-counter"));
  CHECK(seen[2].token.empty());
  CHECK(seen[2].headers.empty());
}

TEST_CASE("Client: loops and unsafe redirects end", "[net][client]") {  // T26, T28, N36
  Rig loop(script({answer(302, {{"Location", "/again"}})}));
  const auto looped = loop.get("https://hub.example/");
  REQUIRE_FALSE(looped);
  CHECK(looped.error().code == ErrorCode::TooManyRedirects);
  CHECK(loop.transport.requests() == 11);
  Rig downgrade(script({answer(302, {{"Location", "http://hub.example/"}})}));
  CHECK(downgrade.get("https://hub.example/").error().code == ErrorCode::UnsafeRedirect);
  CHECK(downgrade.transport.requests() == 1);
}

TEST_CASE("Client: pages stay at their origin", "[net][client]") {  // T25
  Rig rig(script({answer(302, {{"Location", "https://other.example/"}}), answer(200)}));
  const auto response = rig.get("https://hub.example/", RedirectScope::SameOrigin);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::UnsafeRedirect);
  CHECK(rig.transport.requests() == 1);
  Rig stays(script({answer(302, {{"Location", "/x"}}), answer(200)}));
  CHECK(stays.get("https://hub.example/", RedirectScope::SameOrigin));
}

TEST_CASE("Client: a cancel ends the exchange with its own reason", "[net][client]") {
  Rig before(script({answer(200)}));
  before.cancel.interrupt(SIGINT);
  const auto never = before.get("https://hub.example/");
  REQUIRE_FALSE(never);
  CHECK(never.error().code == ErrorCode::Interrupted);
  CHECK(before.transport.requests() == 0);

  FakeAnswer hanging = answer(200, {}, "body");
  hanging.hang_after = 0;
  CancelSource* source = nullptr;
  std::jthread canceller;
  Rig rig([&](const Request&) {
    canceller = std::jthread([&] { source->interrupt(SIGTERM); });
    return hanging;
  });
  source = &rig.cancel;
  const auto response = rig.get("https://hub.example/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::Interrupted);
  CHECK(response.error().signal == SIGTERM);
}

TEST_CASE("Client: a body over the limit is refused", "[net][client]") {  // T21
  Rig rig(script({answer(200, {}, std::string((1 << 20U) + 1, 'x'))}));
  const auto response = rig.get("https://hub.example/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::BadResponse);
}
