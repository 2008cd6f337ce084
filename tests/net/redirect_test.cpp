#include "net/redirect.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;

namespace {

ResponseHead answer(int status, const std::vector<std::string>& locations = {}) {
  ResponseHead head;
  head.status = status;
  for (const auto& location : locations) REQUIRE(head.headers.add("Location", location));
  return head;
}

const Url kHere = *Url::parse("https://hub.example/org/name/resolve/main/f.bin?x=1");

}  // namespace

TEST_CASE("next_hop: five statuses redirect, others don't", "[net][redirect]") {
  for (const int status : {301, 302, 303, 307, 308}) {
    const auto hop = next_hop(kHere, answer(status, {"/there"}), 0);
    REQUIRE(hop);
    REQUIRE(*hop);
    CHECK((*hop)->full() == "https://hub.example/there");
  }
  for (const int status : {200, 206, 300, 304, 305, 306, 400, 401, 404, 500}) {
    const auto hop = next_hop(kHere, answer(status, {"/there"}), 0);
    REQUIRE(hop);
    CHECK_FALSE(*hop);
  }
}

TEST_CASE("next_hop: every form of reference, query kept", "[net][redirect]") {
  struct Case {
    std::string location, target;
  };
  for (const Case& c :
       {Case{"https://cdn.example/a?Signature=s", "https://cdn.example/a?Signature=s"},
        Case{"//cdn.example:8443/a", "https://cdn.example:8443/a"}, Case{"/api/x?y=z", "https://hub.example/api/x?y=z"},
        Case{"g.bin", "https://hub.example/org/name/resolve/main/g.bin"},
        Case{"../v1/g.bin", "https://hub.example/org/name/resolve/v1/g.bin"}, Case{"https://hub.example:443/a", "https://hub.example/a"}}) {
    CAPTURE(c.location);
    const auto hop = next_hop(kHere, answer(302, {c.location}), 9);
    REQUIRE(hop);
    REQUIRE(*hop);
    CHECK((*hop)->full() == c.target);
  }
}

TEST_CASE("next_hop: refusals", "[net][redirect]") {  // T26, T28, T29, N36, N37
  struct Case {
    std::vector<std::string> locations;
    ErrorCode code;
  };
  for (const Case& c : {
           Case{{}, ErrorCode::BadResponse},
           Case{{""}, ErrorCode::BadResponse},
           Case{{"/a", "/b"}, ErrorCode::BadResponse},
           Case{{"https://"}, ErrorCode::BadResponse},
           Case{{"https://h:99999/"}, ErrorCode::BadResponse},
           Case{{"https://[::1/"}, ErrorCode::BadResponse},
           Case{{"/a b"}, ErrorCode::BadResponse},
           Case{{"/" + std::string(8 * 1024, 'a')}, ErrorCode::BadResponse},
           Case{{"http://hub.example/a"}, ErrorCode::UnsafeRedirect},
           Case{{"file:///etc/passwd"}, ErrorCode::UnsafeRedirect},
           Case{{"ftp://hub.example/a"}, ErrorCode::UnsafeRedirect},
           Case{{"gopher://hub.example/a"}, ErrorCode::UnsafeRedirect},
           Case{{"unix:/run/x.sock"}, ErrorCode::UnsafeRedirect},
           Case{{"https://hub.example@evil.example/"}, ErrorCode::UnsafeRedirect},
           Case{{"//user:password@evil.example/"}, ErrorCode::UnsafeRedirect},
       }) {
    const auto hop = next_hop(kHere, answer(302, c.locations), 0);
    REQUIRE_FALSE(hop);
    CAPTURE(hop.error().message);
    CHECK(hop.error().code == c.code);
    CHECK(hop.error().message.find("hub.example") != std::string::npos);
    REQUIRE(hop.error().http);
    CHECK(hop.error().http->host == "hub.example");
  }
  CHECK(next_hop(kHere, answer(302, {"/" + std::string(8 * 1024 - 1, 'a')}), 0));
  CHECK(next_hop(kHere, answer(302, {"/a", "/a"}), 0));
  CHECK(next_hop(*Url::parse("http://h/"), answer(302, {"https://h/"}), 0));
}

TEST_CASE("next_hop: ten redirects are followed, the eleventh is not", "[net][redirect]") {  // T26
  CHECK(next_hop(kHere, answer(302, {"/x"}), 9));
  const auto eleventh = next_hop(kHere, answer(302, {"/x"}), 10);
  REQUIRE_FALSE(eleventh);
  CHECK(eleventh.error().code == ErrorCode::TooManyRedirects);
  CHECK(next_hop(kHere, answer(200), 10));  // the last answer itself is fine
}

TEST_CASE("next_hop: a signature in the target is not shown", "[net][redirect]") {
  const auto hop = next_hop(kHere, answer(302, {"http://cdn.example/a?Signature=SECRET"}), 0);
  REQUIRE_FALSE(hop);
  CHECK(hop.error().message.find("SECRET") == std::string::npos);
}

TEST_CASE("redirected: to another origin only Accept and the range go along", "[net][redirect]") {  // T27
  Request request;
  request.url = kHere;
  request.range = ByteRange{0, 10};
  request.credentials = Credentials{Secret("hf_x"), kHere.origin()};
  REQUIRE(request.headers.add("X-HF-Download-Counter", "1"));
  REQUIRE(request.headers.add("accept", "application/json"));

  const auto same = redirected(request, *Url::parse("https://hub.example/there"), 302);
  REQUIRE(same);
  CHECK(same->headers.all().size() == 2);
  for (const std::string other : {"https://cdn.example/a", "https://hub.example:8443/a", "http://hub.example/a"}) {
    const auto away = redirected(request, *Url::parse(other), 302);
    REQUIRE(away);
    CHECK(away->url.full() == other);
    CHECK(away->headers.all().size() == 1);
    CHECK(away->headers.find("accept"));
    CHECK(away->range == request.range);
    CHECK_FALSE(may_send(*away->credentials, away->url));
  }
}

TEST_CASE("redirected: what becomes of a request body", "[net][redirect]") {
  Request post;
  post.method = Method::Post;
  post.url = kHere;
  post.body = "secret";
  const Url same = *Url::parse("https://hub.example/there");
  const Url away = *Url::parse("https://cdn.example/there");
  for (const int status : {301, 302, 303}) {
    const auto next = redirected(post, away, status);
    REQUIRE(next);
    CHECK(next->method == Method::Get);
    CHECK(next->body.empty());
  }
  for (const int status : {307, 308}) {
    CHECK(redirected(post, same, status)->body == "secret");
    const auto refused = redirected(post, away, status);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::UnsafeRedirect);
  }
}
