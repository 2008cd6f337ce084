#include "cli/text_width.hpp"

#include "base/utf8.hpp"

namespace larder::cli {

int columns_of(char32_t point) {
  constexpr char32_t kFirstWide = 0x1100;
  const bool is_mark = point >= 0x2000 && point < 0x2E80;  // punctuation, arrows, box drawing
  return point < kFirstWide || is_mark ? 1 : 2;
}

int columns_of(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const auto point = next_code_point(text);
    columns += columns_of(point.value);
    text.remove_prefix(point.length);
  }
  return columns;
}

}  // namespace larder::cli
