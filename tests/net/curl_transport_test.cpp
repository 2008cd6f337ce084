#include "curl_rig.hpp"

#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <system_error>

using namespace larder;
using namespace larder::net;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// "abc", then "def" when the stalls are released.
void stand_still_half_way(const ReceivedRequest& /*request*/, Reply& reply) {
  reply.head(200, {{"Content-Length", "6"}});
  reply.body("abc");
  reply.stall();
  reply.body("def");
}

/// As long as it lives this process gets no further descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("curl transport: without a descriptor left a request fails, and a later one works", "[net][curl_transport]") {  // L15
  const Body file = Body::pattern(1000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  // A sanitizer looks at an object's type by way of a pipe the first time, so all types are used once before there is none.
  CHECK(CurlRig().run(stream(server.http_url("/f"), file.size())).pieces == file.all());
  CHECK(std::system_error(EMFILE, std::generic_category(), "refused").code().value() == EMFILE);
  CHECK(os_error(EMFILE, "refused").os_error == EMFILE);
  CurlRig rig;
  const Heard refused = [&] {
    const NoDescriptors shortage;
    return rig.run(stream(server.http_url("/f"), file.size()));
  }();
  REQUIRE_FALSE(refused.end->result);
  CHECK(refused.end->result.error().os_error == EMFILE);
  CHECK(rig.run(stream(server.http_url("/f"), file.size())).pieces == file.all());
}

TEST_CASE("curl transport: a streamed body comes whole, in order, in pieces", "[net][curl_transport]") {
  const Body file = Body::pattern(5'000'000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file, {{"ETag", "\"x\""}}); });
  CurlRig rig;
  const Heard heard = rig.run(stream(server.http_url("/f"), file.size()));
  CHECK(success(heard).body.empty());
  REQUIRE(heard.head);
  CHECK(heard.head->status == 200);
  CHECK(heard.head->headers.find("etag") == "\"x\"");
  CHECK(heard.is_in_order);
  CHECK(heard.pieces == file.all());
  CHECK(heard.end->body_bytes == file.size());
  CHECK(heard.end->host == server.host());
  CHECK(rig.pool.in_use() == 0);
}

TEST_CASE("curl transport: a range is asked for by its first and last byte", "[net][curl_transport]") {
  const Body file = Body::pattern(1'000'000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  CurlRig rig;
  Request request = stream(server.http_url("/f?x=y"), 1000);
  request.range = ByteRange{500'000, 501'000};
  const Heard heard = rig.run(request);
  CHECK(success(heard).head.status == 206);
  CHECK(heard.pieces == file.slice(500'000, 501'000));
  const auto log = server.log();
  CHECK(*log.at(0).request.header("range") == "bytes=500000-500999");
  CHECK(log.at(0).request.target == "/f?x=y");
}

TEST_CASE("curl transport: small answers are collected, errors too", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) {
    const int status = std::stoi(request.path().substr(1));
    reply.send(status, {{"X-Status", "yes"}}, "body of " + request.path());
  });
  CurlRig rig;
  for (const int status : {200, 201, 302, 401, 403, 404, 416, 429, 500, 503}) {
    for (const auto mode : {BodyMode::Collect, BodyMode::Stream}) {
      if (mode == BodyMode::Stream && status == 200) continue;
      CAPTURE(status);
      const Heard heard = rig.run(get(server.http_url("/" + std::to_string(status)), mode));
      const Response response = success(heard);
      CHECK(response.head.status == status);
      CHECK(response.head.headers.find("x-status") == "yes");
      CHECK(response.body == "body of /" + std::to_string(status));
      CHECK_FALSE(heard.head);
      CHECK(heard.pieces.empty());
    }
  }
}

