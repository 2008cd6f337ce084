#include "base/escape.hpp"

#include "base/utf8.hpp"
#include "support/catch.hpp"

#include <random>

using larder::escape_text;

TEST_CASE("escape_text: ordinary text of any script passes", "[base][escape]") {
  for (const auto* text : {"", "model-00001-of-00002.safetensors", "C:\\x", "naïve 模型 ✨ 👩‍🚀", "שלום"})
    CHECK(escape_text(text) == text);
}

TEST_CASE("escape_text: controls, marks and broken bytes become visible", "[base][escape]") {  // T3
  struct Row {
    std::string in;
    const char* out;
  };
  const auto row =
      GENERATE(Row{"a\nb", "a\\nb"}, Row{"\r\t", "\\r\\t"}, Row{"\x1b[31m", "\\x1b[31m"}, Row{std::string(1, '\0'), "\\x00"},
               Row{"\x7f", "\\x7f"}, Row{"\xc2\x80\xc2\x9f", "\\u0080\\u009f"}, Row{"\xe2\x80\xae", "\\u202e"},
               Row{"\xe2\x80\xa8", "\\u2028"}, Row{"\xe2\x81\xa6", "\\u2066"}, Row{"\xef\xbb\xbf", "\\ufeff"}, Row{"\xd8\x9c", "\\u061c"},
               Row{"\xff", "\\xff"}, Row{"a\xc3", "a\\xc3"}, Row{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, Row{"\xc0\xaf", "\\xc0\\xaf"},
               Row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"});
  CHECK(escape_text(row.in) == row.out);
}

TEST_CASE("escape_text: random bytes come out as UTF-8 without controls, and once is enough", "[base][escape]") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 24, '\0');
    for (auto& c : text) c = static_cast<char>(random() % 4 == 0 ? 0xc0 + random() % 64 : random() % 256);
    const auto out = escape_text(text);
    REQUIRE(larder::is_utf8(out));
    for (const char c : out) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    REQUIRE(escape_text(out) == out);
  }
}

TEST_CASE("escape_text: a limit counts bytes of output and shows that something is missing", "[base][escape]") {  // T35
  CHECK(escape_text("abcdef", 6) == "abcdef");
  CHECK(escape_text("abcdefg", 6) == "abc…");
  CHECK(escape_text(std::string(10'000'000, '\n'), 500).size() <= 500);
  CHECK(escape_text("ééééé", 8) == "éé…");
  for (std::size_t limit = 0; limit < 20; ++limit) {
    const auto out = escape_text("\xff\xc3\xa9\x01模型abc\xe2\x80\xae", limit);
    CHECK(out.size() <= limit);
    CHECK(larder::is_utf8(out));
  }
}
