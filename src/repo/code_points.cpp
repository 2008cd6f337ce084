#include "repo/code_points.hpp"

#include "base/utf8.hpp"

namespace larder::repo {

std::u32string code_points(std::string_view text) {
  constexpr char32_t kSurrogateEscape = 0xDC00;
  std::u32string points;
  points.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    points.push_back(point.is_valid ? point.value : kSurrogateEscape + static_cast<unsigned char>(text.front()));
    text.remove_prefix(point.length);
  }
  return points;
}

}  // namespace larder::repo
