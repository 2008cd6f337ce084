#include "base/json_stream.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using larder::ErrorCode;
using larder::Json;
using larder::JsonLimits;
using larder::parse_json;
using larder::read_json;
using larder::Result;

namespace {

// Collects "key=value" of every element handed out.
struct Heard {
  std::vector<std::string> elements;
  larder::JsonElementSink sink() {
    return [this](std::string_view key, Json& element) -> Result<void> {
      elements.push_back(std::string(key) + "=" + element.dump());
      return {};
    };
  }
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("read_json: elements of a root array come one by one", "[base][json_stream]") {
  Heard heard;
  const auto rest = read_json(R"([{"a": [1, 2]}, 3, null, []])", JsonLimits{}, {}, heard.sink());
  REQUIRE(rest);
  CHECK(*rest == Json::array());
  CHECK(heard.elements == std::vector<std::string>{R"(={"a":[1,2]})", "=3", "=null", "=[]"});
}

TEST_CASE("read_json: a member's elements are streamed, the rest is kept", "[base][json_stream]") {
  Heard heard;
  const auto rest = read_json(R"({"id": "x", "inner": {"files": [9]}, "files": {"a": 1, "b": {"files": [2]}}, "sha": "y"})", JsonLimits{},
                              {"files"}, heard.sink());
  REQUIRE(rest);
  CHECK(rest->dump() == R"({"files":{},"id":"x","inner":{"files":[9]},"sha":"y"})");
  CHECK(heard.elements == std::vector<std::string>{"a=1", R"(b={"files":[2]})"});
}

TEST_CASE("read_json: the sink's error ends the reading and is told where", "[base][json_stream]") {
  int calls = 0;
  const auto rest = read_json(R"({"files": [1, 2, 3]})", JsonLimits{}, {"files"}, [&](std::string_view, Json& element) -> Result<void> {
    ++calls;
    if (element == 2) return larder::fail(ErrorCode::UnsafePath, "bad name");
    return {};
  });
  REQUIRE_FALSE(rest);
  CHECK(rest.error().code == ErrorCode::UnsafePath);
  CHECK(rest.error().text() == "json '/files/1': bad name");
  CHECK(calls == 2);
}

TEST_CASE("read_json: pieces of any size give the same document", "[base][json_stream]") {
  const std::string text = R"({"a": "x\u00e9\ud83d\ude00", "b": [1.5, -3, true, {"c": null}]})";
  const auto whole = parse_json(text);
  REQUIRE(whole);
  for (std::size_t piece = 1; piece < 20; ++piece) {
    std::size_t at = 0;
    const larder::JsonBytes bytes = [&](std::span<char> space) -> Result<std::size_t> {
      const auto count = std::string_view(text).substr(at).copy(space.data(), std::min(piece, space.size()));
      at += count;
      return count;
    };
    const auto read = read_json(bytes, JsonLimits{}, {}, nullptr);
    REQUIRE(read);
    CHECK(*read == *whole);
  }
}

TEST_CASE("read_json: an error of the source wins over the cut document it leaves", "[base][json_stream]") {
  int calls = 0;
  const larder::JsonBytes bytes = [&](std::span<char> space) -> Result<std::size_t> {
    if (calls++ > 0) return larder::fail(ErrorCode::ConnectionLost, "gone");
    space[0] = '[';
    return 1;
  };
  const auto read = read_json(bytes, JsonLimits{}, {}, nullptr);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::ConnectionLost);
}

TEST_CASE("parse_json: malformed documents are bad responses", "[base][json_stream]") {
  for (const auto* text :
       {"", " ", "{", "[1,]", "{\"a\"}", "nul", "[1] x", "\"a", "{'a': 1}", "[\"\n\"]", "01", "1e999", "\xff", "[NaN]"}) {
    INFO(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::BadResponse);
  }
}

TEST_CASE("parse_json: limits hold at the limit and break one above", "[base][json_stream]") {  // T23
  CHECK(parse_json(nested(64)));
  CHECK_FALSE(parse_json(nested(65)));
  CHECK_FALSE(parse_json(std::string(200'000, '[')));
  JsonLimits limits;
  limits.string_bytes = 4;
  CHECK(parse_json(R"(["abcd"])", limits));
  CHECK_FALSE(parse_json(R"(["abcde"])", limits));
  CHECK_FALSE(parse_json(R"({"abcde": 1})", limits));
  limits = {};
  limits.bytes = 6;
  CHECK(parse_json("[1,22]", limits));
  CHECK_FALSE(parse_json("[1,22] ", limits));
  limits = {};
  limits.elements = 3;
  CHECK(parse_json("[1,2]", limits));
  CHECK_FALSE(parse_json("[1,2,3]", limits));
}

TEST_CASE("parse_json: default limits are those of the table", "[base][json_stream]") {
  const JsonLimits limits;
  CHECK(limits.bytes == 64 * 1024 * 1024);
  CHECK(limits.depth == 64);
  CHECK(limits.string_bytes == 1024 * 1024);
  CHECK(parse_json('"' + std::string(limits.string_bytes, 'a') + '"'));
  CHECK_FALSE(parse_json('"' + std::string(limits.string_bytes + 1, 'a') + '"'));
}

TEST_CASE("parse_json: a key that appears twice is refused and named", "[base][json_stream]") {  // T23
  const auto parsed = parse_json(R"({"a": {"b": 1, "b": 2}})");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::BadResponse);
  CHECK(parsed.error().message.find("'/a/b'") != std::string::npos);
}

TEST_CASE("parse_json: a broken string is a NUL in that string, not the end of the document", "[base][json_stream]") {  // T3
  const auto parsed = parse_json(R"({"path": "a\ud800b", "ok": "fine"})");
  REQUIRE(parsed);
  CHECK((*parsed)["path"] == std::string("a\0b", 3));
  CHECK((*parsed)["ok"] == "fine");
}
