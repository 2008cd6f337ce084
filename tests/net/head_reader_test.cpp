#include "net/head_reader.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;

namespace {

Result<void> feed_all(HeadReader& reader, std::initializer_list<std::string> lines) {
  for (const auto& line : lines) LARDER_CHECK(reader.feed(line + "\r\n"));
  return {};
}

}  // namespace

TEST_CASE("HeadReader: a plain answer", "[net][head_reader]") {
  HeadReader reader;
  REQUIRE(feed_all(reader, {"HTTP/1.1 206 Partial Content", "ETag:\"x\"", "Empty:"}));
  CHECK_FALSE(reader.is_complete());
  REQUIRE(reader.feed("\r\n"));
  CHECK(reader.is_complete());
  CHECK(reader.head().status == 206);
  CHECK(reader.head().headers.find("etag") == "\"x\"");
  CHECK(reader.head().headers.find("empty") == "");
}

TEST_CASE("HeadReader: interim answers are dropped, trailers ignored", "[net][head_reader]") {  // N41
  HeadReader reader;
  REQUIRE(
      feed_all(reader, {"HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Early Hints", "Link: <x>", "", "HTTP/2 200", "A: b", "", "A: trailer"}));
  CHECK(reader.is_complete());
  CHECK(reader.head().status == 200);
  CHECK(reader.head().headers.all().size() == 1);
}

TEST_CASE("HeadReader: what is no head is refused", "[net][head_reader]") {
  for (const std::string status : {"", "garbage", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 099 x",
                                   "HTTP/1.1 600 x", "HTTP/1.1 -20 x", "ICY 200 OK", "HTTP/1.1 2 0"}) {
    CAPTURE(status);
    HeadReader reader;
    const auto fed = reader.feed(status + "\r\n");
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == ErrorCode::BadResponse);
  }
  for (const std::string& field : {std::string("no colon"), std::string(" folded: x"), std::string("bad name: x"), std::string("space : x"),
                                   std::string(": x"), std::string("a: b\x01"), std::string("a: b\0c", 6)}) {
    CAPTURE(field);
    HeadReader reader;
    CHECK_FALSE(feed_all(reader, {"HTTP/1.1 200 OK", field}));
  }
}

TEST_CASE("HeadReader: limits hold at the byte", "[net][head_reader]") {
  const auto line_of = [](std::size_t size) { return "X: " + std::string(size - 3, 'a'); };
  HeadReader fits({100, 20});
  CHECK(feed_all(fits, {"HTTP/1.1 200 OK", line_of(20)}));
  HeadReader longer({100, 20});
  CHECK_FALSE(feed_all(longer, {"HTTP/1.1 200 OK", line_of(21)}));
  // 17 bytes of status line, then lines of 10: 83 more bytes fit.
  HeadReader block({100, 20});
  REQUIRE(feed_all(block, {"HTTP/1.1 200 OK"}));
  for (int i = 0; i < 8; ++i) REQUIRE(block.feed(line_of(8) + "\r\n"));
  CHECK(block.feed("\r\n"));
  CHECK(block.feed("\n"));  // 100 bytes; trailers count too
  CHECK_FALSE(block.feed("\n"));
}

TEST_CASE("HeadReader: endless interim answers end at the limit", "[net][head_reader]") {
  HeadReader reader;
  Result<void> fed;
  int count = 0;
  while (fed && count < 100'000) {
    fed = feed_all(reader, {"HTTP/1.1 100 Continue", ""});
    ++count;
  }
  CHECK(count < 4000);
}

TEST_CASE("HeadReader: control characters are refused, but for words to people, where they are replaced",
          "[net][head_reader]") {  // T34, T35
  for (const std::string name : {"X-Error-Message", "x-hf-warning", "Content-Disposition"}) {
    CAPTURE(name);
    HeadReader reader;
    REQUIRE(feed_all(reader, {"HTTP/1.1 403 Forbidden", name + ": no \x1b[2Jway\x7f", ""}));
    CHECK(reader.head().status == 403);
    CHECK(reader.head().headers.find(name) == "no ?[2Jway?");
  }
  for (const std::string name : {"Location", "ETag", "X-Repo-Commit", "Link", "X-Error-Code", "Content-Range"}) {
    CAPTURE(name);
    HeadReader reader;
    const auto fed = feed_all(reader, {"HTTP/1.1 200 OK", name + ": a\x1b[2Jb", ""});
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == ErrorCode::BadResponse);
  }
}
