// The transport against a server that breaks rules: limits, framing, broken connections, time.
#include "base/unique_fd.hpp"
#include "curl_rig.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

using namespace larder;
using namespace larder::net;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\n";

/// Sends `answer` byte for byte, then closes.
Handler raw_answer(const std::string& answer) {
  return [answer](const ReceivedRequest&, Reply& reply) {
    reply.raw(answer);
    reply.close();
  };
}

}  // namespace

TEST_CASE("curl limits: a body may be as long as allowed and not one byte longer", "[net][curl_limits]") {  // T21
  struct Case {
    bool chunked;
    std::size_t size, limit;
    bool is_fine;
  };
  for (const Case& c : {Case{false, 100'000, 100'000, true}, Case{false, 100'001, 100'000, false}, Case{true, 100'000, 100'000, true},
                        Case{true, 100'001, 100'000, false}, Case{false, 0, 0, true}, Case{false, 1, 0, false}}) {
    for (const auto mode : {BodyMode::Stream, BodyMode::Collect}) {
      CAPTURE(c.chunked, c.size, c.limit);
      LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
        const std::string body(c.size, 'b');
        if (!c.chunked) return reply.send(200, {}, body);
        reply.head(200, {{"Transfer-Encoding", "chunked"}});
        reply.chunk(body);
        reply.end_chunks();
      });
      CurlRig rig;
      const Heard heard = rig.run(get(server.http_url("/"), mode, c.limit));
      if (c.is_fine) {
        const Response response = success(heard);
        CHECK((mode == BodyMode::Stream ? heard.pieces.size() : response.body.size()) == c.size);
      } else {
        CHECK(failure(heard).code == ErrorCode::BadResponse);
        CHECK(heard.pieces.size() <= c.limit);
        CHECK(heard.end->body_bytes <= c.limit);
      }
    }
  }
}

TEST_CASE("curl limits: of a web page in the place of a file enough comes for its title", "[net][curl_limits]") {  // T36
  struct Case {
    std::string type;
    bool has_length;
    std::size_t size, limit;
    bool is_handed_over;  // as text in the End event
    BodyMode mode = BodyMode::Collect;
  };
  for (const Case& c : {
           Case{"text/html", true, 200, 6, true},
           Case{"text/html; charset=utf-8", false, 200, 6, true},
           Case{"application/xhtml+xml", true, 100'000, 6, true},  // cut at 64 KiB
           Case{"text/html", true, 100'000, 100'000, true},        // a page that was asked for comes whole
           Case{"text/plain", true, 200, 6, false},
           Case{"text/html", true, 200, 2'000'000, true, BodyMode::Stream},
           Case{"text/html", true, 70'000, 2'000'000, false, BodyMode::Stream},
           Case{"text/html", false, 200, 2'000'000, false, BodyMode::Stream},
           Case{"text/html", true, 200, 200, false, BodyMode::Stream},
       }) {
    CAPTURE(c.type, c.has_length, c.size, c.limit);
    LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
      const std::string body(c.size, 'b');
      if (c.has_length) return reply.send(200, {{"Content-Type", c.type}}, body);
      reply.head(200, {{"Content-Type", c.type}, {"Transfer-Encoding", "chunked"}});
      reply.chunk(body);
      reply.end_chunks();
    });
    CurlRig rig;
    const Heard heard = rig.run(get(server.http_url("/"), c.mode, c.limit));
    REQUIRE(heard.end);
    const std::size_t most = std::max<std::size_t>(c.limit, 64 * 1024);
    if (c.is_handed_over) {
      CHECK(success(heard).body.size() == std::min(c.size, most));
      CHECK(heard.pieces.empty());
    } else if (c.mode == BodyMode::Collect) {
      CHECK(failure(heard).code == ErrorCode::BadResponse);
    } else {
      CHECK(heard.pieces.size() == c.size);
    }
  }
}

