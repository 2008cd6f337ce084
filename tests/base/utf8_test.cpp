#include "base/utf8.hpp"

#include "support/catch.hpp"

namespace {

void append_utf8(std::string& out, char32_t value) {
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80U | ((value >> shift) & 0x3fU))); };
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out.push_back(static_cast<char>(0xc0U | (value >> 6U)));
    tail(0);
  } else if (value < 0x10000) {
    out.push_back(static_cast<char>(0xe0U | (value >> 12U)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0U | (value >> 18U)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

TEST_CASE("utf8: every scalar value goes there and back", "[base][utf8]") {
  for (char32_t value = 0; value <= 0x10ffff; ++value) {
    if (value >= 0xd800 && value <= 0xdfff) continue;
    std::string text;
    append_utf8(text, value);
    const auto point = larder::next_code_point(text);
    if (!point.is_valid || point.value != value || point.length != text.size()) FAIL("code point " << static_cast<unsigned>(value));
  }
}

TEST_CASE("utf8: ill-formed sequences are found", "[base][utf8]") {
  for (const auto* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3("}) {
    CHECK_FALSE(larder::is_utf8(text));
    CHECK_FALSE(larder::next_code_point(text).is_valid);
    CHECK(larder::next_code_point(text).length == 1);
  }
  CHECK(larder::is_utf8(""));
  CHECK(larder::is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
}

TEST_CASE("cut_utf8: cuts between code points", "[base][utf8]") {
  CHECK(larder::cut_utf8("a€b", 4) == "a€");
  CHECK(larder::cut_utf8("a€b", 3) == "a");
  CHECK(larder::cut_utf8("a€b", 1) == "a");
  CHECK(larder::cut_utf8("€", 2).empty());
  CHECK(larder::cut_utf8("abc", 9) == "abc");
  CHECK(larder::cut_utf8(std::string(10, '\x80'), 5).size() >= 2);
}