TEST_CASE("curl transport: what every request says", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  TransportOptions options;
  options.network.user_agent = "larder/9.9; test";
  CurlRig rig(options);
  Request request = get(server.http_url("/a/../b/./c%2F?q=%20"));
  REQUIRE(request.headers.add("X-Mine", "1"));
  REQUIRE(request.headers.add("X-Empty", ""));
  success(rig.run(request));
  const auto log = server.log();
  const ReceivedRequest& seen = log.at(0).request;
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/a/../b/./c%2F?q=%20");  // as it is: the Hub decides what a path means
  CHECK(*seen.header("accept-encoding") == "identity");
  CHECK(*seen.header("user-agent") == "larder/9.9; test");
  CHECK(*seen.header("x-mine") == "1");
  REQUIRE(seen.header("x-empty") != nullptr);
  CHECK(seen.header("x-empty")->empty());
  CHECK(seen.header("range") == nullptr);
  CHECK(seen.header("authorization") == nullptr);
  CHECK(seen.header("cookie") == nullptr);
  CHECK(rig.transport->requests() == 1);
}

TEST_CASE("curl transport: the user agent is larder's own by default", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  CurlRig rig;
  success(rig.run(get(server.http_url("/"))));
  CHECK(*server.log().at(0).request.header("user-agent") == "larder/" LARDER_VERSION);
}

TEST_CASE("curl transport: POST sends its body and type, nothing waits for 100-continue", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) { reply.send(200, {}, request.body); });
  CurlRig rig;
  Request request = get(server.http_url("/paths-info"));
  request.method = Method::Post;
  request.body = std::string(100'000, 'p') + std::string("\0x", 2);
  request.content_type = "application/json";
  CHECK(success(rig.run(request)).body == request.body);
  const auto log = server.log();
  CHECK(log.at(0).request.method == "POST");
  CHECK(*log.at(0).request.header("content-type") == "application/json");
  CHECK(log.at(0).request.header("expect") == nullptr);
}

TEST_CASE("curl transport: connections are used again", "[net][curl_transport]") {  // N48
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200, {}, "x"); });
  CurlRig rig;
  for (int i = 0; i < 50; ++i) success(rig.run(get(server.http_url("/" + std::to_string(i)))));
  CHECK(server.connections() == 1);
}

TEST_CASE("curl transport: 'Connection: close' works, one connection a request", "[net][curl_transport]") {  // N42
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.close_after();
    reply.send(200, {}, "x");
  });
  CurlRig rig;
  for (int i = 0; i < 5; ++i) CHECK(success(rig.run(get(server.http_url("/")))).body == "x");
  CHECK(server.connections() == 5);
}

TEST_CASE("curl transport: a kept connection that died is replaced without a failure", "[net][curl_transport]") {  // N39
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200, {}, "x"); });
  CurlRig rig;
  for (int i = 0; i < 5; ++i) {
    CHECK(success(rig.run(get(server.http_url("/")))).body == "x");
    server.drop_connections();
  }
  CHECK(server.count() == 5);
}

TEST_CASE("curl transport: a second try can have a connection of its own", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200, {}, "x"); });
  CurlRig rig;
  Request request = get(server.http_url("/"));
  for (const bool is_fresh : {false, false, true, false}) {
    request.is_fresh = is_fresh;
    CHECK(success(rig.run(request)).body == "x");
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("curl transport: an answer of two lengths is believed in neither", "[net][curl_transport]") {
  const std::string second = GENERATE("5", "4");
  LoopbackServer server([&second](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {{"Content-Length", "4"}, {"Content-Length", second}});
    reply.body("abcd");
    reply.close();
  });
  CurlRig rig;
  const auto heard = rig.run(get(server.http_url("/")));
  REQUIRE(heard.end);
  CHECK(heard.end->result.has_value() == (second == "4"));
  if (!heard.end->result) CHECK(heard.end->result.error().code == ErrorCode::BadResponse);
}

