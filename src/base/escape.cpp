#include "base/escape.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <iterator>

namespace larder {
namespace {

// Marks that reorder or break the line a person reads: CVE-2021-42574 ("Trojan Source") lists the bidirectional ones.
bool is_deceiving(char32_t value) {
  return (value >= 0x80 && value <= 0x9f) || value == 0x061c || value == 0x200e || value == 0x200f ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) || value == 0xfeff;
}

void append_escaped(std::string& out, const CodePoint& point) {
  if (point.value == '\n' || point.value == '\r' || point.value == '\t') {
    out.append(point.value == '\n' ? "\\n" : point.value == '\r' ? "\\r" : "\\t");
  } else if (point.value < 0x80 || !point.is_valid) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(point.value));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(point.value));
  }
}

}  // namespace

std::string escape_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = next_code_point(text);
    const bool harmless = point.is_valid && point.value >= 0x20 && point.value != 0x7f && !is_deceiving(point.value);
    if (harmless) {
      out.append(text.substr(0, point.length));
    } else {
      append_escaped(out, point);
    }
    text.remove_prefix(point.length);
  }
  return out;
}

std::string escape_text(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kMore = "…";
  // Escaping only lengthens, so nothing behind the limit can be needed; two bytes more tell whether something was left out.
  std::string out = escape_text(cut_utf8(text, max_bytes + 4));
  if (out.size() <= max_bytes) return out;
  if (max_bytes < kMore.size()) return std::string(cut_utf8(out, max_bytes));
  out.resize(cut_utf8(out, max_bytes - kMore.size()).size());
  return out.append(kMore);
}

}  // namespace larder
