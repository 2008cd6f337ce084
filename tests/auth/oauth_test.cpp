#include <larder/auth/oauth.hpp>

#include <larder/net/client.hpp>

#include "support/catch.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

using namespace larder;
using namespace larder::auth;
using namespace std::chrono_literals;

namespace {

/// Answers one after the other; the last one again and again.
struct Rig {
  explicit Rig(std::vector<test::FakeAnswer> given, const std::string& endpoint = "https://hub.example/sub")
      : answers(std::move(given)), oauth(client, clock, *Url::parse(endpoint), "client one") {}

  std::vector<test::FakeAnswer> answers;
  std::size_t next = 0;
  test::FakeClock clock;
  std::unique_ptr<Random> random = make_system_random();
  NoProgress progress;
  CancelSource cancel;
  test::FakeTransport transport{[this](const net::Request&) { return answers[std::min(next++, answers.size() - 1)]; }};
  net::Client client{transport, clock, *random, progress, {.tries = 1}};
  OAuth oauth;

  DeviceCode code(std::chrono::seconds interval = 5s, std::chrono::seconds expires = 900s) const {
    return {Secret("dev ice"), "ABCD", "https://hub.example/device", interval, expires};
  }
};

const char* const kToken = R"({"access_token": "hf_oauth_x", "refresh_token": "hf_r", "expires_in": 28800, "token_type": "bearer"})";

}  // namespace

TEST_CASE("oauth: the device code is asked for by form, without token", "[auth][oauth]") {  // R-411
  Rig rig({test::json_answer(R"({"device_code": "d", "user_code": "U-1", "verification_uri": "https://hub.example/d",
                    "verification_uri_complete": "https://hub.example/d?c=U-1", "interval": 7, "expires_in": 60})")});
  const auto code = rig.oauth.begin(rig.cancel.token());
  REQUIRE(code);
  CHECK(code->user_code == "U-1");
  CHECK(code->verification_url == "https://hub.example/d?c=U-1");
  CHECK(code->interval == 7s);
  CHECK(code->expires_in == 60s);
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].method == net::Method::Post);
  CHECK(seen[0].url == "https://hub.example/sub/oauth/device");
  CHECK(seen[0].body == "client_id=client%20one");
  CHECK(seen[0].token.empty());
}

TEST_CASE("oauth: an endpoint without a path, with or without its slash, has one slash before the route", "[auth][oauth]") {  // R-201
  for (const char* endpoint : {"https://hub.example", "https://hub.example/", "https://hub.example/sub/"}) {
    Rig rig({test::json_answer("{}", 404)}, endpoint);
    (void)rig.oauth.begin(rig.cancel.token());
    const std::string folder = std::string(endpoint).find("sub") == std::string::npos ? "" : "/sub";
    CHECK(rig.transport.seen().at(0).url == "https://hub.example" + folder + "/oauth/device");
  }
}

TEST_CASE("oauth: what an answer leaves out has its default, what is no URL is refused", "[auth][oauth]") {  // R-411
  Rig plain({test::json_answer(R"({"device_code": "d", "user_code": "U", "verification_uri": "https://hub.example/d"})")});
  const auto code = plain.oauth.begin(plain.cancel.token());
  REQUIRE(code);
  CHECK(code->interval == 5s);
  CHECK(code->expires_in == 900s);
  Rig script({test::json_answer(R"j({"device_code": "d", "user_code": "U", "verification_uri": "javascript:alert(1)"})j")});
  CHECK(script.oauth.begin(script.cancel.token()).error().code == ErrorCode::BadResponse);
  Rig none({test::json_answer("{}", 404)});
  CHECK(none.oauth.begin(none.cancel.token()).error().code == ErrorCode::Unsupported);
  Rig page({test::json_answer("<html>")});
  CHECK(page.oauth.begin(page.cancel.token()).error().code == ErrorCode::BadResponse);
}

TEST_CASE("oauth: it is asked until the user has decided", "[auth][oauth]") {  // R-411
  Rig rig({test::json_answer(R"({"error": "authorization_pending"})", 400), test::json_answer(R"({"error": "slow_down"})", 400),
           test::json_answer("oops", 200), test::json_answer("{}", 200), test::json_answer("", 503), test::json_answer(kToken)});
  const auto token = rig.oauth.await(rig.code(), rig.cancel.token());
  REQUIRE(token);
  CHECK(token->access_token.reveal() == "hf_oauth_x");
  CHECK(token->refresh_token.reveal() == "hf_r");
  CHECK(token->expires_in == 28800s);
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 6);
  CHECK(seen[0].body == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dev%20ice&client_id=client%20one");
  const auto waits = rig.clock.waits();
  REQUIRE(waits.size() == 5);
  CHECK(waits[0] == 5s);
  for (std::size_t at = 1; at < waits.size(); ++at) CHECK(waits[at] == 10s);  // slow_down adds five seconds for good
}

TEST_CASE("oauth: a refusal, the end of the time and an interrupt end the waiting", "[auth][oauth]") {
  Rig refused({test::json_answer(R"({"error": "access_denied", "error_description": "ask an admin"})", 400)});
  const auto refusal = refused.oauth.await(refused.code(), refused.cancel.token()).error();
  CHECK(refusal.code == ErrorCode::AccessDenied);
  CHECK(refusal.message == "the login was refused: access_denied: ask an admin");
  Rig expired({test::json_answer(R"({"error": "expired_token"})", 400)});
  CHECK(expired.oauth.await(expired.code(), expired.cancel.token()).error().code == ErrorCode::TimedOut);
  Rig late({test::json_answer(R"({"error": "authorization_pending"})", 400)});
  CHECK(late.oauth.await(late.code(5s, 60s), late.cancel.token()).error().code == ErrorCode::TimedOut);
  CHECK(late.transport.seen().size() == 12);
  Rig stopped({test::json_answer(R"({"error": "authorization_pending"})", 400)});
  stopped.cancel.interrupt(2);
  CHECK(stopped.oauth.await(stopped.code(), stopped.cancel.token()).error().code == ErrorCode::Interrupted);
}

TEST_CASE("oauth: a refresh sends the refresh token and tells when the login is over", "[auth][oauth]") {  // R-412
  Rig rig({test::json_answer(kToken)});
  CHECK(rig.oauth.refresh(Secret("hf r"), rig.cancel.token())->access_token.reveal() == "hf_oauth_x");
  CHECK(rig.transport.seen()[0].body == "grant_type=refresh_token&refresh_token=hf%20r&client_id=client%20one");
  Rig over({test::json_answer(R"({"error": "invalid_grant"})", 400)});
  CHECK(over.oauth.refresh(Secret("r"), over.cancel.token()).error().code == ErrorCode::AuthRequired);
  Rig odd({test::json_answer(R"({"error": "temporarily_unavailable"})", 400)});
  CHECK(odd.oauth.refresh(Secret("r"), odd.cancel.token()).error().code == ErrorCode::BadResponse);
}
