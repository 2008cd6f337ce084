// "did you mean": the known word nearest to a mistyped one.
#pragma once

#include <string_view>
#include <vector>

namespace larder {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The known word nearest to `word`, if it is near enough to be a slip (a third of its letters, at most three), else the only one that
/// begins with `word` (of three letters or more); else empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace larder
