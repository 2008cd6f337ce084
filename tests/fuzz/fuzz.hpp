// What every fuzz target needs: its input as text, and a way to fail.
#pragma once

#include "base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// libFuzzer's entry point; 0: go on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace larder::fuzz {

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

/// Ends the program when what must hold does not.
inline void must(bool holds) {
  if (!holds) std::abort();
}

/// One line of UTF-8 without control characters: what may go to a terminal (T3, T35).
inline bool is_harmless(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// The text up to the first line feed, taken off `rest`; all of it when there is none.
inline std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

}  // namespace larder::fuzz