TEST_CASE("curl transport: a connection that dies on the next request is replaced as well", "[net][curl_transport]") {  // N39
  // The server takes the second request of a connection and hangs up without a byte: as a keep-alive time-out that crosses our request.
  LoopbackServer server;
  std::atomic<int> last_connection{0};
  server.set_handler([&](const ReceivedRequest& request, Reply& reply) {
    if (request.connection == last_connection.exchange(request.connection)) return reply.close();
    reply.send(200, {}, "x");
  });
  CurlRig rig;
  CHECK(success(rig.run(get(server.http_url("/1")))).body == "x");
  CHECK(success(rig.run(get(server.http_url("/2")))).body == "x");
  CHECK(server.connections() == 2);
}

TEST_CASE("curl transport: bytes that a kept connection still holds of the answer before are no answer", "[net][curl_transport]") {  // N39
  LoopbackServer server([&](const ReceivedRequest& request, Reply& reply) {
    if (request.sequence > 1) reply.raw("y");  // as if the answer before had been longer than its Content-Length
    reply.send(200, {}, "x");
  });
  CurlRig rig;
  CHECK(success(rig.run(get(server.http_url("/1")))).body == "x");
  // Worth another try, which gets a connection of its own.
  CHECK(failure(rig.run(get(server.http_url("/2")))).code == ErrorCode::ConnectionLost);
  CHECK(success(rig.run(get(server.http_url("/2")))).body == "x");
  CHECK(server.connections() == 2);
}

TEST_CASE("curl transport: many requests at a time stay within the limit of connections", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) { reply.send(200, {}, request.path()); });
  TransportOptions options;
  options.max_connections = 4;
  CurlRig rig(options);
  Gatherer gatherer;
  std::vector<RequestId> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(rig.transport->start(get(server.http_url("/" + std::to_string(i))), gatherer));
  for (int i = 0; i < 200; ++i) CHECK(success(gatherer.wait(ids[static_cast<std::size_t>(i)])).body == "/" + std::to_string(i));
  CHECK(server.peak_connections() <= 4);
  CHECK(rig.transport->requests() == 200);
}

TEST_CASE("curl transport: no free piece pauses, pieces that come back resume, no byte is lost", "[net][curl_transport]") {
  const Body file = Body::pattern(8 * BufferPool::kPiece + 12'345);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  CurlRig rig({}, 2);
  Gatherer keeper(true);
  const RequestId id = rig.transport->start(stream(server.http_url("/f")), keeper);
  REQUIRE(keeper.wait_pieces(id, 2));  // they need not be full: libcurl offers all of a buffer or nothing
  CHECK(rig.pool.in_use() == 2);
  CHECK(keeper.ended() == 0);
  keeper.give_back();
  const Heard heard = keeper.wait(id);
  success(heard);
  CHECK(heard.is_in_order);
  CHECK(heard.pieces == file.all());
}

TEST_CASE("curl transport: many transfers share two pieces and all arrive", "[net][curl_transport]") {
  const Body file = Body::pattern(1'000'000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  CurlRig rig({}, 2);
  Gatherer gatherer;
  std::vector<RequestId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(rig.transport->start(stream(server.http_url("/f")), gatherer));
  const std::string all = file.all();
  for (const RequestId id : ids) {
    const Heard heard = gatherer.wait(id);
    success(heard);
    CHECK(heard.is_in_order);
    CHECK(heard.pieces == all);
  }
}

TEST_CASE("curl transport: slow bytes are handed on before a piece is full", "[net][curl_transport]") {
  LoopbackServer server(stand_still_half_way);
  CurlRig rig;
  Gatherer gatherer;
  const RequestId id = rig.transport->start(stream(server.http_url("/")), gatherer);
  REQUIRE(gatherer.wait_bytes(id, 3));
  server.release_stalls();
  const Heard heard = gatherer.wait(id);
  success(heard);
  CHECK(heard.pieces == "abcdef");
  CHECK(heard.sizes.size() >= 2);
}

TEST_CASE("curl transport: of a slow body that is collected is told how much came", "[net][curl_transport]") {
  LoopbackServer server(stand_still_half_way);
  CurlRig rig;
  Gatherer gatherer;
  Request request = stream(server.http_url("/"));
  request.mode = BodyMode::Collect;
  request.tells_bytes = true;
  const RequestId id = rig.transport->start(request, gatherer);
  REQUIRE(gatherer.wait_received(id, 3));
  server.release_stalls();
  CHECK(success(gatherer.wait(id)).body == "abcdef");
}

TEST_CASE("curl transport: cancel is prompt and ends once", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {{"Content-Length", "6"}});
    reply.body("abc");
    reply.stall();
  });
  CurlRig rig;
  Gatherer gatherer;
  const RequestId id = rig.transport->start(stream(server.http_url("/")), gatherer);
  REQUIRE(gatherer.wait_bytes(id, 3));
  const auto begin = std::chrono::steady_clock::now();
  rig.transport->cancel(id);
  rig.transport->cancel(id);
  rig.transport->cancel(12345);
  const Heard heard = gatherer.wait(id);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);  // meant: 100 ms; a busy machine is no failure
  CHECK(failure(heard).code == ErrorCode::Interrupted);
  CHECK(heard.end->body_bytes == 3);
}

