#include "auth/token_answer.hpp"

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace larder;
using namespace larder::auth;

namespace {

Result<OAuthToken> token_of(const nlohmann::json& answer) {
  const auto document = parse_json(answer.dump());
  return read_token(*JsonFields::of(*document));
}

std::string words_of(const char* text, int status) {
  const auto document = parse_json(text);
  return error_words(*JsonFields::of(*document), status);
}

}  // namespace

TEST_CASE("token answer: a token is printable ASCII without a blank, and is there", "[auth][token_answer]") {  // T34
  CHECK(token_of({{"access_token", "!~hf_aB9"}})->access_token.reveal() == "!~hf_aB9");
  CHECK(token_of({{"access_token", "a"}, {"refresh_token", "r"}, {"expires_in", 60}})->expires_in == std::chrono::seconds(60));
  for (const std::string wrong : {"", " ", "a b", "a\n", "a\x7f", "a\x01", "ü"}) {
    CAPTURE(wrong);
    CHECK(token_of({{"access_token", wrong}}).error().code == ErrorCode::BadResponse);
    if (!wrong.empty()) CHECK(token_of({{"access_token", "a"}, {"refresh_token", wrong}}).error().code == ErrorCode::BadResponse);
  }
  CHECK(token_of({{"refresh_token", "r"}}).error().code == ErrorCode::BadResponse);
}

TEST_CASE("token answer: a life that overflows is cut short", "[auth][token_answer]") {
  const auto token = token_of({{"access_token", "a"}, {"expires_in", UINT64_MAX}});
  REQUIRE(token);
  CHECK(*token->expires_in <= std::chrono::hours(24 * 366 * 10));
}

TEST_CASE("token answer: what is said of a failure", "[auth][token_answer]") {
  CHECK(words_of(R"({"error": "a", "error_description": "b"})", 400) == "a: b");
  CHECK(words_of(R"({"error": "a"})", 400) == "a");
  CHECK(words_of(R"({"error_description": "b"})", 400) == "b");
  CHECK(words_of("{}", 418) == "status 418");
  CHECK(words_of(R"({"error": 7})", 418) == "status 418");
}
