#include "hub/hub_errors.hpp"

#include "hub/hub_rig.hpp"

using namespace larder;
using namespace larder::hub;
using larder::test::model;
using larder::test::response;
using larder::test::url_of;

namespace {

enum class Token { Sent, None };

AnswerContext context(Token token, bool is_repo_url = true) {
  return {"", model("org/m"), url_of("https://hub.example"), token == Token::Sent ? "HF_TOKEN" : "", is_repo_url, "main"};
}

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};  // Tue, 14 Nov 2023 22:13:20 GMT

Error classify(const net::Response& answer, const AnswerContext& asked) { return classify_answer(answer, asked, kNow); }

net::Response coded(int status, const std::string& code, const std::string& message = "") {
  return message.empty() ? response(status, {{"X-Error-Code", code}})
                         : response(status, {{"X-Error-Code", code}, {"X-Error-Message", message}});
}

}  // namespace

TEST_CASE("classify_answer: the rows of R-421 with the exit codes of R-427", "[hub][hub_errors]") {
  struct Row {
    net::Response answer;
    Token token;
    bool is_repo_url;
    ErrorCode code;
    int exit;
  };
  const std::string bad_token = "Invalid credentials in Authorization header";
  for (const Row& row : {
           Row{coded(404, "RevisionNotFound"), Token::None, true, ErrorCode::RevisionNotFound, 3},                      // row 1
           Row{coded(404, "EntryNotFound"), Token::None, true, ErrorCode::EntryNotFound, 3},                            // row 2
           Row{coded(401, "GatedRepo"), Token::None, true, ErrorCode::GatedRepo, 4},                                    // row 3
           Row{coded(403, "GatedRepo"), Token::Sent, true, ErrorCode::GatedRepo, 4},                                    //
           Row{coded(403, "", "Access to this resource is disabled."), Token::Sent, true, ErrorCode::AccessDenied, 4},  // row 4
           Row{coded(404, "RepoNotFound"), Token::Sent, true, ErrorCode::RepoNotFound, 3},                              // row 6
           Row{coded(401, "RepoNotFound"), Token::None, true, ErrorCode::RepoNotFound, 3},                              //
           Row{response(401, {}), Token::None, true, ErrorCode::RepoNotFound, 3},                                       //
           Row{coded(401, "", "Repository not found"), Token::Sent, true, ErrorCode::RepoNotFound, 3},                  //
           Row{coded(401, "", bad_token), Token::Sent, true, ErrorCode::AuthRequired, 4},
           Row{response(401, {}), Token::Sent, false, ErrorCode::AuthRequired, 4},                                      //
           Row{response(401, {}), Token::None, false, ErrorCode::AuthRequired, 4},                                      //
           Row{response(400, {}), Token::None, true, ErrorCode::BadResponse, 6},                                        // row 7
           Row{response(403, {}), Token::Sent, true, ErrorCode::AccessDenied, 4},                                       // row 8
           Row{response(403, {}), Token::None, true, ErrorCode::AccessDenied, 4},                                       //
           Row{coded(403, "ProxyTimeout"), Token::None, true, ErrorCode::ServerError, 5},
           Row{coded(403, "ProxyInvalidData"), Token::None, true, ErrorCode::ServerError, 5},                           //
           Row{response(429, {}), Token::None, true, ErrorCode::RateLimited, 5},                                        // row 9
           Row{response(416, {}), Token::None, true, ErrorCode::BadResponse, 6},                                        // row 10
           Row{response(408, {}), Token::None, true, ErrorCode::ServerError, 5},                                        // row 11
           Row{response(500, {}), Token::None, true, ErrorCode::ServerError, 5},                                        //
           Row{response(503, {}), Token::None, true, ErrorCode::ServerError, 5},                                        //
           Row{response(404, {}), Token::None, true, ErrorCode::RepoNotFound, 3},                                       // a plain mirror
           Row{response(404, {}), Token::None, false, ErrorCode::BadResponse, 6},                                       //
           Row{response(410, {}), Token::None, true, ErrorCode::BadResponse, 6},                                        //
           Row{response(418, {}), Token::None, true, ErrorCode::BadResponse, 6},                                        //
           Row{response(402, {}), Token::Sent, true, ErrorCode::BadResponse, 6},                                        //
           Row{response(451, {}), Token::Sent, true, ErrorCode::BadResponse, 6},                                        //
           Row{response(304, {}), Token::None, true, ErrorCode::BadResponse, 6},                                        //
       }) {
    const Error error = classify(row.answer, context(row.token, row.is_repo_url));
    INFO(row.answer.head.status << " " << error.text());
    CHECK(error.code == row.code);
    CHECK(exit_code(error.code) == row.exit);
    REQUIRE(error.http);
    CHECK(error.http->status == row.answer.head.status);
    CHECK(error.http->host == "hub.example");
    CHECK_FALSE(error.message.empty());
    CHECK_FALSE(error.message.ends_with('.'));
  }
}

