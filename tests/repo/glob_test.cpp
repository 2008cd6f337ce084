#include <larder/repo/glob.hpp>

#include "repo/code_points.hpp"
#include "support/catch.hpp"

#include <chrono>

using namespace larder::repo;

namespace {

bool matches(std::string_view pattern, std::string_view text) { return Glob(pattern).matches(code_points(text)); }

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("Glob: sets as Python reads them", "[repo][glob]") {  // R-705; every row as fnmatch.fnmatchcase of Python 3.11 answers
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Row& row : {
           Row{"[a-c-e]", "b", true},   Row{"[a-c-e]", "-", true},      Row{"[a-c-e]", "d", false},      Row{"[a-c-e]", "e", true},
           Row{"[c-aa]", "a", true},    Row{"[c-aa]", "b", false},      Row{"[c-aa]", "c", false},       Row{"[!z-a]", "q", true},
           Row{"[z-a]", "z", false},    Row{"[[:alpha:]]", "a]", true}, Row{"[[:alpha:]]", "z]", false}, Row{"[^a]", "^", true},
           Row{"[^a]", "b", false},     Row{"[]]", "]", true},          Row{"[!]]", "]", false},         Row{"[!]]", "x", true},
           Row{"[]-a]", "^", true},     Row{"[--0]", ".", true},        Row{"[a--]", "-", false},        Row{"[-a]", "-", true},
           Row{"[a-]", "-", true},      Row{"[!-a]", "-", false},       Row{"[!-a]", "b", true},         Row{"[c-a!x]", "!", true},
           Row{"[c-a!x]", "x", false},  Row{"[c-a!x]", "q", true},      Row{"[c-a!]", "q", true},        Row{"[c-a!-x]", "-", false},
           Row{"[c-a!-x]", "x", false}, Row{"[c-a!-x]", "5", true},     Row{"[c-ae-d!x]", "a", true},    Row{"[c-a]", "c", false},
           Row{"[", "[", true},         Row{"[]", "[]", true},          Row{"[!", "[!", true},           Row{"[!]", "[!]", true},
           Row{"[a", "[a", true},       Row{"[a/b]", "/", true},        Row{"[&&x]", "&", true},         Row{"[!a-b-d]", "-", false},
           Row{"[é-ü]", "ö", true},     Row{"[é-ü]", "z", false},       Row{"[!é]", "é", false},         Row{"[a-😀]", "日", true},
       }) {
    INFO(row.pattern << " / " << row.text);
    CHECK(matches(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("Glob: stars, question marks and text", "[repo][glob]") {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Row& row : {
           Row{"", "", true},          Row{"", "a", false},         Row{"*", "", true},
           Row{"**", "a/b", true},     Row{"a*", "a", true},        Row{"*a", "ba", true},
           Row{"*a", "ab", false},     Row{"a*b*c", "axbxc", true}, Row{"a*b*c", "abc", true},
           Row{"a*b*c", "acb", false}, Row{"*ab*ab", "abab", true}, Row{"*ab*ab", "ab", false},
           Row{"ab*ba", "aba", false}, Row{"?", "é", true},         Row{"?", "e\u0301", false},
           Row{"??", "e\u0301", true}, Row{"?", "", false},         Row{"?", "/", true},
           Row{"*?", "x", true},       Row{"?*?", "x", false},      Row{"a.b", "axb", false},
           Row{"a+b", "a+b", true},    Row{"(a|b)", "a", false},    Row{"*.j?on", "x.json", true},
           Row{"\\*", "\\x", true},    Row{"*\n*", "a\nb", true},   Row{"*[ab]*[ab]", "xaxb", true},
           Row{"*aab", "aaab", true},
       }) {
    INFO(row.pattern << " / " << row.text);
    CHECK(matches(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("Glob: bytes that are no UTF-8 match themselves and one question mark", "[repo][glob]") {
  CHECK(matches("a\xff", "a\xff"));
  CHECK_FALSE(matches("a\xff", "a\xfe"));
  CHECK(matches("?", "\xff"));
  CHECK(matches("??", "\xe2\x82"));
}

TEST_CASE("Glob: runs of any length are found where they are", "[repo][glob]") {
  for (const std::size_t length : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{127}, std::size_t{128},
                                   std::size_t{129}, std::size_t{500}}) {
    std::string run;
    for (std::size_t i = 0; i < length; ++i) run += static_cast<char>('a' + i % 7);
    run.back() = 'z';
    INFO(length);
    CHECK(matches("*" + run + "*", run));
    CHECK(matches("*" + run + "*", "abcabc" + run + "abc"));
    CHECK(matches("*" + run + "*" + run + "*", run + run));
    CHECK_FALSE(matches("*" + run + "*" + run + "*", run + run.substr(1)));
    CHECK_FALSE(matches("*" + run + "*", run.substr(0, length - 1) + "y"));
    CHECK_FALSE(matches("*" + run + "*x", run));
    CHECK(matches("*" + repeated("?", length) + "*", run));
    CHECK_FALSE(matches("*" + repeated("[!z]", length) + "*", run));
  }
}

TEST_CASE("Glob: no pattern of ten thousand characters takes long", "[repo][glob]") {
  const std::string as(10'000, 'a');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {repeated("*a", 5'000) + "b", as},
      {"*" + std::string(5'000, 'a') + "b*", as},
      {repeated("?*", 5'000) + "b", as},
      {repeated("[", 10'000), as},
      {repeated("[!", 5'000), as},
      {repeated("*[a-z]", 1'600) + "b", as},
      {"*[" + repeated("bd", 4'990) + "]b", as},
      {std::string(10'000, '*') + "b", as},
      {"[" + repeated("z-a", 3'300) + "]", "a"},
      {"*" + repeated("?", 5'000) + "b*", as},
      {"*" + repeated("[ac]", 2'500) + "b*", as},
  };
  for (const auto& [pattern, text] : cases) {
    INFO(pattern.substr(0, 30));
    const auto before = std::chrono::steady_clock::now();
    CHECK_FALSE(matches(pattern, text));
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took < std::chrono::milliseconds(1'000));  // 50 ms when optimised; this also holds under sanitizers
  }
}
