#include "net/headers.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;
using namespace std::chrono_literals;

namespace {

// 2026-11-23T22:05:00Z
const WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + 22h + 5min;

Headers with(std::vector<std::pair<std::string, std::string>> fields) {
  Headers headers;
  for (auto& [name, value] : fields) REQUIRE(headers.add(name, value));
  return headers;
}

}  // namespace

TEST_CASE("Content-Range: what a server may say", "[net][headers]") {
  struct Case {
    std::string text;
    std::optional<ByteRange> range;
    std::optional<std::uint64_t> total;
  };
  for (const Case& c :
       {Case{"bytes 0-0/1", ByteRange{0, 1}, 1}, Case{"bytes 10-19/100", ByteRange{10, 20}, 100},
        Case{"BYTES 10-19/*", ByteRange{10, 20}, std::nullopt}, Case{"bytes */100", std::nullopt, 100},
        Case{"  bytes   5-5/6 ", ByteRange{5, 6}, 6}, Case{"bytes */0", std::nullopt, 0},
        Case{"bytes 0-9223372036854775805/9223372036854775806", ByteRange{0, 9223372036854775806U}, 9223372036854775806U}}) {
    CAPTURE(c.text);
    const auto parsed = parse_content_range(c.text);
    REQUIRE(parsed);
    CHECK(parsed->range == c.range);
    CHECK(parsed->total == c.total);
  }
}

TEST_CASE("Content-Range: what it must not say", "[net][headers]") {  // T30
  for (const std::string text : {"",
                                 "bytes",
                                 "bytes ",
                                 "bytes 0-1",
                                 "0-1/2",
                                 "items 0-1/2",
                                 "bytes 2-1/9",
                                 "bytes 0-2/2",
                                 "bytes 0-1/1",
                                 "bytes -1-2/9",
                                 "bytes +0-1/9",
                                 "bytes 0-1/-9",
                                 "bytes 0-1/9x",
                                 "bytes 0x0-1/9",
                                 "bytes 0 - 1/9",
                                 "bytes */*",
                                 "bytes 0-/9",
                                 "bytes -9/9",
                                 "bytes 0-1,3-4/9",
                                 "bytes 0-1/",
                                 "bytes /9",
                                 "bytes 0-1/2/3",
                                 "bytes 0-18446744073709551615/*",
                                 "bytes 0-9223372036854775807/*",
                                 "bytes 0-99999999999999999999999/*",
                                 "bytes=0-1/2",
                                 "multipart/byteranges"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_content_range(text));
  }
}

TEST_CASE("HTTP-date: three forms and no others", "[net][headers]") {
  const WallTime expected = WallTime(std::chrono::sys_days(std::chrono::year(1994) / 11 / 6)) + 8h + 49min + 37s;
  for (const std::string text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_http_date(text, kNow) == expected);
  }
  // A year of two digits at most 50 years ahead is in this century.
  CHECK(parse_http_date("Monday, 23-Nov-76 00:00:00 GMT", kNow) == WallTime(std::chrono::sys_days(std::chrono::year(2076) / 11 / 23)));
  CHECK(parse_http_date("Monday, 23-Nov-77 00:00:00 GMT", kNow) == WallTime(std::chrono::sys_days(std::chrono::year(1977) / 11 / 23)));
  for (const std::string text :
       {"", "GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT GMT", ",,,,,,,,,,,,"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text, kNow));
  }
}

TEST_CASE("Retry-After: digits or a date, garbage is nothing", "[net][headers]") {  // T-34, N16, N17
  struct Case {
    std::string text;
    std::optional<std::chrono::seconds> wait;
  };
  for (const Case& c :
       {Case{"120", 120s}, Case{" 7 ", 7s}, Case{"0", 0s}, Case{"-1", std::nullopt}, Case{"1.5", std::nullopt}, Case{"", std::nullopt},
        Case{"+3", std::nullopt}, Case{"soon", std::nullopt}, Case{"0x10", std::nullopt}, Case{"Mon, 23 Nov 2026 22:05:30 GMT", 30s},
        Case{"Mon, 23 Nov 2026 22:04:00 GMT", 0s}, Case{"86400", 86400s}, Case{"99999999999999999999999999", 315360000s}}) {
    CAPTURE(c.text);
    CHECK(parse_retry_after(c.text, kNow) == c.wait);
  }
  // A fraction of a second of our own clock is rounded up: a floor is a floor.
  CHECK(parse_retry_after("Mon, 23 Nov 2026 22:05:30 GMT", kNow + 1ms) == 30s);
}

