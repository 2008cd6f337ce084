#include <larder/repo/glob.hpp>

#include "repo/code_points.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace larder::repo {
namespace {

constexpr char32_t kLastCodePoint = 0x10FFFF;
constexpr std::size_t kBits = 64;  // of a word

}  // namespace

// Reads a pattern once, from left to right.
class GlobCompiler {
 public:
  GlobCompiler(Glob& glob, std::string_view pattern) : glob_(glob), pattern_(code_points(pattern)) {}

  void compile() {
    Glob::Run run;
    for (at_ = 0; at_ < pattern_.size();) {
      if (pattern_[at_] == U'*') {
        run.end = glob_.steps_.size();
        glob_.runs_.push_back(run);
        run.begin = run.end;
        at_ = std::min(pattern_.find_first_not_of(U'*', at_), pattern_.size());  // "**" is "*"
      } else {
        add_step();
      }
    }
    run.end = glob_.steps_.size();
    glob_.runs_.push_back(run);
  }

 private:
  using Ranges = std::vector<Glob::Range>;

  void add_step() {
    const char32_t point = pattern_[at_];
    if (point == U'?') {
      add_range({0, kLastCodePoint});
      ++at_;
      return;
    }
    if (point == U'[') {
      if (const auto end = end_of_set()) return add_set(*end);
    }
    add_range({point, point});
    ++at_;
  }

  // Where the "]" of the set that begins here is. Without one the "[" stands for itself.
  std::optional<std::size_t> end_of_set() {
    std::size_t from = at_ + 1;
    if (from < pattern_.size() && pattern_[from] == U'!') ++from;
    if (from < pattern_.size() && pattern_[from] == U']') ++from;
    if (from >= no_close_from_) return std::nullopt;
    const auto end = pattern_.find(U']', from);
    if (end != std::u32string::npos) return end;
    no_close_from_ = from;  // so that a thousand open brackets are not each searched to the end
    return std::nullopt;
  }

  void add_set(std::size_t end) {
    std::u32string_view members = std::u32string_view(pattern_).substr(at_ + 1, end - at_ - 1);
    Ranges ranges;
    bool is_negated = members.front() == U'!';
    if (is_negated) {
      members.remove_prefix(1);
    } else {
      is_negated = drop_leading_reversed(members, ranges);
    }
    read_ranges(members, ranges);
    ranges = merged(std::move(ranges));
    add_ranges(is_negated ? complement(ranges) : ranges);
    at_ = end + 1;
  }

  // Python takes reversed ranges out of the text first and looks for "!" afterwards, so "[c-a!x]" is "[!x]" there; and in "[c-a!-x]" the
  // "-" and the "x" are what is left of the range "!-x". True: the set is negated.
  static bool drop_leading_reversed(std::u32string_view& members, Ranges& ranges) {
    const std::size_t before = members.size();
    while (begins_with_range(members) && members[0] > members[2]) members.remove_prefix(3);
    if (members.size() == before || members.empty() || members.front() != U'!') return false;
    if (begins_with_range(members)) {
      ranges = {{U'-', U'-'}, {members[2], members[2]}};
      members.remove_prefix(2);
    }
    members.remove_prefix(1);
    return true;
  }

  static bool begins_with_range(std::u32string_view members) { return members.size() > 2 && members[1] == U'-'; }

  // "a-z" is a range; a "-" that is first, last or right after a range is itself; a reversed range is empty.
  static void read_ranges(std::u32string_view members, Ranges& ranges) {
    while (!members.empty()) {
      const bool is_range = begins_with_range(members);
      const char32_t last = is_range ? members[2] : members[0];
      if (members[0] <= last) ranges.push_back({members[0], last});
      members.remove_prefix(is_range ? 3 : 1);
    }
  }

  static Ranges merged(Ranges ranges) {
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Ranges out;
    for (const Glob::Range& range : ranges) {
      if (!out.empty() && range.first <= out.back().last + 1) {
        out.back().last = std::max(out.back().last, range.last);
      } else {
        out.push_back(range);
      }
    }
    return out;
  }

  static Ranges complement(const Ranges& ranges) {
    Ranges out;
    char32_t next = 0;
    for (const Glob::Range& range : ranges) {
      if (range.first > next) out.push_back({next, range.first - 1});
      next = range.last + 1;
    }
    if (next <= kLastCodePoint) out.push_back({next, kLastCodePoint});
    return out;
  }

