#include "base/json_cleaner.hpp"

#include "base/hex.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <optional>

namespace larder {
namespace {

constexpr std::string_view kReplacement = "\\u0000";
constexpr std::size_t kEscape = 6;  // \uXXXX
constexpr std::size_t kNeedMore = 0;

// The code unit of a `\uXXXX` at the front; nullopt when there is none.
std::optional<unsigned> code_unit(std::string_view text) {
  if (text.size() < kEscape || !text.starts_with("\\u")) return std::nullopt;
  unsigned value = 0;
  for (const char digit : text.substr(2, 4)) {
    if (hex_value(digit) < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(hex_value(digit));
  }
  return value;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

std::size_t pass(std::string_view rest, std::size_t count, std::string& out) {
  out.append(rest.substr(0, count));
  return count;
}

// A byte sequence that begins well and only lacks its end may become valid with the next piece.
bool may_be_cut_short(std::string_view rest) {
  constexpr std::size_t kLongest = 4;
  return rest.size() < kLongest && static_cast<unsigned char>(rest.front()) >= 0xc2;
}

}  // namespace

// `rest` begins with a backslash.
std::size_t JsonCleaner::step_escape(std::string_view rest, Piece piece, std::string& out) {
  const bool is_cut = rest.size() < 2 * kEscape && piece == Piece::More;
  if (is_cut) return kNeedMore;
  const auto unit = code_unit(rest);
  if (!unit) return pass(rest, std::min<std::size_t>(2, rest.size()), out);
  if (is_high_surrogate(*unit)) {
    const auto next = code_unit(rest.substr(kEscape));
    if (next && is_low_surrogate(*next)) return pass(rest, 2 * kEscape, out);
  }
  if (!is_high_surrogate(*unit) && !is_low_surrogate(*unit)) return pass(rest, kEscape, out);
  out.append(kReplacement);
  return kEscape;
}

std::size_t JsonCleaner::step_in_string(std::string_view rest, Piece piece, std::string& out) {
  const auto plain =
      std::find_if(rest.begin(), rest.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) >= 0x80; });
  if (plain != rest.begin()) return pass(rest, static_cast<std::size_t>(plain - rest.begin()), out);
  if (rest.front() == '\\') return step_escape(rest, piece, out);
  if (rest.front() == '"') {
    in_string_ = false;
    return pass(rest, 1, out);
  }
  const auto point = next_code_point(rest);
  if (point.is_valid) return pass(rest, point.length, out);
  if (piece == Piece::More && may_be_cut_short(rest)) return kNeedMore;
  out.append(kReplacement);
  return 1;
}

void JsonCleaner::feed(std::string_view raw, Piece piece, std::string& out) {
  std::string joined;
  if (!kept_.empty()) {
    joined = std::move(kept_).append(raw);
    raw = joined;
  }
  kept_.clear();
  while (!raw.empty()) {
    std::size_t taken = 0;
    if (in_string_) {
      taken = step_in_string(raw, piece, out);
      if (taken == kNeedMore) break;
    } else {
      const auto quote = raw.find('"');
      in_string_ = quote != std::string_view::npos;
      taken = pass(raw, in_string_ ? quote + 1 : raw.size(), out);
    }
    raw.remove_prefix(taken);
  }
  kept_.assign(raw);
}

}  // namespace larder
