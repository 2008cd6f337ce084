#include "support/loopback_server.hpp"

#include "support/catch.hpp"
#include "support/raw_client.hpp"

using namespace larder::test;

namespace {

const std::string kGet = "GET /file HTTP/1.1\r\nHost: x\r\n";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("LoopbackServer: a file is served whole, in ranges, and not beyond its end", "[support][loopback_server]") {
  const Body file = Body::pattern(100'000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file, {{"ETag", "\"x\""}}); });
  struct Case {
    std::string range;
    int status;
    std::uint64_t begin, end;
  };
  for (const Case& c : {Case{"", 200, 0, 100'000}, Case{"bytes=0-0", 206, 0, 1}, Case{"bytes=99999-", 206, 99'999, 100'000},
                        Case{"bytes=10-200000", 206, 10, 100'000}, Case{"bytes=-5", 206, 99'995, 100'000}, Case{"bytes=100000-", 416, 0, 0},
                        Case{"bytes=0-1,3-4", 200, 0, 100'000}}) {
    CAPTURE(c.range);
    RawClient client(server.port());
    client.send(kGet + (c.range.empty() ? "" : "Range: " + c.range + "\r\n") + "\r\n");
    const std::string answer = client.read_answer();
    CHECK(has(answer, "HTTP/1.1 " + std::to_string(c.status)));
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == file.slice(c.begin, c.end));
  }
}

TEST_CASE("LoopbackServer: one connection serves several requests and the log tells them apart", "[support][loopback_server]") {
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) { reply.send(200, {}, request.body + "!"); },
                        {.canaries = {"hf_canary"}});
  RawClient client(server.port());
  client.send("POST /a?x=1%20 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + kGet + "Authorization: Bearer hf_canary\r\n\r\n");
  CHECK(has(client.read_answer(), "abc!"));
  CHECK(has(client.read_answer(), "200 OK"));
  REQUIRE(server.await([](const auto& log) { return log.size() == 2 && log[1].is_answered; }));
  const auto log = server.log();
  CHECK(log[0].request.path() == "/a");
  CHECK(log[0].request.parameter("x") == "1 ");
  CHECK(log[0].canaries.empty());
  CHECK(log[1].canaries == std::vector<std::string>{"hf_canary"});
  CHECK(log[1].request.bearer() == "hf_canary");
  CHECK(server.connections() == 1);
  CHECK(server.body_bytes("/a") == 4);
}

TEST_CASE("LoopbackServer: an answer can end early by FIN or RST", "[support][loopback_server]") {
  const bool resets = GENERATE(false, true);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {{"Content-Length", "100"}});
    reply.body("abc");
    resets ? reply.reset() : reply.close();
  });
  RawClient client(server.port());
  client.send(kGet + "\r\n");
  const std::string answer = client.read_all();
  CHECK(client.was_reset() == resets);
  if (!resets) CHECK(answer.substr(answer.size() - 3) == "abc");
}

TEST_CASE("LoopbackServer: a stalled answer goes on when it is released, or ends when the client leaves", "[support][loopback_server]") {
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
    reply.stall();
    reply.send(200, {}, "late");
  });
  {
    RawClient leaver(server.port());
    leaver.send(kGet + "\r\n");
    REQUIRE(server.await_stalled(1));
  }
  REQUIRE(server.await([](const auto& log) { return log.size() == 1 && log[0].is_answered; }));
  RawClient client(server.port());
  client.send(kGet + "\r\n");
  REQUIRE(server.await_stalled(1));
  server.release_stalls();
  CHECK(has(client.read_answer(), "late"));
}

TEST_CASE("LoopbackServer: the end of the server ends stalls, idle connections and endless bodies", "[support][loopback_server]") {
  auto server = std::make_unique<LoopbackServer>([](const ReceivedRequest& request, Reply& reply) {
    if (request.path() == "/stall") reply.stall();
    reply.head(200, {});
    while (reply.is_open()) reply.body(Body::pattern(1'000'000), 0, 1'000'000);
  });
  RawClient idle(server->port()), stalled(server->port()), endless(server->port());
  stalled.send("GET /stall HTTP/1.1\r\n\r\n");
  endless.send(kGet + "\r\n");
  REQUIRE(server->await_stalled(1));
  REQUIRE(server->await([](const auto& log) { return log.size() == 2; }));
  server.reset();
  SUCCEED("joined");
}

TEST_CASE("Body: its derived forms differ only where they say", "[support][body]") {
  const Body body = Body::pattern(100'001, 7);
  const std::string all = body.all();
  CHECK(body.slice(33'333, 77'777) == all.substr(33'333, 44'444));
  std::string flipped = all;
  flipped[50'000] = static_cast<char>(~flipped[50'000]);
  CHECK(body.flipped(50'000).all() == flipped);
  CHECK(body.spliced(10, Body::text(std::string(100'001, 'z'))).all() == all.substr(0, 10) + std::string(99'991, 'z'));
  CHECK(body.resized(100'003).all() == all + "!!");
  CHECK(body.resized(5).all() == all.substr(0, 5));
  CHECK(Body::text("# hi\n").git_sha1() == "77ebc6577e3fc2c38b5bc7f233510fafba6822ac");  // of the golden repository
  CHECK(Body().git_sha1() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}
