// utf8: code points out of bytes that may be anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder {

/// One step through UTF-8: a code point and its bytes, or one invalid byte.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  ///< bytes taken: 1…4
  bool is_valid = false;   ///< false: the byte at the front starts no well-formed sequence
};

/// The code point at the front of `text`, which must not be empty. Overlong forms, surrogates and values over U+10FFFF are
/// invalid (Unicode 15 table 3-7).
CodePoint next_code_point(std::string_view text);
/// Is all of `text` well-formed UTF-8?
bool is_utf8(std::string_view text);
/// The longest prefix of at most `max_bytes` bytes that cuts no code point in two.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace larder