TEST_CASE("curl transport: its destructor ends what is open", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.stall(); });
  Gatherer gatherer;
  std::vector<RequestId> ids;
  {
    CurlRig rig;
    for (int i = 0; i < 3; ++i) ids.push_back(rig.transport->start(get(server.http_url("/")), gatherer));
    REQUIRE(server.await_stalled(3));
    ids.push_back(rig.transport->start(get(server.http_url("/late")), gatherer));
  }
  CHECK(gatherer.ended() == 4);
  for (const RequestId id : ids) CHECK(failure(gatherer.wait(id)).code == ErrorCode::Interrupted);
}

TEST_CASE("curl transport: one that is never asked costs nothing and goes quietly", "[net][curl_transport]") {
  const CurlRig rig;
  CHECK(rig.transport->requests() == 0);
  CHECK(transport_library().find("libcurl/") == 0);
}

TEST_CASE("curl transport: a listener may start and cancel from within an event", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) { reply.send(200, {}, request.path()); });
  CurlRig rig;
  Gatherer second;
  struct Chain final : TransportListener {
    Chain(Transport& t, Gatherer& g, std::string u) : transport(t), next(g), url(std::move(u)) {}
    void on_event(TransportEvent event) override {
      if (!std::holds_alternative<EndEvent>(event)) return;
      transport.cancel(std::get<EndEvent>(event).id);
      id = transport.start(get(url), next);
    }
    Transport& transport;
    Gatherer& next;
    std::string url;
    std::atomic<RequestId> id{0};
  } chain(*rig.transport, second, server.http_url("/2"));
  rig.transport->start(get(server.http_url("/1")), chain);
  REQUIRE(server.await([](const auto& log) { return log.size() == 2; }));
  CHECK(success(second.wait(chain.id)).body == "/2");
}

TEST_CASE("curl transport: TLS is spoken, checked, and resumed connections serve many", "[net][curl_transport]") {
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200, {}, "x"); },
                        {.certificate = CertificateKind::Good, .canaries = {}});
  TransportOptions options;
  options.network.ca_file = server.ca_file();
  CurlRig rig(options);
  for (int i = 0; i < 3; ++i) {
    Request request = get(server.https_url("/"));
    request.version = i == 0 ? HttpVersion::Any : HttpVersion::Http1;
    CHECK(success(rig.run(request)).body == "x");
  }
  CHECK(server.log().at(0).request.is_tls);
  CHECK(server.connections() == 1);
}

TEST_CASE("curl transport: the rate limit holds for all transfers together", "[net][curl_transport]") {
  const Body file = Body::pattern(150'000);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  TransportOptions options;
  options.limit_rate = 400'000;
  CurlRig rig(options);
  Gatherer gatherer;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<RequestId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(rig.transport->start(stream(server.http_url("/f")), gatherer));
  for (const RequestId id : ids) CHECK(gatherer.wait(id).pieces == file.all());
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > 1300ms);  // 600,000 bytes at 400,000 a second, less the 100 ms of credit
}
