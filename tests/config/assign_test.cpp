#include "config/assign.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::config;

namespace {

const Row& row(std::string_view key) { return table()[*find_row(key)]; }

/// The value as `larder env` would show it, or "error" when it does not parse.
std::string taken(std::string_view key, const Value& value, Dialect dialect = Dialect::Larder) {
  Settings settings;
  const auto assigned = assign(settings, row(key), value, dialect);
  if (!assigned) return assigned.error().code == ErrorCode::InvalidConfig ? "error" : "wrong code";
  if (!*assigned) return "default";
  return show(settings, row(key));
}

}  // namespace

TEST_CASE("assign: switches of the Hub are true for four words only", "[config][assign]") {
  for (const char* word : {"1", "ON", "on", "On", "YES", "yes", "TRUE", "true", "tRuE"}) {
    CHECK(taken("offline", std::string(word), Dialect::Hub) == "true");
  }
  for (const char* word : {"0", "y", "2", "", " 1", "1 ", "no", "enabled"}) {
    CHECK(taken("offline", std::string(word), Dialect::Hub) == "false");
  }
}

TEST_CASE("assign: larder's own switches refuse what is neither yes nor no", "[config][assign]") {
  CHECK(taken("offline", std::string("yes")) == "true");
  CHECK(taken("offline", std::string("Off")) == "false");
  CHECK(taken("offline", true) == "true");
  CHECK(taken("offline", std::string("maybe")) == "error");
  CHECK(taken("offline", std::string("2")) == "error");
  CHECK(taken("offline", std::int64_t{1}) == "error");
}

TEST_CASE("assign: numbers keep their kind and their bounds", "[config][assign]") {
  CHECK(taken("jobs", std::string("4")) == "4");
  CHECK(taken("jobs", std::int64_t{4}) == "4");
  for (const char* text : {"0", "-1", "4x", "4 4", " ", "", "4.0", "257", "99999999999999999999"})
    CHECK(taken("jobs", std::string(text)) == "error");
  CHECK(taken("jobs", true) == "error");
  CHECK(taken("limit_rate", std::string("50M")) == "50000000");
  CHECK(taken("limit_rate", std::string("64KiB")) == "65536");
  CHECK(taken("limit_rate", std::int64_t{123}) == "123");
  CHECK(taken("limit_rate", std::int64_t{-1}) == "error");
  CHECK(taken("max_memory", std::string("1M")) == "error");
  CHECK(taken("max_memory", std::string("1000000T")) == "error");  // the buffers' table alone would not fit
  CHECK(taken("max_memory", std::string("32MiB")) == "33554432");
  CHECK(taken("stall_timeout", std::string("5m")) == "300");
  CHECK(taken("stall_timeout", std::string("0")) == "error");
  CHECK(taken("timeout", std::string("0")) == "0");
  CHECK(taken("timeout", std::string("soon")) == "error");
}

TEST_CASE("assign: a Hub time-out of 0 means the default", "[config][assign]") {
  CHECK(taken("stall_timeout", std::string("0"), Dialect::Hub) == "default");
  CHECK(taken("header_timeout", std::string("0"), Dialect::Hub) == "default");
  CHECK(taken("stall_timeout", std::string("7"), Dialect::Hub) == "7");
  CHECK(taken("stall_timeout", std::string("1.5"), Dialect::Hub) == "error");
}

TEST_CASE("assign: an endpoint is an http(s) URL without its trailing slashes", "[config][assign]") {
  CHECK(taken("endpoint", std::string("https://hub.example///")) == "https://hub.example");
  CHECK(taken("endpoint", std::string("http://127.0.0.1:8080/hf/")) == "http://127.0.0.1:8080/hf");
  for (const char* text : {"", "hub.example", "ftp://hub.example", "https://", "https://hub.example?x=1", "https://hub.example/#f",
                           "https://user:pw@hub.example", "https://hub .example", "https://hub.example/\n/"}) {
    CHECK(taken("endpoint", std::string(text)) == "error");
  }
}

TEST_CASE("assign: mirrors come as an array or as words", "[config][assign]") {
  CHECK(taken("mirror", std::vector<std::string>{"https://a.example/", "http://b.example"}) == "https://a.example http://b.example");
  CHECK(taken("mirror", std::string("https://a.example, https://b.example\nhttps://c.example")) ==
        "https://a.example https://b.example https://c.example");
  CHECK(taken("mirror", std::vector<std::string>{}).empty());
  CHECK(taken("mirror", std::vector<std::string>{"a.example"}) == "error");
  CHECK(taken("mirror", std::int64_t{1}) == "error");
}

TEST_CASE("assign: a choice is one of its words", "[config][assign]") {
  for (const char* word : {"safetensors", "gguf", "onnx", "any"}) CHECK(taken("prefer", std::string(word)) == word);
  for (const char* word : {"", "GGUF", "saf", "any|onnx", "any|", "|"}) CHECK(taken("prefer", std::string(word)) == "error");
}

TEST_CASE("assign: blanks around a value of larder's own do not matter", "[config][assign]") {
  CHECK(taken("jobs", std::string(" 4\t")) == "4");
  CHECK(taken("limit_rate", std::string(" 50M ")) == "50000000");
  CHECK(taken("timeout", std::string(" 5m ")) == "300");
  CHECK(taken("offline", std::string(" yes ")) == "true");
  CHECK(taken("prefer", std::string(" gguf ")) == "gguf");
  CHECK(taken("endpoint", std::string(" https://x.org/ ")) == "https://x.org");
  CHECK(taken("mirror", std::string(" https://a , https://b ")) == "https://a https://b");
}

TEST_CASE("assign: text that would reach a header holds no control characters", "[config][assign]") {  // T34
  CHECK(taken("user_agent_origin", std::string("ci")) == "ci");
  CHECK(taken("user_agent_origin", std::string("ci\r\nX-Evil: 1")) == "error");
  CHECK(taken("http_proxy", std::string("http://p:3128\n")) == "error");
}

TEST_CASE("table: keys, variables and flags are named after each other and are unique", "[config][table]") {
  std::vector<std::string_view> seen;
  for (const auto& each : table()) {
    CHECK(std::find(seen.begin(), seen.end(), each.key) == seen.end());
    seen.push_back(each.key);
    CHECK_FALSE(each.help.empty());
    CHECK_FALSE(each.default_text.empty());
    if (each.set_by == SetBy::Environment) {
      CHECK(each.flag.empty());
      CHECK(each.variable.empty());
      continue;
    }
    std::string variable = "LARDER_" + std::string(each.key);
    std::transform(variable.begin(), variable.end(), variable.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    std::string flag = "--" + std::string(each.key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    CHECK(each.variable == variable);
    CHECK(each.flag == flag);
  }
}

TEST_CASE("table: a proxy's password is never shown", "[config][table]") {  // T45
  Settings settings;
  settings.http_proxy = "http://user:p@ss@proxy.example:3128";
  settings.https_proxy = "user:pw@proxy.example:3128";
  CHECK(show(settings, row("http_proxy")) == "http://proxy.example:3128");
  CHECK(show(settings, row("https_proxy")) == "proxy.example:3128");
}