TEST_CASE("curl limits: an endless body is left at the limit", "[net][curl_limits]") {  // T21
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {});
    while (reply.is_open()) reply.body(std::string(65'536, 'e'));
  });
  CurlRig rig;
  const Heard heard = rig.run(stream(server.http_url("/"), 1'000'000));
  CHECK(failure(heard).code == ErrorCode::BadResponse);
  CHECK(heard.pieces.size() == 1'000'000);
}

TEST_CASE("curl limits: of an error answer 64 KiB are read", "[net][curl_limits]") {  // T35
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) {
    const bool fits = request.path() == "/fits";
    reply.head(500, {{"Content-Length", fits ? "65536" : "100000000"}});
    reply.body(std::string(fits ? 65'536 : 1'000'000, 'e'));
    if (!fits) reply.stall();
  });
  CurlRig rig;
  for (const auto mode : {BodyMode::Stream, BodyMode::Collect}) {
    for (const std::string path : {"/fits", "/long"}) {
      const Response response = success(rig.run(get(server.http_url(path), mode, 10)));
      CHECK(response.head.status == 500);
      CHECK(response.body.size() == 65'536);
    }
  }
}

TEST_CASE("curl limits: header block and header line", "[net][curl_limits]") {
  struct Case {
    std::string name;
    std::string headers;
    bool is_fine;
  };
  const auto line = [](std::size_t size) { return "X: " + std::string(size - 3, 'x') + "\r\n"; };
  std::string many;
  for (int i = 0; i < 7; ++i) many += line(8192);
  std::string endless;
  for (int i = 0; i < 40'000; ++i) endless += "X: y\r\n";
  for (const Case& c :
       {Case{"8 KiB", line(8192), true}, Case{"8 KiB + 1", line(8193), false}, Case{"57 KiB", many, true},
        Case{"65 KiB", many + line(8192), false}, Case{"many", endless, false}, Case{"one of 200 KiB", line(200'000), false}}) {
    CAPTURE(c.name);
    LoopbackServer server(raw_answer(kOk + c.headers + "Content-Length: 1\r\n\r\nx"));
    CurlRig rig;
    const Heard heard = rig.run(get(server.http_url("/")));
    if (c.is_fine) {
      CHECK(success(heard).body == "x");
    } else {
      CHECK(failure(heard).code == ErrorCode::BadResponse);
    }
  }
}

TEST_CASE("curl limits: what is no answer is BadResponse", "[net][curl_limits]") {
  for (const std::string& answer :
       {std::string("hello\r\n\r\n"), std::string("SSH-2.0-OpenSSH\r\n"), kOk + "no colon\r\n\r\n", kOk + "bad name: x\r\n\r\n",
        kOk + std::string("X: a\0b\r\n\r\n", 10), kOk + "X: \x1b[31m\r\n\r\n", kOk + "A: b\r\n folded\r\n\r\n",
        std::string("HTTP/1.1 999 x\r\n\r\n"), kOk + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        kOk + "Transfer-Encoding: chunked\r\n\r\n" + std::string(40, 'f') + "\r\nabc",
        kOk + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        kOk + "Content-Encoding: deflate, br\r\nContent-Length: 1\r\n\r\nx"}) {
    CAPTURE(answer);
    LoopbackServer server(raw_answer(answer));
    CurlRig rig;
    for (const auto mode : {BodyMode::Stream, BodyMode::Collect}) {
      const Error error = failure(rig.run(get(server.http_url("/?Signature=hidden"), mode)));
      CHECK(error.code == ErrorCode::BadResponse);
      CHECK(error.message.find(server.host()) == 0);
      CHECK(error.message.find("hidden") == std::string::npos);
      CHECK(error.message.find('\x1b') == std::string::npos);
      REQUIRE(error.http);
      CHECK(error.http->host == server.host());
    }
  }
}

TEST_CASE("curl limits: an encoded error answer is still an answer", "[net][curl_limits]") {
  LoopbackServer server(raw_answer("HTTP/1.1 404 x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"));
  CurlRig rig;
  CHECK(success(rig.run(get(server.http_url("/")))).head.status == 404);
}

TEST_CASE("curl limits: interim answers and trailers don't matter", "[net][curl_limits]") {  // N41
  LoopbackServer server(raw_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + kOk +
                                   "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: late\r\n\r\n"));
  CurlRig rig;
  const Response response = success(rig.run(get(server.http_url("/"))));
  CHECK(response.body == "abc");
  CHECK(response.head.status == 200);
  CHECK_FALSE(response.head.headers.find("link"));
  CHECK_FALSE(response.head.headers.find("x-t"));
}

TEST_CASE("curl limits: a body that ends early is a lost connection, what came is handed on", "[net][curl_limits]") {  // N7, N8, N9
  struct Case {
    std::string name;
    HeaderList headers;
    std::string body;
    bool resets;
    std::size_t payload;
  };
  for (const Case& c :
       {Case{"short", {{"Content-Length", "10"}}, "abc", false, 3}, Case{"reset", {{"Content-Length", "10"}}, "abc", true, 0},
        Case{"none of it", {{"Content-Length", "10"}}, "", false, 0},
        Case{"no terminator", {{"Transfer-Encoding", "chunked"}}, "3\r\nabc\r\n", false, 3},
        Case{"chunk cut", {{"Transfer-Encoding", "chunked"}}, "9\r\nabc", false, 3}}) {
    CAPTURE(c.name);
    LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
      reply.head(200, c.headers);
      reply.raw(c.body);
      c.resets ? reply.reset() : reply.close();
    });
    CurlRig rig;
    const Heard heard = rig.run(stream(server.http_url("/")));
    CHECK(failure(heard).code == ErrorCode::ConnectionLost);
    if (c.payload > 0) CHECK(heard.pieces == "abc");
  }
}

TEST_CASE("curl limits: without a length the end of the connection ends the body", "[net][curl_limits]") {  // N10
  LoopbackServer server(raw_answer(kOk + "\r\nabc"));
  CurlRig rig;
  CHECK(success(rig.run(get(server.http_url("/")))).body == "abc");
}

TEST_CASE("curl limits: resets and closes within the head", "[net][curl_limits]") {  // N6
  const std::string head = kOk + "X-Long: " + std::string(200, 'x') + "\r\nContent-Length: 1\r\n";
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{8}, kOk.size(), std::size_t{100}, head.size()}) {
    for (const bool resets : {false, true}) {
      CAPTURE(cut, resets);
      LoopbackServer server([&](const ReceivedRequest&, Reply& reply) {
        reply.raw(head.substr(0, cut));
        resets ? reply.reset() : reply.close();
      });
      CurlRig rig;
      CHECK(is_transient(failure(rig.run(get(server.http_url("/")))).code));
    }
  }
}

