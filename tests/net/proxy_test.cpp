#include "net/proxy.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;

namespace {

bool exempt(const std::string& url, const std::string& no_proxy) { return is_proxy_exempt(Url::parse(url)->origin(), no_proxy); }

}  // namespace

TEST_CASE("choose_proxy: by scheme, nothing means direct", "[net][proxy]") {  // R-910
  NetworkSettings settings;
  settings.http_proxy = "http://plain.example:3128";
  settings.https_proxy = "socks5h://user:pass@tls.example:1080/";
  const auto plain = choose_proxy(*Url::parse("http://h/"), settings);
  REQUIRE(plain);
  REQUIRE(*plain);
  CHECK((*plain)->url.reveal() == "http://plain.example:3128");
  const auto tls = choose_proxy(*Url::parse("https://h/"), settings);
  REQUIRE(tls);
  REQUIRE(*tls);
  CHECK((*tls)->url.reveal() == "socks5h://user:pass@tls.example:1080");
  CHECK((*tls)->shown == "socks5h://tls.example:1080");  // T45
  settings.no_proxy = "h";
  CHECK_FALSE(*choose_proxy(*Url::parse("https://h/"), settings));
  CHECK_FALSE(*choose_proxy(*Url::parse("https://h/"), NetworkSettings{}));
}

TEST_CASE("choose_proxy: a host alone is an http proxy; nonsense is an error without the password", "[net][proxy]") {
  NetworkSettings settings;
  settings.https_proxy = "proxy.example:3128";
  settings.http_proxy_name = "another";
  CHECK((*choose_proxy(*Url::parse("https://h/"), settings))->url.reveal() == "http://proxy.example:3128");
  settings.https_proxy = " u:p@w@proxy.example ";
  CHECK((*choose_proxy(*Url::parse("https://h/"), settings))->shown == "http://proxy.example");
  for (const std::string text : {"ftp://u:hidden@proxy", "http://", "http://u:hidden@", "http://:3128", "http://u:hidden@a b",
                                 "http://a\r\nb", "://hidden", "file:///hidden"}) {
    CAPTURE(text);
    settings.https_proxy = text;
    const auto proxy = choose_proxy(*Url::parse("https://h/"), settings);
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().code == ErrorCode::InvalidConfig);
    CHECK(proxy.error().message.find("hidden") == std::string::npos);
    CHECK(proxy.error().message.starts_with("https_proxy: "));
  }
}

TEST_CASE("no_proxy: names and suffixes", "[net][proxy]") {  // N40
  CHECK(exempt("https://example.com/", "example.com"));
  CHECK(exempt("https://a.b.example.com/", "example.com"));
  CHECK(exempt("https://a.example.com/", ".example.com"));
  CHECK(exempt("https://example.com/", ".example.com"));
  CHECK(exempt("https://a.example.com/", "*.example.com"));
  CHECK(exempt("https://EXAMPLE.com/", "Example.COM"));
  CHECK(exempt("https://example.com./", "example.com"));
  CHECK(exempt("https://x/", "*"));
  CHECK(exempt("https://x/", "a, b , *"));
  CHECK(exempt("https://b/", "a b\tc"));
  CHECK(exempt("https://localhost/", "localhost,127.0.0.1"));
  CHECK_FALSE(exempt("https://notexample.com/", "example.com"));
  CHECK_FALSE(exempt("https://example.com.evil/", "example.com"));
  CHECK_FALSE(exempt("https://com/", "example.com"));
  CHECK_FALSE(exempt("https://example.com/", ""));
  CHECK_FALSE(exempt("https://example.com/", " , ,, "));
  CHECK_FALSE(exempt("https://example.com/", "."));
  CHECK_FALSE(exempt("https://127.0.0.1/", "localhost"));
}

TEST_CASE("no_proxy: ports", "[net][proxy]") {
  CHECK(exempt("https://example.com:8443/", "example.com:8443"));
  CHECK(exempt("https://a.example.com:8443/", ".example.com:8443"));
  CHECK(exempt("https://example.com/", "example.com:443"));
  CHECK(exempt("http://127.0.0.1:80/", "127.0.0.1:80"));
  CHECK(exempt("http://[::1]:8080/", "[::1]:8080"));
  CHECK_FALSE(exempt("https://example.com/", "example.com:8443"));
  CHECK_FALSE(exempt("http://[::1]:8081/", "[::1]:8080"));
}

TEST_CASE("no_proxy: addresses and blocks", "[net][proxy]") {
  CHECK(exempt("http://10.1.2.3/", "10.1.2.3"));
  CHECK(exempt("http://10.1.2.3/", "10.0.0.0/8"));
  CHECK(exempt("http://10.1.2.3/", "10.1.2.3/32"));
  CHECK(exempt("http://10.1.2.3/", "0.0.0.0/0"));
  CHECK(exempt("http://192.168.129.1/", "192.168.128.0/17"));
  CHECK(exempt("http://[::1]/", "::1"));
  CHECK(exempt("http://[::1]/", "[::1]"));
  CHECK(exempt("http://[fd00::1]/", "fd00::/8"));
  CHECK(exempt("http://[0:0:0:0:0:0:0:1]/", "::1"));
  CHECK_FALSE(exempt("http://192.168.127.1/", "192.168.128.0/17"));
  CHECK_FALSE(exempt("http://11.1.2.3/", "10.0.0.0/8"));
  CHECK_FALSE(exempt("http://10.1.2.3/", "fd00::/8"));
  CHECK_FALSE(exempt("http://10.1.2.3/", "10.0.0.0/33"));
  CHECK_FALSE(exempt("http://10.1.2.3/", "10.0.0.0/"));
  CHECK_FALSE(exempt("http://10.1.2.3/", "10.0.0.0/x"));
  CHECK_FALSE(exempt("http://10.1.2.3/", "/8"));
  CHECK_FALSE(exempt("http://ten.example/", "10.0.0.0/8"));
  CHECK_FALSE(exempt("http://110.1.2.3/", "10.1.2.3"));
}
