#include "base/utf8.hpp"

namespace larder {
namespace {

struct Lead {
  std::size_t length;  // 0: starts no sequence
  char32_t bits;
  char32_t smallest;  // smaller values would be an overlong form
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xc2 && byte <= 0xdf) return {2, byte & 0x1fU, 0x80};
  if (byte >= 0xe0 && byte <= 0xef) return {3, byte & 0x0fU, 0x800};
  if (byte >= 0xf0 && byte <= 0xf4) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

bool is_scalar(char32_t value) { return value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff); }

}  // namespace

CodePoint next_code_point(std::string_view text) {
  const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const Lead lead = lead_of(byte_at(0));
  const CodePoint invalid{byte_at(0), 1, false};
  if (lead.length == 0 || lead.length > text.size()) return invalid;
  char32_t value = lead.bits;
  for (std::size_t at = 1; at < lead.length; ++at) {
    if ((byte_at(at) & 0xc0U) != 0x80U) return invalid;
    value = (value << 6U) | (byte_at(at) & 0x3fU);
  }
  if (value < lead.smallest || !is_scalar(value)) return invalid;
  return {value, lead.length, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto point = next_code_point(text);
    if (!point.is_valid) return false;
    text.remove_prefix(point.length);
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  // At most three continuation bytes belong to one code point; more of them are garbage and may be cut anywhere.
  while (end > 0 && max_bytes - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace larder
