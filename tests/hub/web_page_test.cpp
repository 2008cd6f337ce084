#include "hub/web_page.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::hub;

TEST_CASE("is_web_page: by type or by how it begins", "[hub][web_page]") {  // T36
  net::ResponseHead html;
  REQUIRE(html.headers.add("Content-Type", "text/html; charset=utf-8"));
  CHECK(is_web_page(html, "x"));
  CHECK(is_web_page({}, " \n<!DOCTYPE html><html>"));
  CHECK(is_web_page({}, "<HTML>"));
  CHECK_FALSE(is_web_page({}, "[]"));
  CHECK_FALSE(is_web_page({}, ""));
}

TEST_CASE("page_title: short, harmless, one line", "[hub][web_page]") {
  CHECK(page_title("<html><head><title>Hotel\n  Wi-Fi </title>") == "Hotel Wi-Fi");
  CHECK(page_title("<TITLE lang=en>Sign in</TITLE>") == "Sign in");
  CHECK(page_title("<title>a\x1b[31mb</title>") == "a\\x1b[31mb");
  CHECK(page_title("<title></title>").empty());
  CHECK(page_title("<title>never closed").empty());
  CHECK(page_title("<title").empty());
  CHECK(page_title("no title").empty());
  CHECK(page_title("<title>" + std::string(10'000, 'x') + "</title>").size() <= 123);
}
