// Glob: one shell pattern by Python's fnmatch rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace larder::repo {

/// A compiled pattern: `*` any run of code points, `?` one, `[seq]` and `[!seq]` one of a set; `/`, leading dots and
/// newlines are like any other; no escape character. Case counts, nothing is normalised. Immutable; thread: any.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  /// Does the whole of `text` (code points) match? Nothing is tried twice: linear in the text, no recursion.
  [[nodiscard]] bool matches(std::u32string_view text) const;

 private:
  friend class GlobCompiler;
  // One code point of the text: in [first, first + span], or (is_set) in one of the sorted ranges sets_[begin, end).
  struct Step {
    char32_t first = 0;
    char32_t span = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool is_set = false;
  };
  struct Range {
    char32_t first;
    char32_t last;
  };
  // What stands between two stars: steps_[begin, end).
  struct Run {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const { return end - begin; }
  };

  [[nodiscard]] bool takes(const Step& step, char32_t point) const;
  [[nodiscard]] bool fits_at(const Run& run, std::u32string_view text, std::size_t position) const;
  [[nodiscard]] std::size_t find(const Run& run, std::u32string_view text, std::size_t position) const;
  [[nodiscard]] std::size_t find_long(const Run& run, std::u32string_view text, std::size_t position) const;
  [[nodiscard]] std::vector<std::uint64_t> bits_of(const Run& run, char32_t point) const;

  std::vector<Step> steps_;
  std::vector<Range> sets_;
  std::vector<Run> runs_;  // one more than there are stars
};

}  // namespace larder::repo