TEST_CASE("curl limits: an answer that does not begin in time", "[net][curl_limits]") {  // T39
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) {
    if (request.path() == "/half") reply.raw(kOk + "X: y\r\n");
    reply.stall();
  });
  CurlRig rig;
  for (const std::string path : {"/silent", "/half"}) {
    Request request = get(server.http_url(path));
    request.header_timeout = 200ms;
    const auto begin = std::chrono::steady_clock::now();
    const Error error = failure(rig.run(request));
    CHECK(error.code == ErrorCode::TimedOut);
    CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
    CHECK(std::chrono::steady_clock::now() - begin < 15s);  // a busy machine is no failure
  }
}

TEST_CASE("curl limits: header lines that never end are cut off in time", "[net][curl_limits]") {  // T39
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.raw(kOk);
    while (reply.is_open()) {
      reply.raw("X: y\r\n");
      reply.pause(20ms);
    }
  });
  CurlRig rig;
  Request request = get(server.http_url("/"));
  request.header_timeout = 300ms;
  CHECK(failure(rig.run(request)).code == ErrorCode::TimedOut);
}

TEST_CASE("curl limits: the low-speed rule ends a trickle and a silent body", "[net][curl_limits]") {  // N13, T39
  LoopbackServer server([](const ReceivedRequest& request, Reply& reply) {
    reply.head(200, {{"Content-Length", "1000000"}});
    if (request.path() == "/silent") return reply.stall();
    while (reply.is_open()) {
      reply.body("x");
      reply.pause(20ms);
    }
  });
  TransportOptions options;
  options.limits.low_speed_window = 300ms;
  CurlRig rig(options);
  for (const std::string path : {"/silent", "/trickle"}) {
    for (const auto mode : {BodyMode::Stream, BodyMode::Collect}) {
      const Error error = failure(rig.run(get(server.http_url(path), mode)));
      CHECK(error.code == ErrorCode::TimedOut);
    }
  }
}

