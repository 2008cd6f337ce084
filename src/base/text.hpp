// text: the few string operations the standard library lacks. ASCII only, never the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
/// ASCII letters lowered, all other bytes kept.
char to_lower(char letter);
std::string to_lower(std::string_view text);
/// Without the blanks (space, tab, CR, LF, VT, FF) at both ends.
std::string_view trim(std::string_view text);
/// The parts between `separator`; "" gives one empty part, "a,,b" three. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Equal but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right);
/// Begins with `prefix` but for the case of ASCII letters.
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
/// Place of the first `needle` at or after `from` but for the case of ASCII letters; npos: none.
std::size_t find_ignoring_case(std::string_view text, std::string_view needle, std::size_t from = 0);
/// "1 file", "2 files"; `noun` in the singular, of the kind that takes an s (or "y", which becomes "ies").
std::string counted(std::uint64_t number, std::string_view noun);
/// The parts with `separator` between them.
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The same bytes, as files take them.
std::span<const std::byte> bytes_of(std::string_view text);

}  // namespace larder
