#include "net/body_sink.hpp"

#include "support/catch.hpp"
#include "support/fake_clock.hpp"

#include <vector>

using namespace larder;
using namespace larder::net;
using namespace std::chrono_literals;
using Verdict = BodySink::Verdict;

namespace {

struct Piece {
  std::uint64_t offset;
  BufferRef buffer;
};

struct Rig {
  explicit Rig(std::size_t pieces) : pool(pieces * BufferPool::kPiece) {}
  std::string text() const {
    std::string all;
    for (const auto& piece : got) {
      REQUIRE(piece.offset == all.size());
      const auto data = piece.buffer->data();
      all.append(reinterpret_cast<const char*>(data.data()), data.size());
    }
    return all;
  }
  test::FakeClock clock;
  BufferPool pool;
  std::vector<Piece> got;
  BodySink sink{pool, clock, [this](std::uint64_t offset, BufferRef piece) { got.push_back({offset, std::move(piece)}); }};
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) & 0xFFU);
  return text;
}

}  // namespace

TEST_CASE("BodySink: bytes come out in order, in full pieces, the rest on flush", "[net][body_sink]") {
  Rig rig(8);
  const std::string body = pattern(3 * BufferPool::kPiece + 1000);
  rig.sink.open(BodyUse::Stream, body.size());
  for (std::size_t at = 0; at < body.size(); at += 7000) {
    REQUIRE(rig.sink.take(std::string_view(body).substr(at, 7000)) == Verdict::Taken);
  }
  CHECK(rig.got.size() == 3);
  rig.sink.flush();
  CHECK(rig.got.size() == 4);
  CHECK(rig.text() == body);
  CHECK(rig.sink.bytes() == body.size());
  rig.sink.flush();
  CHECK(rig.got.size() == 4);
}

TEST_CASE("BodySink: without a free piece nothing is taken, and the same bytes fit later", "[net][body_sink]") {
  Rig rig(2);
  const std::string body = pattern(3 * BufferPool::kPiece);
  rig.sink.open(BodyUse::Stream, body.size());
  const std::size_t two = 2 * BufferPool::kPiece;
  REQUIRE(rig.sink.take(std::string_view(body).substr(0, two - 100)) == Verdict::Taken);
  CHECK(rig.sink.take(std::string_view(body).substr(two - 100, 200)) == Verdict::Starved);
  CHECK(rig.sink.bytes() == two - 100);
  CHECK(rig.pool.in_use() == 2);
  CHECK(rig.got.size() == 2);  // the half-full one was handed on: whoever waits for pieces must hold none
  CHECK_FALSE(rig.sink.prepare());
  const std::string first = rig.text();
  rig.got.clear();
  CHECK(rig.sink.prepare());
  REQUIRE(rig.sink.take(std::string_view(body).substr(two - 100, 200)) == Verdict::Taken);
  rig.sink.flush();
  REQUIRE(rig.got.size() == 1);
  CHECK(rig.got[0].offset == two - 100);
}

TEST_CASE("BodySink: the limit holds at the byte", "[net][body_sink]") {  // T21
  for (const auto use : {BodyUse::Stream, BodyUse::Collect}) {
    Rig rig(2);
    rig.sink.open(use, 10);
    CHECK(rig.sink.take(std::string_view("0123456789")) == Verdict::Taken);
    CHECK(rig.sink.take(std::string_view()) == Verdict::Taken);
    CHECK(rig.sink.take(std::string_view("x")) == Verdict::TooLong);
    CHECK(rig.sink.bytes() == 10);
  }
  Rig over(2);
  over.sink.open(BodyUse::Stream, 10);
  CHECK(over.sink.take(std::string_view("0123456789x")) == Verdict::TooLong);
  over.sink.flush();
  CHECK(over.text() == "0123456789");
  Rig nothing(2);
  nothing.sink.open(BodyUse::Collect, 0);
  CHECK(nothing.sink.take(std::string_view("x")) == Verdict::TooLong);
}

TEST_CASE("BodySink: a long text comes out as it came, and takes no more memory than its length", "[net][body_sink]") {  // I9
  constexpr std::size_t kMiB = 1024 * 1024;
  for (const std::size_t size : {kMiB - 1, kMiB, kMiB + 1, 2 * kMiB, 3 * kMiB + 12345}) {
    Rig rig(2);
    const std::string body = pattern(size);
    rig.sink.open(BodyUse::Collect, size);
    for (std::size_t at = 0; at < size; at += 100'003) REQUIRE(rig.sink.take(std::string_view(body).substr(at, 100'003)) == Verdict::Taken);
    CHECK(rig.sink.take(std::string_view("x")) == Verdict::TooLong);
    const std::string text = rig.sink.take_text();
    CHECK(text == body);
    CHECK(text.capacity() <= size + kMiB);
    CHECK(rig.sink.take_text().empty());
  }
}

TEST_CASE("BodySink: an excerpt stops without complaint", "[net][body_sink]") {  // T35
  Rig rig(2);
  rig.sink.open(BodyUse::Excerpt, 4);
  CHECK(rig.sink.take(std::string_view("abc")) == Verdict::Taken);
  CHECK(rig.sink.take(std::string_view("def")) == Verdict::Enough);
  CHECK(rig.sink.take_text() == "abcd");
  CHECK(rig.pool.in_use() == 0);
}

TEST_CASE("BodySink: old pieces are handed on half full", "[net][body_sink]") {
  Rig rig(2);
  rig.sink.open(BodyUse::Stream, 100);
  REQUIRE(rig.sink.take(std::string_view("abc")) == Verdict::Taken);
  rig.sink.flush_older_than(rig.clock.now());
  CHECK(rig.got.empty());
  rig.clock.advance(101ms);
  REQUIRE(rig.sink.take(std::string_view("def")) == Verdict::Taken);
  rig.sink.flush_older_than(rig.clock.now() - 100ms);
  CHECK(rig.text() == "abcdef");
}
