#include "hub/server_message.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::hub;

namespace {

std::string message(const std::string& header, const std::string& body, const std::string& type = "") {
  net::Response response;
  if (!header.empty()) REQUIRE(response.head.headers.add("X-Error-Message", header));
  if (!type.empty()) REQUIRE(response.head.headers.add("Content-Type", type));
  response.body = body;
  return server_message(response);
}

}  // namespace

TEST_CASE("server_message: header and body, each text once", "[hub][server_message]") {  // R-347
  CHECK(message("no", "") == "no");
  CHECK(message("", R"({"error": "no"})") == "no");
  CHECK(message("no", R"({"error": "no"})") == "no");
  CHECK(message("no", R"({"error": "because"})") == "no; because");
  CHECK(message("", R"({"error": ["a", "b", "a"]})") == "a; b");
  CHECK(message("", R"({"error": "invalid_grant", "error_description": "expired"})") == "invalid_grant; expired");
  CHECK(message("", R"({"errors": [{"message": "a"}, {"message": "b"}, {}, 5]})") == "a; b");
  CHECK(message("", R"({"error": 5})").empty());
  CHECK(message("", "[]").empty());
  CHECK(message("", "plain words\n") == "plain words");
  CHECK(message("", "<html><title>Log in</title>secret</html>") == "Log in");
  CHECK(message("", "x<title>Log in</title>", "text/html") == "Log in");
  CHECK(message("", "").empty());
}

TEST_CASE("server_message: harmless and short", "[hub][server_message]") {  // T35
  CHECK(message("", "\x1b[2Jgone\x07") == "\\x1b[2Jgone\\x07");
  CHECK(message("", std::string(10 * 1024 * 1024, 'x')).size() <= 500);
  CHECK(message("", R"({"error": ")" + std::string(5000, 'x') + "\"}").size() <= 500);
}
