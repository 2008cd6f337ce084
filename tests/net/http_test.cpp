#include <larder/net/http.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;

TEST_CASE("Headers: names compare without case, values are trimmed, order stays", "[net][http]") {
  Headers headers;
  REQUIRE(headers.add("X-One", "  a \t"));
  REQUIRE(headers.add("x-one", "b"));
  CHECK(headers.find("X-ONE") == "a");
  CHECK(headers.find_all("x-One") == std::vector<std::string_view>{"a", "b"});
  CHECK_FALSE(headers.find("x-two"));
  CHECK(headers.all().size() == 2);
}

TEST_CASE("Headers: what could inject another header is refused and adds nothing", "[net][http]") {  // T34
  Headers headers;
  for (const std::string& value : {std::string("a\r\nb: c"), std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3),
                                   std::string("\x1b[0m"), std::string("\x7f")}) {
    CHECK_FALSE(headers.add("X", value));
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:"), std::string("a\r\n"), std::string("\xc3\xa4"), std::string("a\0", 2)}) {
    CHECK_FALSE(headers.add(name, "v"));
  }
  CHECK(headers.empty());
  CHECK(headers.add("X", "tab\there, \xc3\xa4 there"));
}

TEST_CASE("may_send: a token goes to its own origin only", "[net][http]") {  // R-416, T27, T28
  struct Case {
    std::string own, target;
    bool goes;
  };
  for (const Case& c :
       {Case{"https://huggingface.co", "https://huggingface.co/api", true},
        Case{"https://huggingface.co", "https://huggingface.co:443/x", true},
        Case{"https://huggingface.co", "http://huggingface.co/x", false},
        Case{"http://huggingface.co:443", "https://huggingface.co/x", false},
        Case{"https://huggingface.co", "https://huggingface.co:8443/x", false},
        Case{"https://huggingface.co", "https://cdn.huggingface.co/x", false}, Case{"https://huggingface.co", "https://hf.co/x", false},
        Case{"http://127.0.0.1:8080", "http://127.0.0.1:8080/x", true}, Case{"http://127.0.0.1:8080", "http://localhost:8080/x", false}}) {
    CAPTURE(c.own, c.target);
    const Credentials credentials{Secret("hf_x"), Url::parse(c.own)->origin()};
    CHECK(may_send(credentials, *Url::parse(c.target)) == c.goes);
  }
  CHECK_FALSE(may_send({Secret(), Url::parse("https://h")->origin()}, *Url::parse("https://h")));
}