  void add_range(Glob::Range range) { glob_.steps_.push_back({range.first, range.last - range.first, 0, 0, false}); }

  void add_ranges(const Ranges& ranges) {
    if (ranges.size() == 1) return add_range(ranges.front());
    const auto begin = static_cast<std::uint32_t>(glob_.sets_.size());
    glob_.sets_.insert(glob_.sets_.end(), ranges.begin(), ranges.end());
    glob_.steps_.push_back({0, 0, begin, static_cast<std::uint32_t>(glob_.sets_.size()), true});
  }

  Glob& glob_;
  std::u32string pattern_;
  std::size_t at_ = 0;
  std::size_t no_close_from_ = std::u32string::npos;
};

Glob::Glob(std::string_view pattern) { GlobCompiler(*this, pattern).compile(); }

bool Glob::takes(const Step& step, char32_t point) const {
  if (!step.is_set) return point - step.first <= step.span;
  const auto begin = sets_.begin() + step.begin;
  const auto end = sets_.begin() + step.end;
  const auto after = std::upper_bound(begin, end, point, [](char32_t p, const Range& range) { return p < range.first; });
  return after != begin && point <= std::prev(after)->last;
}

bool Glob::fits_at(const Run& run, std::u32string_view text, std::size_t position) const {
  for (std::size_t i = run.begin; i < run.end; ++i, ++position) {
    if (!takes(steps_[i], text[position])) return false;
  }
  return true;
}

// Where `run` fits first, at or behind `position`; npos: nowhere.
std::size_t Glob::find(const Run& run, std::u32string_view text, std::size_t position) const {
  if (run.size() > kBits) return find_long(run, text, position);
  for (; position + run.size() <= text.size(); ++position) {
    if (fits_at(run, text, position)) return position;
  }
  return std::u32string_view::npos;
}

// One bit for each step that takes `point`.
std::vector<std::uint64_t> Glob::bits_of(const Run& run, char32_t point) const {
  std::vector<std::uint64_t> bits((run.size() + kBits - 1) / kBits);
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (takes(steps_[run.begin + i], point)) bits[i / kBits] |= std::uint64_t{1} << (i % kBits);
  }
  return bits;
}

// The same for long runs, where a text that almost fits everywhere would cost run length × text length: bit i of the state says that the
// first i + 1 steps fit up to here ("shift-and"), so all beginnings are followed at once, 64 to a word.
std::size_t Glob::find_long(const Run& run, std::u32string_view text, std::size_t position) const {
  constexpr std::size_t kMostRemembered = 1024;
  std::unordered_map<char32_t, std::vector<std::uint64_t>> remembered;
  std::vector<std::uint64_t> state((run.size() + kBits - 1) / kBits);
  const std::uint64_t whole = std::uint64_t{1} << ((run.size() - 1) % kBits);
  for (; position < text.size(); ++position) {
    if (remembered.size() > kMostRemembered) remembered.clear();
    auto found = remembered.find(text[position]);
    if (found == remembered.end()) found = remembered.emplace(text[position], bits_of(run, text[position])).first;
    std::uint64_t carry = 1;
    for (std::size_t i = 0; i < state.size(); ++i) {
      const std::uint64_t shifted = (state[i] << 1U) | carry;
      carry = state[i] >> (kBits - 1);
      state[i] = shifted & found->second[i];
    }
    if ((state.back() & whole) != 0) return position + 1 - run.size();
  }
  return std::u32string_view::npos;
}

// Between stars the leftmost fit is always as good as any later one, so nothing is ever tried again: each run is looked for behind the
// one before it, the first is held at the beginning and the last at the end.
bool Glob::matches(std::u32string_view text) const {
  const Run& head = runs_.front();
  if (runs_.size() == 1) return text.size() == head.size() && fits_at(head, text, 0);
  const Run& tail = runs_.back();
  if (text.size() < head.size() + tail.size()) return false;
  if (!fits_at(head, text, 0) || !fits_at(tail, text, text.size() - tail.size())) return false;
  std::size_t position = head.size();
  const std::size_t end = text.size() - tail.size();
  for (std::size_t i = 1; i + 1 < runs_.size(); ++i) {
    position = find(runs_[i], text.substr(0, end), position);
    if (position == std::u32string_view::npos) return false;
    position += runs_[i].size();
  }
  return true;
}

}  // namespace larder::repo