TEST_CASE("ratelimit: T-31 to T-33", "[net][headers]") {
  const auto api = parse_rate_limit("\"api\";r=0;t=55");
  REQUIRE(api);
  CHECK(api->resource == "api");
  CHECK(api->remaining == 0);
  CHECK(api->reset == 55s);
  const auto spaced = parse_rate_limit("\"resolvers\"; r = 12 ; t = 3");
  REQUIRE(spaced);
  CHECK(spaced->resource == "resolvers");
  CHECK(spaced->remaining == 12);
  CHECK(spaced->reset == 3s);
  CHECK(parse_rate_limit("\"api\";r=1;t=5, \"other\";r=0;t=7")->reset == 5s);
  const auto policy = parse_rate_limit_policy("\"fixed window\";\"api\";q=500;w=300");
  REQUIRE(policy);
  CHECK(policy->resource == "api");
  CHECK(policy->quota == 500);
  CHECK(policy->window == 300s);
  for (const std::string text : {"api;r=0;t=1", "\"a-b\";r=0;t=1", "\"api\";t=55;r=0", "\"api\"", "", "\"\";r=0;t=1", "\"api\";r=-1;t=1",
                                 "\"api\";r=0;t=", "\"api\";r=0", ";;", "\"api", "\"api\";r=0;t=1s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate_limit(text));
  }
}

TEST_CASE("ratelimit: only an empty quota asks for a pause, one second longer than its reset", "[net][headers]") {
  CHECK(quota_pause(with({{"RateLimit", "\"api\";r=0;t=55"}})) == 56s);
  CHECK_FALSE(quota_pause(with({{"RateLimit", "\"api\";r=1;t=55"}})));
  CHECK_FALSE(quota_pause(with({})));
  CHECK(asked_pause(with({{"ratelimit", "\"api\";r=0;t=5"}, {"Retry-After", "9"}}), kNow) == 9s);
  CHECK(asked_pause(with({{"ratelimit", "\"api\";r=0;t=50"}, {"Retry-After", "9"}}), kNow) == 51s);
  CHECK(asked_pause(with({{"ratelimit", "\"api\";r=3;t=50"}, {"Retry-After", "9"}}), kNow) == 9s);
  CHECK_FALSE(asked_pause(with({{"Retry-After", "soon"}}), kNow));
}

TEST_CASE("Link: the next page, however it is written", "[net][headers]") {
  struct Case {
    std::string text;
    std::optional<std::string> next;
  };
  for (const Case& c : {
           Case{"<https://h/a?cursor=x>; rel=\"next\"", "https://h/a?cursor=x"},
           Case{"<https://h/a>; rel=next", "https://h/a"},
           Case{"<https://h/a>;REL=\"NEXT\"", "https://h/a"},
           Case{"<p>; rel=\"prev\", <n>; rel=\"next\", <l>; rel=last", "n"},
           Case{"<p>; rel=prev,<n>; rel=next", "n"},
           Case{"<a,b;c\"d>; rel=\"next\"", "a,b;c\"d"},
           Case{"<x>; title=\"a, <y>; rel=\\\"next\\\"\"; rel=\"next\"", "x"},
           Case{"<x>; title=\"no, <y>; rel=next\"; rel=\"prev\"", std::nullopt},
           Case{"<x>; rel=\"prev next\"", "x"},
           Case{"<x>; rel=\"nextish\"", std::nullopt},
           Case{"<x>; rel=prev; rel=next", std::nullopt},
           Case{"<x>; anchor=\"#f\"; rel = \"next\" ; foo", "x"},
           Case{"<>; rel=next", ""},
           Case{"<x>", std::nullopt},
           Case{"<x>; rel=\"next", "x"},
           Case{"<x>; rel=\"next\\", std::nullopt},
           Case{"<x>;;; ;rel=next", "x"},
           Case{"", std::nullopt},
           Case{",,,,", std::nullopt},
       }) {
    CAPTURE(c.text);
    CHECK(next_link(with({{"Link", c.text}})).value() == c.next);
  }
  CHECK(next_link(with({{"link", "<p>; rel=prev"}, {"LINK", "<n>; rel=next"}})).value() == "n");
  CHECK_FALSE(next_link(with({})).value());
}

TEST_CASE("Link: what cannot be read is no end of a listing", "[net][headers]") {  // T24
  for (const std::string text : {"<x", "x; rel=next", ";;;", "<<x>>; rel=next", "<p>; rel=prev, n; rel=next"}) {
    CAPTURE(text);
    const auto next = next_link(with({{"Link", text}}));
    REQUIRE_FALSE(next);
    CHECK(next.error().code == ErrorCode::BadResponse);
  }
  CHECK(next_link(with({{"Link", "<n>; rel=next, garbage"}})).value() == "n");
}

TEST_CASE("Content-Encoding: anything but identity counts", "[net][headers]") {  // R-316, T22
  CHECK(is_content_encoded(with({{"Content-Encoding", "gzip"}})));
  CHECK(is_content_encoded(with({{"content-encoding", "identity, br"}})));
  CHECK(is_content_encoded(with({{"content-encoding", "identity"}, {"content-encoding", "zstd"}})));
  CHECK_FALSE(is_content_encoded(with({{"content-encoding", "Identity"}})));
  CHECK_FALSE(is_content_encoded(with({{"content-encoding", " , "}})));
  CHECK_FALSE(is_content_encoded(with({})));
}

TEST_CASE("Signed URLs: when their signature ends", "[net][headers]") {  // engine.md §4
  const auto day = [](unsigned d) { return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / std::chrono::day(d))); };
  struct Case {
    std::string query;
    std::optional<WallTime> expiry;
  };
  for (const Case& c : {
           Case{"Expires=1795392000&Signature=x&Key-Pair-Id=y", day(23)},
           Case{"a=b&expires=1795392000", day(23)},
           Case{"X-Amz-Date=20261123T000000Z&X-Amz-Expires=3600", day(23) + 1h},
           Case{"X-Amz-Expires=86400&X-Amz-Date=20261123T000000Z&Expires=1795392000", day(23)},
           Case{"X-Goog-Date=20261123T000000Z&X-Goog-Expires=60", day(23) + 1min},
           Case{"X-Amz-Date=20261123T000000Z", std::nullopt},
           Case{"X-Amz-Date=20261323T000000Z&X-Amz-Expires=3600", std::nullopt},
           Case{"X-Amz-Date=2026-11-23T00:00:00Z&X-Amz-Expires=3600", std::nullopt},
           Case{"NotExpires=1795392000", std::nullopt},
           Case{"Expires=", std::nullopt},
           Case{"Expires=-5", std::nullopt},
           Case{"Expires=tomorrow", std::nullopt},
           Case{"Expires", std::nullopt},
           Case{"", std::nullopt},
       }) {
    CAPTURE(c.query);
    const auto url = Url::parse("https://cdn.example/file?" + c.query);
    REQUIRE(url);
    CHECK(signed_url_expiry(*url) == c.expiry);
  }
  // Numbers beyond all clocks are "not soon", and sums don't overflow.
  for (const std::string query : {"Expires=18446744073709551615", "X-Amz-Date=22500101T000000Z&X-Amz-Expires=18446744073709551615"}) {
    CHECK(signed_url_expiry(*Url::parse("https://cdn.example/?" + query)) > kNow + 24h * 365 * 100);
  }
}

TEST_CASE("Request id and warnings of the Hub", "[net][headers]") {
  CHECK(request_id(with({{"X-Amz-Cf-Id", "c"}, {"X-Amzn-Trace-Id", "b"}, {"X-Request-Id", "a"}})) == "a");
  CHECK(request_id(with({{"X-Amz-Cf-Id", "c"}, {"X-Request-Id", ""}})) == "c");
  CHECK(request_id(with({})).empty());
  CHECK(parse_warning("topic; a; b").topic == "topic");
  CHECK(parse_warning("topic; a; b").message == "a; b");
  CHECK(parse_warning("no topic").topic.empty());
  CHECK(parse_warning("no topic").message == "no topic");
}