TEST_CASE("classify_answer: no token, bad token, gated and forbidden read differently", "[hub][hub_errors]") {
  const std::string no_token = classify(response(401, {}), context(Token::None, false)).message;
  const std::string bad_token = classify(coded(401, "", "Invalid credentials in Authorization header"), context(Token::Sent)).message;
  const std::string gated_out = classify(coded(401, "GatedRepo"), context(Token::None)).message;
  const std::string gated_in = classify(coded(403, "GatedRepo"), context(Token::Sent)).message;
  const std::string forbidden = classify(response(403, {}), context(Token::Sent)).message;
  const std::string disabled = classify(coded(403, "", "Access to this resource is disabled."), context(Token::Sent)).message;
  const std::set<std::string> all = {no_token, bad_token, gated_out, gated_in, forbidden, disabled};
  CHECK(all.size() == 6);
  CHECK(bad_token.find("HF_TOKEN") != std::string::npos);
}

// Row 3: only who sent a token that was good enough to be known is told that it has no access.
TEST_CASE("classify_answer: gated, by what was sent and what was answered", "[hub][hub_errors]") {
  for (const Token token : {Token::None, Token::Sent}) {
    for (const int status : {401, 403}) {
      CAPTURE(token == Token::Sent, status);
      const Error error = classify(coded(status, "GatedRepo"), context(token));
      const bool is_known = token == Token::Sent && status == 403;
      CHECK((error.message.find("has no access") != std::string::npos) == is_known);
      CHECK((error.hint.find("auth login") != std::string::npos) == !is_known);
    }
  }
}

TEST_CASE("classify_answer: hints say what to do", "[hub][hub_errors]") {
  CHECK(classify(coded(401, "GatedRepo"), context(Token::None)).hint.find("https://hub.example/org/m") != std::string::npos);
  CHECK(classify(coded(403, "GatedRepo"), context(Token::Sent)).hint.find("https://hub.example/org/m") != std::string::npos);
  const std::string disabled = classify(coded(403, "", "Access to this resource is disabled."), context(Token::Sent)).hint;
  CHECK(disabled.find("https://hub.example/org/m") != std::string::npos);
  CHECK(disabled.find("login") == std::string::npos);  // as everybody is refused
  CHECK(classify(response(401, {}), context(Token::None)).hint.find("auth login") != std::string::npos);
  CHECK(classify(coded(404, "RepoNotFound"), context(Token::Sent)).hint.find("HF_TOKEN") != std::string::npos);
  CHECK(classify(coded(404, "RepoNotFound"), context(Token::Sent)).message.find("org/m") != std::string::npos);
  CHECK(classify(coded(404, "RevisionNotFound"), context(Token::None)).message.find("main") != std::string::npos);
  for (const int status : {402, 451}) {
    CHECK(classify(response(status, {}), context(Token::Sent)).hint.find("https://hub.example/org/m") != std::string::npos);
  }
  CHECK(classify(response(429, {}), context(Token::None)).hint.find("log in") != std::string::npos);
  CHECK(classify(response(429, {}), context(Token::Sent)).hint.empty());
}

TEST_CASE("classify_answer: a rate limit says which and how long", "[hub][hub_errors]") {  // R-343, T-31, row 9
  const auto quota =
      classify(response(429, {{"RateLimit", "\"api\";r=0;t=55"}, {"RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300"}}),
               context(Token::None));
  CHECK(quota.retry_after == std::chrono::seconds(56));  // one more than its reset
  CHECK(quota.message.find("api") != std::string::npos);
  CHECK(quota.message.find("500") != std::string::npos);
  CHECK(classify(response(429, {{"Retry-After", "120"}}), context(Token::None)).retry_after == std::chrono::seconds(120));
  CHECK(classify(response(429, {{"Retry-After", "120"}, {"RateLimit", "\"api\";r=0;t=55"}}), context(Token::None)).retry_after ==
        std::chrono::seconds(120));
  CHECK(classify(response(429, {{"Retry-After", "Tue, 14 Nov 2023 22:14:00 GMT"}}), context(Token::None)).retry_after ==
        std::chrono::seconds(40));
  CHECK(classify(response(429, {{"Retry-After", "99999999999999999999"}}), context(Token::None)).retry_after >=
        std::chrono::hours(24 * 365));  // very long, as everywhere
  for (const char* value : {"-1", "1.5", "soon", ""}) {
    CHECK_FALSE(classify(response(429, {{"Retry-After", value}}), context(Token::None)).retry_after);
  }
}

TEST_CASE("classify_answer: what the server says is shown, escaped and short", "[hub][hub_errors]") {  // T35, R-347
  const auto error = classify(response(400, {{"x-request-id", "req-1"}}, "\x1b[31m" + std::string(100'000, 'x')), context(Token::None));
  CHECK(error.http->request_id == "req-1");
  CHECK(error.message.size() < 700);
  CHECK(error.message.find('\x1b') == std::string::npos);
  CHECK(error.http->server_message.size() <= 500);
  auto with_object = context(Token::None);
  with_object.object = "org/m@main";
  CHECK(classify(response(403, {}), with_object).message.starts_with("org/m@main: "));
}
