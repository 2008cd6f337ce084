#include "base/nearest.hpp"

#include <algorithm>
#include <array>

namespace larder {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kLongest = 64;  // no known word is longer; a mistyped one that is has no neighbour
  if (a.size() > kLongest || b.size() > kLongest) return kLongest;
  std::array<std::array<std::size_t, kLongest + 1>, 3> rows{};  // two rows back, for swaps
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], rows[(i + 1) % 3][j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

namespace {

/// "--dry" is short for "--dry-run" to who knows programs that take such.
std::string_view only_completion(std::string_view word, const std::vector<std::string_view>& known) {
  const auto dashes = word.substr(0, word.find_first_not_of('-'));
  if (word.size() < dashes.size() + 3) return {};
  const auto is_longer = [word](std::string_view candidate) { return candidate.starts_with(word); };
  if (std::count_if(known.begin(), known.end(), is_longer) != 1) return {};
  return *std::find_if(known.begin(), known.end(), is_longer);
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = std::min<std::size_t>(word.size() / 3, 3) + 1;
  for (const auto candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best_distance) continue;  // as many insertions at least
    const auto distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best.empty() ? only_completion(word, known) : best;
}

}  // namespace larder
