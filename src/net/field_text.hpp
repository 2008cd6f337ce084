// The few rules about characters that all HTTP fields share (RFC 9110 §5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::net {

/// Without the spaces and tabs at both ends.
std::string_view trim_blanks(std::string_view text);
/// A field name or a parameter name: one or more of RFC 9110's tchar.
bool is_token(std::string_view text);
/// May go out in a header: no CR, LF, NUL or other control character except tab (T34).
bool is_safe_value(std::string_view text);
/// Digits only, no sign; nullopt also when it does not fit 64 bits.
std::optional<std::uint64_t> parse_digits(std::string_view text);

}  // namespace larder::net
