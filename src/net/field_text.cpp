#include "net/field_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace larder::net {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Looked up by the byte: a pull of many small files reads a million header lines.
using CharSet = std::array<bool, 256>;

constexpr CharSet token_chars() {
  CharSet set{};
  for (const std::string_view chars : {"!#$%&'*+-.^_`|~", "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    for (const char c : chars) set[static_cast<unsigned char>(c)] = true;
  }
  return set;
}

constexpr CharSet safe_chars() {
  CharSet set{};
  for (std::size_t byte = 0x20; byte < set.size(); ++byte) set[byte] = byte != 0x7F;
  set['\t'] = true;
  return set;
}

constexpr CharSet kTokenChars = token_chars();
constexpr CharSet kSafeChars = safe_chars();

bool is_all_of(std::string_view text, const CharSet& set) {
  return std::all_of(text.begin(), text.end(), [&set](char c) { return set[static_cast<unsigned char>(c)]; });
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) { return !text.empty() && is_all_of(text, kTokenChars); }

bool is_safe_value(std::string_view text) { return is_all_of(text, kSafeChars); }

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace larder::net
