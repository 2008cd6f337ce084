#include <larder/base/url.hpp>

#include "support/catch.hpp"

using larder::ErrorCode;
using larder::Origin;
using larder::percent_decode;
using larder::percent_encode;
using larder::percent_encode_path;
using larder::Url;

namespace {

Url url(std::string_view text) {
  auto parsed = Url::parse(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("Url: parts are taken apart and put together again", "[base][url]") {
  const auto parsed = url("HTTPS://Hub.Example:8443/a%2Fb/c?x=1&y=2#frag");
  CHECK(parsed.origin() == Origin{"https", "hub.example", 8443});
  CHECK(parsed.path() == "/a%2Fb/c");
  CHECK(parsed.query() == "x=1&y=2");
  CHECK(parsed.full() == "https://hub.example:8443/a%2Fb/c?x=1&y=2");
  CHECK(parsed.redacted() == "https://hub.example:8443/a%2Fb/c?…");
}

TEST_CASE("Url: default ports, empty paths and brackets", "[base][url]") {
  struct Row {
    const char* in;
    const char* full;
    int port;
  };
  const auto row =
      GENERATE(Row{"http://h", "http://h/", 80}, Row{"https://h", "https://h/", 443}, Row{"https://h:443/", "https://h/", 443},
               Row{"http://h:443/", "http://h:443/", 443}, Row{"http://h:/p", "http://h/p", 80}, Row{"http://h?q", "http://h/?q", 80},
               Row{"http://[::1]:80/x", "http://[::1]/x", 80}, Row{"http://[2001:DB8::1]:9/", "http://[2001:db8::1]:9/", 9},
               Row{"http://h/a/../b", "http://h/a/../b", 80}, Row{"http://h/p\xc3\xa9", "http://h/p%C3%A9", 80});
  INFO(row.in);
  const auto parsed = url(row.in);
  CHECK(parsed.full() == row.full);
  CHECK(parsed.origin().port == row.port);
}

TEST_CASE("Url: what is no clean http URL is refused, and the message holds no query", "[base][url]") {
  const auto* text = GENERATE("", "h", "ftp://h/", "file:///etc/passwd", "http:/h", "http:h", "http://", "http:///p", "http://u@h/",
                              "http://u:p@h/", "http://h:0/", "http://h:65536/", "http://h:8x/", "http://h:-1/", "http://a b/",
                              "http://h/a b", "http://h/\r\nX: y", "http://h/\x7f", "http://[::1/", "http://[zz]/", "http://h\\@evil/",
                              "http://.h/", "http://%68/", "//h/p", "http://[::1]x/", "http://h?secret=\n");
  INFO(text);
  const auto parsed = Url::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::InvalidArgument);
  CHECK(parsed.error().message.find("secret") == std::string::npos);
}

TEST_CASE("Url: 16 KiB are accepted, one byte more is not", "[base][url]") {
  const std::string start = "http://h/";
  CHECK(Url::parse(start + std::string(16 * 1024 - start.size(), 'a')));
  CHECK_FALSE(Url::parse(start + std::string(16 * 1024 - start.size() + 1, 'a')));
}

// RFC 3986 §5.4.1 and §5.4.2, for the base http://a/b/c/d;p?q; fragments are dropped, an empty reference is malformed here (N37).
TEST_CASE("Url: references resolve as RFC 3986 lists them", "[base][url]") {
  struct Row {
    const char* reference;
    const char* result;
  };
  const auto row =
      GENERATE(Row{"g", "http://a/b/c/g"}, Row{"./g", "http://a/b/c/g"}, Row{"g/", "http://a/b/c/g/"}, Row{"/g", "http://a/g"},
               Row{"//g", "http://g/"}, Row{"?y", "http://a/b/c/d;p?y"}, Row{"g?y", "http://a/b/c/g?y"}, Row{"#s", "http://a/b/c/d;p?q"},
               Row{"g#s", "http://a/b/c/g"}, Row{"g?y#s", "http://a/b/c/g?y"}, Row{";x", "http://a/b/c/;x"}, Row{"g;x", "http://a/b/c/g;x"},
               Row{"g;x?y#s", "http://a/b/c/g;x?y"}, Row{".", "http://a/b/c/"}, Row{"./", "http://a/b/c/"}, Row{"..", "http://a/b/"},
               Row{"../", "http://a/b/"}, Row{"../g", "http://a/b/g"}, Row{"../..", "http://a/"}, Row{"../../", "http://a/"},
               Row{"../../g", "http://a/g"}, Row{"../../../g", "http://a/g"}, Row{"../../../../g", "http://a/g"}, Row{"/./g", "http://a/g"},
               Row{"/../g", "http://a/g"}, Row{"g.", "http://a/b/c/g."}, Row{".g", "http://a/b/c/.g"}, Row{"g..", "http://a/b/c/g.."},
               Row{"..g", "http://a/b/c/..g"}, Row{"./../g", "http://a/b/g"}, Row{"./g/.", "http://a/b/c/g/"},
               Row{"g/./h", "http://a/b/c/g/h"}, Row{"g/../h", "http://a/b/c/h"}, Row{"g;x=1/./y", "http://a/b/c/g;x=1/y"},
               Row{"g;x=1/../y", "http://a/b/c/y"}, Row{"g?y/./x", "http://a/b/c/g?y/./x"}, Row{"g?y/../x", "http://a/b/c/g?y/../x"},
               Row{"HTTP://X/y/../z?k", "http://x/z?k"}, Row{"https://x:8443", "https://x:8443/"}, Row{"/a//b", "http://a/a//b"});
  INFO(row.reference);
  const auto joined = url("http://a/b/c/d;p?q").join(row.reference);
  REQUIRE(joined);
  CHECK(joined->full() == row.result);
}

TEST_CASE("Url: a reference to another scheme is unsafe, a malformed one a bad response", "[base][url]") {  // T26 T29 N37
  const auto base = url("https://h/p");
  for (const auto* unsafe : {"file:///etc/passwd", "ftp://h/", "gopher://h/", "data:,x", "javascript:1", "unix:/run/x"}) {
    INFO(unsafe);
    const auto joined = base.join(unsafe);
    REQUIRE_FALSE(joined);
    CHECK(joined.error().code == ErrorCode::UnsafeRedirect);
  }
  for (const auto& bad : {std::string(), std::string("/a\r\nb"), std::string("/a b"), std::string("//"), std::string("http://"),
                          std::string("//u:p@h/"), std::string("http:x"), std::string("\\\\h\\x"), std::string(64 * 1024, 'a')}) {
    const auto joined = base.join(bad);
    REQUIRE_FALSE(joined);
    CHECK(joined.error().code == ErrorCode::BadResponse);
  }
}

TEST_CASE("Origin: loopback is decided by address, never by the look of a name", "[base][url]") {
  for (const auto* text : {"http://localhost:1/", "http://127.0.0.1/", "http://127.255.255.254/", "http://[::1]/",
                           "http://[0:0:0:0:0:0:0:1]/", "http://LOCALHOST/"}) {
    INFO(text);
    CHECK(url(text).origin().is_loopback());
  }
  for (const auto* text : {"http://127.example.org/", "http://localhost.example.org/", "http://128.0.0.1/", "http://[::2]/",
                           "http://127.1.evil/", "http://xlocalhost/"}) {
    INFO(text);
    CHECK_FALSE(url(text).origin().is_loopback());
  }
}

TEST_CASE("Origin: equality is scheme, host and port", "[base][url]") {
  CHECK(url("https://h/a").origin() == url("https://H:443/b").origin());
  CHECK_FALSE(url("https://h/").origin() == url("http://h/").origin());
  CHECK_FALSE(url("https://h:1/").origin() == url("https://h:2/").origin());
  CHECK(url("https://h:8443/").origin().host_text() == "h:8443");
  CHECK(url("https://h/").origin().text() == "https://h");
}

TEST_CASE("percent_encode: the unreserved stay, all else goes", "[base][url]") {  // R-109 R-112
  CHECK(percent_encode("AZaz09_.-~") == "AZaz09_.-~");
  CHECK(percent_encode("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(percent_encode_path("a b/ü#?%.txt") == "a%20b/%C3%BC%23%3F%25.txt");
  CHECK(percent_encode(std::string_view("\0\xff+", 3)) == "%00%FF%2B");
}

TEST_CASE("percent_decode: undoes every encoding and keeps what is no pair", "[base][url]") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_decode("%2f%2F%") == "//%");
  CHECK(percent_decode("%zz%4") == "%zz%4");
  CHECK(percent_decode("%2541") == "%41");  // once only
}
