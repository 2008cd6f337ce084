#include <larder/auth/stored_tokens.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::auth;

namespace {

std::vector<StoredToken> good(const std::string& text) {
  auto parsed = parse_stored_tokens(text);
  if (!parsed) FAIL(parsed.error().text());
  return std::move(*parsed);
}

}  // namespace

TEST_CASE("stored tokens: what hf writes is read and written back byte for byte", "[auth][stored_tokens]") {
  const std::string text =
      "[ci read-only]\nhf_token = hf_exampleexampleexample0001\n\n"
      "[oauth-alice]\nhf_token = hf_oauth_exampleexample0002\nrefresh_token = hf_refresh_example0003\nexpires_at = 1795000000\n\n";
  const auto tokens = good(text);
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].name() == "ci read-only");
  CHECK(tokens[0].token().reveal() == "hf_exampleexampleexample0001");
  CHECK_FALSE(tokens[0].expires_at());
  CHECK(tokens[1].refresh_token().reveal() == "hf_refresh_example0003");
  CHECK(tokens[1].expires_at() == 1795000000);
  CHECK(format_stored_tokens(tokens) == text);
}

TEST_CASE("stored tokens: the reading rules of configparser", "[auth][stored_tokens]") {
  CHECK(good("").empty());
  CHECK(good("# x\n; y\n\n[a]\nHF_TOKEN : v\n")[0].token().reveal() == "v");
  CHECK(good("[a]\nhf_token=x=y\n")[0].token().reveal() == "x=y");
  CHECK(good("[a]\r\nhf_token = x\r\n")[0].token().reveal() == "x");
  CHECK(good("[a]b]\nhf_token = x\n")[0].name() == "a]b");  // up to the last bracket
  CHECK(good("[a = b]\nk = 1\n")[0].name() == "a = b");
  CHECK(good("[a]\nk = 1\n  2\nhf_token = x\n")[0].value("k") == "1\n2");
  CHECK(good("[a]\nk = 1\n\n # a comment is no line of it\n  2\n\nhf_token = x\n")[0].value("k") == "1\n\n2");  // blank lines are
  CHECK(good("[a]\rhf_token = x\r")[0].token().reveal() == "x");
  CHECK(good("[a]\nhf_token =\n")[0].token().empty());
  CHECK(good("[a]\nexpires_at = soon\n")[0].expires_at() == std::nullopt);
  const auto tokens = good("[DEFAULT]\nhf_token = d\nother = o\n[a]\n[b]\nhf_token = b\n");
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].token().reveal() == "d");
  CHECK(tokens[1].token().reveal() == "b");
  CHECK(tokens[1].value("other") == "o");
}

TEST_CASE("stored tokens: what configparser refuses is refused with its line", "[auth][stored_tokens]") {
  for (const char* text : {"k = 1\n", "[a]\nnothing\n", "[a]\n[a]\n", "[a]\nk = 1\nK = 2\n", "[a]\n= 1\n", "[]\n"}) {
    const auto parsed = parse_stored_tokens(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::InvalidConfig);
    CHECK(parsed.error().text().find("line ") == 0);
  }
}

TEST_CASE("stored tokens: a file in another encoding is refused", "[auth][stored_tokens]") {
  CHECK(parse_stored_tokens("[caf\xe9]\nhf_token = x\n").error().code == ErrorCode::InvalidConfig);
}

TEST_CASE("stored tokens: sections are sorted, values over several lines survive", "[auth][stored_tokens]") {
  StoredToken b("b");
  b.set("hf_token", "1\n2");
  const StoredToken a("a");
  const auto text = format_stored_tokens({b, a});
  CHECK(text == "[a]\n\n[b]\nhf_token = 1\n\t2\n\n");
  CHECK(good(text)[1].value("hf_token") == "1\n2");
}

TEST_CASE("stored tokens: names that a section can have", "[auth][stored_tokens]") {
  for (const char* name : {"a", "ci read-only", "a]b", "x = y", "caf\xc3\xa9"}) CHECK(is_section_name(name));
  for (const char* name : {"", "DEFAULT", "a\nb", " a", "a ", "\x1b"}) CHECK_FALSE(is_section_name(name));
}

TEST_CASE("stored tokens: a time that is no whole number is none", "[auth][stored_tokens]") {
  StoredToken token("a");
  CHECK_FALSE(token.expires_at());
  token.set("expires_at", "1700000000");
  CHECK(token.expires_at() == 1'700'000'000);
  for (const std::string wrong : {"", "soon", "17x", " 17", "1.5", "99999999999999999999"}) {
    CAPTURE(wrong);
    token.set("expires_at", wrong);
    CHECK_FALSE(token.expires_at());
  }
}
