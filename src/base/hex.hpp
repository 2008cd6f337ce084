// hex: bytes as lower-case hexadecimal digits and back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// Two lower-case digits a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);
/// The value of one digit of either case; -1 for any other character.
int hex_value(char digit);
/// Is `text` made of hex digits (either case) only? False when empty.
bool is_hex(std::string_view text);
/// The same of lower-case digits only, as digests, commits and run ids are written.
bool is_lower_hex(std::string_view text);
/// Digits of either case into bytes; nullopt for an odd length or another character.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace larder
