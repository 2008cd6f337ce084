#include "hub/pages.hpp"
#include "hub/hub_rig.hpp"

using namespace larder;
using namespace larder::hub;
using larder::test::url_of;

namespace {

const char* const kEndpoint = "https://hub.example";

net::ResponseHead head_with(const std::string& link) {
  net::ResponseHead head;
  head.status = 200;
  REQUIRE(head.headers.add("Link", link));
  return head;
}

Result<std::optional<Url>> next(PageTrail& trail, const std::string& target, std::size_t entries = 1, std::string_view first = "a") {
  return trail.next(url_of(std::string(kEndpoint) + "/api/models/o/m/tree/x"), head_with("<" + target + ">; rel=\"next\""), entries, first);
}

}  // namespace

TEST_CASE("PageTrail: follows the next link of the endpoint", "[hub][pages]") {
  PageTrail trail(url_of(kEndpoint).origin(), {});
  CHECK(next(trail, "https://hub.example/a?cursor=1", 1, "a").value()->full() == "https://hub.example/a?cursor=1");
  CHECK(next(trail, "HTTPS://HUB.example:443/a?cursor=2", 1, "b").value()->full() == "https://hub.example/a?cursor=2");
  CHECK(next(trail, "/a?cursor=3", 1, "c").value()->full() == "https://hub.example/a?cursor=3");
  CHECK(next(trail, "?cursor=4", 1, "d").value()->full() == "https://hub.example/api/models/o/m/tree/x?cursor=4");
  const auto last = trail.next(url_of(kEndpoint), {}, 1, "e");
  REQUIRE(last);
  CHECK_FALSE(*last);
}

TEST_CASE("PageTrail: links that lead elsewhere are unsafe", "[hub][pages]") {  // T25
  for (const char* target : {"https://evil.example/a", "http://hub.example/a", "https://hub.example:8443/a", "//evil.example/a",
                             "file:///etc/passwd", "ftp://hub.example/a", "https://user@hub.example/a", "https://u:p@hub.example/a",
                             "//user@hub.example/a", "https://hub.example@evil.example/a", "https://hub.example.evil.example/a"}) {
    INFO(target);
    PageTrail trail(url_of(kEndpoint).origin(), {});
    const auto refused = next(trail, target);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::UnsafeRedirect);
  }
}

TEST_CASE("PageTrail: a malformed link is a bad answer", "[hub][pages]") {  // T34
  for (const char* target : {"", "https://hub.example:99999/a", "https://[::1/a", "https:///a", "https://hub.example/a b"}) {
    INFO(target);
    PageTrail trail(url_of(kEndpoint).origin(), {});
    const auto refused = next(trail, target);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::BadResponse);
  }
}

TEST_CASE("PageTrail: circles and listings without end are bad answers", "[hub][pages]") {  // T24
  SECTION("the same cursor again") {
    PageTrail trail(url_of(kEndpoint).origin(), {});
    REQUIRE(next(trail, "/a?cursor=1", 1, "a"));
    REQUIRE(next(trail, "/a?cursor=2", 1, "b"));
    CHECK(next(trail, "/a?cursor=1", 1, "c").error().code == ErrorCode::BadResponse);
  }
  SECTION("too many pages, at the limit and one before") {
    PageLimits limits;
    limits.pages = 5;
    PageTrail trail(url_of(kEndpoint).origin(), limits);
    for (int i = 1; i < 5; ++i) REQUIRE(next(trail, "/a?cursor=" + std::to_string(i), 1, std::to_string(i)));  // five pages with the last
    CHECK(next(trail, "/a?cursor=5", 1, "5").error().code == ErrorCode::BadResponse);
  }
  SECTION("empty pages in a row") {
    PageLimits limits;
    limits.empty_in_a_row = 3;
    PageTrail trail(url_of(kEndpoint).origin(), limits);
    REQUIRE(next(trail, "/a?cursor=1", 0));
    REQUIRE(next(trail, "/a?cursor=2", 0));
    REQUIRE(next(trail, "/a?cursor=3", 1));
    REQUIRE(next(trail, "/a?cursor=4", 0));
    REQUIRE(next(trail, "/a?cursor=5", 0));
    CHECK(next(trail, "/a?cursor=6", 0).error().code == ErrorCode::BadResponse);
  }
  SECTION("the same page under ever new cursors") {
    PageLimits limits;
    limits.repeats = 2;
    PageTrail trail(url_of(kEndpoint).origin(), limits);
    REQUIRE(next(trail, "/a?cursor=1", 1, "same"));
    REQUIRE(next(trail, "/a?cursor=2", 1, "same"));
    CHECK(next(trail, "/a?cursor=3", 1, "same").error().code == ErrorCode::BadResponse);
  }
}

TEST_CASE("PageLimits: the numbers of the limits table", "[hub][pages]") {  // docs/hub-protocol.md "Limits"
  CHECK(PageLimits().pages == 20'000);
  CHECK(PageLimits().page_bytes == 64UL * 1024 * 1024);
}
