// Patterns and paths: the same answer as Python's fnmatch, which is told here once more, slow and plain; and no input may take long.
#include <larder/repo/path_filter.hpp>

#include "fuzz/fuzz.hpp"
#include "repo/code_points.hpp"

#include <string>
#include <vector>

using namespace larder;

namespace {

constexpr std::size_t kMostForTheSlowWay = 300;

/// One position of a pattern: any run, or one code point in (or outside) some ranges.
struct Token {
  bool is_star = false;
  bool is_negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;

  [[nodiscard]] bool takes(char32_t point) const {
    for (const auto& [first, last] : ranges) {
      if (first <= point && point <= last) return !is_negated;
    }
    return is_negated;
  }
};

/// The text between brackets as fnmatch.translate of Python 3.11 cuts it: a range stands between the end of a chunk and the begin of the
/// next.
std::vector<std::u32string> chunks_of(const std::u32string& stuff) {
  std::vector<std::u32string> chunks;
  std::size_t begin = 0;
  for (std::size_t from = stuff[0] == U'!' ? 2 : 1; from <= stuff.size(); from += 3) {
    from = stuff.find(U'-', from);
    if (from == std::u32string::npos) break;
    chunks.push_back(stuff.substr(begin, from - begin));
    begin = from + 1;
  }
  if (begin < stuff.size()) {
    chunks.push_back(stuff.substr(begin));
  } else {
    chunks.back() += U'-';
  }
  for (std::size_t k = chunks.size() - 1; k > 0; --k) {
    if (chunks[k - 1].back() <= chunks[k].front()) continue;
    chunks[k - 1] = chunks[k - 1].substr(0, chunks[k - 1].size() - 1) + chunks[k].substr(1);
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return chunks;
}

Token set_of(const std::u32string& stuff) {
  Token token;
  std::vector<std::u32string> chunks = chunks_of(stuff);
  token.is_negated = chunks[0].starts_with(U'!');
  if (token.is_negated) chunks[0].erase(0, 1);
  for (std::size_t k = 0; k < chunks.size(); ++k) {
    for (const char32_t point : chunks[k]) token.ranges.emplace_back(point, point);
    if (k == 0) continue;
    if (chunks[k - 1].empty()) {
      token.ranges.emplace_back(U'-', U'-');  // "[^-x]": nothing is left before the hyphen
    } else {
      token.ranges.emplace_back(chunks[k - 1].back(), chunks[k].front());
    }
  }
  return token;
}

std::vector<Token> tokens_of(const std::u32string& pattern) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char32_t point = pattern[i];
    if (point == U'*' || point == U'?') {
      tokens.push_back({point == U'*', true, {}});
      continue;
    }
    std::size_t from = i + 1;
    if (from < pattern.size() && pattern[from] == U'!') ++from;
    if (from < pattern.size() && pattern[from] == U']') ++from;
    const std::size_t end = point == U'[' ? pattern.find(U']', from) : std::u32string::npos;
    if (end == std::u32string::npos) {
      tokens.push_back({false, false, {{point, point}}});
    } else {
      tokens.push_back(set_of(pattern.substr(i + 1, end - i - 1)));
      i = end;
    }
  }
  return tokens;
}

/// All beginnings of the pattern against all beginnings of the text.
bool matches_slowly(const std::vector<Token>& tokens, const std::u32string& text) {
  std::vector<bool> reached(text.size() + 1);
  reached[0] = true;
  for (const Token& token : tokens) {
    std::vector<bool> next(text.size() + 1);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (token.is_star) next[i] = reached[i] || (i > 0 && next[i - 1]);
      if (!token.is_star) next[i] = i > 0 && reached[i - 1] && token.takes(text[i - 1]);
    }
    reached = std::move(next);
  }
  return reached.back();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view path = fuzz::text_of(bytes, size);
  const std::string pattern(fuzz::take_line(path));
  const std::u32string points = repo::code_points(path);
  const bool matches = repo::Glob(pattern).matches(points);
  if (size <= kMostForTheSlowWay) fuzz::must(matches == matches_slowly(tokens_of(repo::code_points(pattern)), points));
  if (matches) {
    fuzz::must(repo::Glob("*" + pattern).matches(points));
    fuzz::must(repo::Glob(pattern + "*").matches(points));
  }
  const repo::PathFilter including(std::vector<std::string>{pattern}, {});
  const repo::PathFilter excluding(std::nullopt, {pattern});
  fuzz::must(including.keeps(path) != excluding.keeps(path));
  return 0;
}