TEST_CASE("curl limits: a body that falls silent is left after its stall time", "[net][curl_limits]") {  // N12
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {{"Content-Length", "1000000"}});
    reply.body(std::string(1000, 'x'));
    reply.stall();
  });
  CurlRig rig;
  Request request = get(server.http_url("/"));
  request.stall_timeout = 200ms;
  const Error error = failure(rig.run(request));
  CHECK(error.code == ErrorCode::TimedOut);
  CHECK(error.message.find("no byte for 1 s") != std::string::npos);
}

TEST_CASE("curl limits: a slow body above the limit goes on", "[net][curl_limits]") {  // N14
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) {
    reply.head(200, {{"Content-Length", "12000"}});
    for (int i = 0; i < 24; ++i) {
      reply.body(std::string(500, 'x'));
      reply.pause(50ms);
    }
  });
  TransportOptions options;
  options.limits.low_speed_window = 1s;
  CurlRig rig(options);
  CHECK(success(rig.run(get(server.http_url("/")))).body.size() == 12'000);
}

TEST_CASE("curl limits: time spent waiting for our own pieces is not the server's fault", "[net][curl_limits]") {
  const Body file = Body::pattern(4 * BufferPool::kPiece);
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.send_file(file); });
  TransportOptions options;
  options.limits.low_speed_window = 1500ms;  // long enough for a busy machine to deliver the first pieces
  CurlRig rig(options, 2);
  Gatherer keeper(true);
  const RequestId id = rig.transport->start(stream(server.http_url("/f")), keeper);
  // Both pieces, full or not: bytes that fill the last one and go on need a third, so it goes out as it is.
  REQUIRE(keeper.wait_pieces(id, 2));
  CHECK(rig.pool.in_use() == 2);
  const CancelToken never;
  rig.clock->wait_until(rig.clock->now() + 2500ms, never);  // longer than the window
  CHECK(keeper.ended() == 0);
  keeper.give_back();
  CHECK(keeper.wait(id).pieces == file.all());
}

TEST_CASE("curl limits: a handshake that nobody answers is no connection", "[net][curl_limits]") {  // N1
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(silent.value(), plain, size) == 0);
  REQUIRE(::listen(silent.value(), 4) == 0);
  REQUIRE(::getsockname(silent.value(), plain, &size) == 0);
  TransportOptions options;
  options.network.connect_timeout = 200ms;
  CurlRig rig(options);
  const Error error = failure(rig.run(get("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/")));
  CHECK(error.code == ErrorCode::TimedOut);
  CHECK(error.os_error == ETIMEDOUT);  // by which it is told from an answer that does not come
}

TEST_CASE("curl limits: nobody listens there", "[net][curl_limits]") {  // N1
  std::string url;
  {
    const LoopbackServer server;
    url = server.http_url("/?Signature=hidden");
  }
  CurlRig rig;
  const Error error = failure(rig.run(get(url)));
  CHECK(error.code == ErrorCode::ConnectFailed);
  CHECK(error.message.find("127.0.0.1:") == 0);
  CHECK(error.message.find("hidden") == std::string::npos);
  CHECK(error.http->status == 0);
}

TEST_CASE("curl limits: a name that does not exist", "[net][curl_limits]") {  // N2
  CurlRig rig;  // a label over 63 letters is refused by the resolver itself, without asking the network
  const Error error = failure(rig.run(get("http://" + std::string(64, 'x') + ".invalid/")));
  CHECK(error.code == ErrorCode::NameNotResolved);
}

