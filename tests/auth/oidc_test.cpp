#include <larder/auth/oidc.hpp>

#include <larder/net/client.hpp>

#include "support/catch.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

#include <nlohmann/json.hpp>

using namespace larder;
using namespace larder::auth;

namespace {

/// Two answers: of who mints, and of the Hub.
struct Rig {
  test::FakeAnswer minted = test::json_answer(R"({"value": "minted.id.token", "count": 1})");
  test::FakeAnswer exchanged = test::json_answer(R"({"access_token": "hf_jwt_abc", "token_type": "bearer", "expires_in": 3600})");
  test::FakeClock clock;
  std::unique_ptr<Random> random = make_system_random();
  NoProgress progress;
  CancelSource cancel;
  test::FakeTransport transport{[this](const net::Request& request) { return request.method == net::Method::Get ? minted : exchanged; }};
  net::Client client{transport, clock, *random, progress, {.tries = 1}};
  JobIdentity identity{"datasets/acme/d", Secret(), "https://mint.example/token?api-version=2.0", Secret("ghs_mint")};

  Result<OAuthToken> exchange() { return exchange_identity(client, *Url::parse("https://hub.example/"), identity, cancel.token()); }
  ErrorCode failure() { return exchange().error().code; }
};

}  // namespace

TEST_CASE("oidc: an id token is minted for the endpoint and exchanged", "[auth][oidc]") {  // R-414
  Rig rig;
  const auto token = rig.exchange();
  REQUIRE(token);
  CHECK(token->access_token.reveal() == "hf_jwt_abc");
  CHECK(token->expires_in == std::chrono::seconds(3600));
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].url == "https://mint.example/token?api-version=2.0&audience=https%3A%2F%2Fhub.example");
  CHECK(seen[0].token == "ghs_mint");
  CHECK(seen[1].url == "https://hub.example/oauth/token");
  CHECK(seen[1].token.empty());
  const auto body = nlohmann::json::parse(seen[1].body);
  CHECK(body == nlohmann::json({{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                                {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
                                {"subject_token", "minted.id.token"},
                                {"resource", "datasets/acme/d"}}));
}

TEST_CASE("oidc: a given id token is exchanged as it is", "[auth][oidc]") {  // R-414
  Rig rig;
  rig.identity = {"alice", Secret("given.id.token"), "", Secret()};
  REQUIRE(rig.exchange());
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 1);
  CHECK(nlohmann::json::parse(seen[0].body)["subject_token"] == "given.id.token");
}

TEST_CASE("oidc: every failure is one, and names no secret", "[auth][oidc]") {  // R-414
  SECTION("nobody mints") {
    Rig rig;
    rig.identity.mint_url.clear();
    CHECK(rig.failure() == ErrorCode::AuthRequired);
    CHECK(rig.transport.seen().empty());
  }
  SECTION("the job may not ask") {
    Rig rig;
    rig.minted = test::json_answer(R"({"message": "no"})", 403);
    CHECK(rig.failure() == ErrorCode::AccessDenied);
    CHECK(rig.transport.seen().size() == 1);
  }
  SECTION("the mint answers without sense") {
    for (const char* body : {"<html>", "[]", "{}", R"({"value": 7})"}) {
      Rig rig;
      rig.minted = test::json_answer(body);
      CHECK(rig.failure() == ErrorCode::BadResponse);
    }
  }
  SECTION("the Hub refuses") {
    Rig rig;
    rig.exchanged = test::json_answer(R"({"error": "invalid_grant", "error_description": "no trusted publisher"})", 400);
    const auto outcome = rig.exchange();
    CHECK(outcome.error().code == ErrorCode::AccessDenied);
    CHECK(outcome.error().text() == "hub.example: the identity of this job was refused: invalid_grant: no trusted publisher");
  }
  SECTION("the Hub's answer has no token, or has one and is no success") {
    for (const auto& [body, status] :
         {std::pair{"{}", 200}, std::pair{R"({"access_token": "hf_x"})", 300}, std::pair{R"({"access_token": "hf_x"})", 403}}) {
      Rig rig;
      rig.exchanged = test::json_answer(body, status);
      CHECK(rig.failure() == ErrorCode::AccessDenied);
    }
  }
  SECTION("the mint's answer is a redirect to nowhere") {
    Rig rig;
    rig.minted = test::json_answer(R"({"value": "id"})", 300);
    CHECK(rig.failure() == ErrorCode::AccessDenied);
  }
  SECTION("the endpoint is no such Hub") {
    Rig rig;
    rig.exchanged = test::json_answer("{}", 404);
    CHECK(rig.failure() == ErrorCode::Unsupported);
  }
  SECTION("a token that no header can hold") {  // T34
    Rig rig;
    rig.exchanged = test::json_answer(R"({"access_token": "hf_a\r\nX: y"})");
    CHECK(rig.failure() == ErrorCode::BadResponse);
  }
}
