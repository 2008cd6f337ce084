#include "base/json_cleaner.hpp"

#include "support/catch.hpp"

#include <random>

using larder::JsonCleaner;

namespace {

std::string cleaned(std::string_view text, std::size_t piece) {
  JsonCleaner cleaner;
  std::string out;
  for (; text.size() > piece; text.remove_prefix(piece)) cleaner.feed(text.substr(0, piece), JsonCleaner::Piece::More, out);
  cleaner.feed(text, JsonCleaner::Piece::More, out);
  cleaner.feed({}, JsonCleaner::Piece::Last, out);
  return out;
}

}  // namespace

TEST_CASE("JsonCleaner: only broken strings change, whatever the pieces", "[base][json_clean]") {  // T3
  struct Row {
    std::string in;
    std::string out;
  };
  const auto row = GENERATE(Row{R"({"a": [1, true, "b\"\\"], "é": "\n\u00e9"})", R"({"a": [1, true, "b\"\\"], "é": "\n\u00e9"})"},
                            Row{R"(["\ud83d\ude00"])", R"(["\ud83d\ude00"])"}, Row{R"(["\ud800"])", R"(["\u0000"])"},
                            Row{R"(["\udc00x"])", R"(["\u0000x"])"}, Row{R"(["\ud800\ud83d\ude00"])", R"(["\u0000\ud83d\ude00"])"},
                            Row{R"(["\ud800\u0041"])", R"(["\u0000\u0041"])"}, Row{R"(["\\ud800"])", R"(["\\ud800"])"},
                            Row{"[\"a\xff\x62\"]", R"(["a\u0000b"])"}, Row{"[\"\xc3\"]", R"(["\u0000"])"},
                            Row{"[\"\xed\xa0\x80\"]", R"(["\u0000\u0000\u0000"])"}, Row{"[\"\xf0\x9f\x98", "[\"\\u0000\\u0000\\u0000"},
                            Row{"\xff[", "\xff["}, Row{R"(["\u00)", R"(["\u00)"}, Row{R"(["\)", R"(["\)"}, Row{"", ""});
  for (std::size_t piece = 1; piece <= row.in.size() + 1; ++piece) {
    INFO(row.in << " in pieces of " << piece);
    REQUIRE(cleaned(row.in, piece) == row.out);
  }
}

TEST_CASE("JsonCleaner: pieces never change the result", "[base][json_clean]") {
  std::mt19937 random(3);
  const std::string alphabet = "\"\\u{}[]d8c0aAf\xc3\xa9\xff\xf0\x9f";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (auto& c : text) c = alphabet[random() % alphabet.size()];
    const auto whole = cleaned(text, 1000);
    REQUIRE(cleaned(text, 1 + random() % 7) == whole);
  }
}