TEST_CASE("curl limits: wrong certificates are refused at once, a broken handshake may be tried again",
          "[net][curl_limits]") {  // N4, N5, T37
  for (const auto kind : {CertificateKind::Expired, CertificateKind::WrongHost, CertificateKind::UnknownCa}) {
    LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200); }, {.certificate = kind, .canaries = {}});
    TransportOptions options;
    options.network.ca_file = server.ca_file();
    CurlRig rig(options);
    const Error error = failure(rig.run(get(server.https_url("/"))));
    CHECK(error.code == ErrorCode::TlsFailed);
    CHECK_FALSE(is_transient(error.code));
    CHECK(server.count() == 0);
  }
  LoopbackServer resetting([](const ReceivedRequest&, Reply& reply) { reply.send(200); },
                           {.certificate = CertificateKind::Good, .canaries = {}, .resets_in_handshake = 1});
  TransportOptions options;
  options.network.ca_file = resetting.ca_file();
  CurlRig rig(options);
  CHECK(failure(rig.run(get(resetting.https_url("/")))).code == ErrorCode::ConnectionLost);
  success(rig.run(get(resetting.https_url("/"))));
}

TEST_CASE("curl limits: a server that speaks no TLS, and a trust file that is not there", "[net][curl_limits]") {
  LoopbackServer plain([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  CurlRig rig;
  CHECK_FALSE(rig.run(get(plain.https_url("/"))).end->result);
  TransportOptions options;
  options.network.ca_file = "/does/not/exist.pem";
  CurlRig distrusting(options);
  CHECK(failure(distrusting.run(get(plain.https_url("/")))).code == ErrorCode::TlsFailed);
  LoopbackServer server({}, {.certificate = CertificateKind::Good, .canaries = {}});
  options.network = {};
  options.network.ca_folder = "/does/not/exist";  // OpenSSL takes it for a folder without certificates
  CurlRig trusts_nobody(options);
  const Error error = failure(trusts_nobody.run(get(server.https_url("/"))));
  CHECK(error.code == ErrorCode::TlsFailed);
  CHECK(error.hint.find("/does/not/exist") != std::string::npos);
}

TEST_CASE("curl limits: an unusable request ends with an error instead of being sent", "[net][curl_limits]") {
  LoopbackServer server;
  CurlRig rig;
  Request reserved = get(server.http_url("/"));
  REQUIRE(reserved.headers.add("Authorization", "Bearer hf_x"));
  CHECK(failure(rig.run(reserved)).code == ErrorCode::Internal);
  Request injecting = get(server.http_url("/"));
  injecting.credentials = Credentials{Secret("hf_x\r\nX: y"), injecting.url.origin()};
  const Error error = failure(rig.run(injecting));
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message.find("hf_x") == std::string::npos);
  Request empty = get(server.http_url("/"));
  empty.range = ByteRange{5, 5};
  CHECK(failure(rig.run(empty)).code == ErrorCode::Internal);
  CHECK(server.connections() == 0);
}

TEST_CASE("curl limits: who issued a certificate that is not trusted is named", "[net][curl_limits]") {  // N4: what a proxy put in between
  struct Case {
    CertificateKind kind;
    const char* issuer;
  };
  for (const Case& c : {Case{CertificateKind::UnknownCa, "somebody else"}, Case{CertificateKind::Expired, "larder test authority"},
                        Case{CertificateKind::WrongHost, ""}}) {
    LoopbackServer server({}, {.certificate = c.kind, .canaries = {}});
    TransportOptions options;
    options.network.ca_file = server.ca_file();
    CurlRig rig(options);
    const Error error = failure(rig.run(get(server.https_url("/"))));
    CAPTURE(error.text());
    CHECK(error.code == ErrorCode::TlsFailed);
    const auto at = error.text().find(", issued by ");
    const std::string issuer = c.issuer;  // of a certificate for another host the chain is fine
    CHECK((at == std::string::npos ? "" : error.text().substr(at)) == (issuer.empty() ? "" : ", issued by '" + issuer + "'"));
  }
}
