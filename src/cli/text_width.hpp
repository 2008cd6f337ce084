// How much room text takes on a screen.
#pragma once

#include <string_view>

namespace larder::cli {

/// Columns of one code point: 2 where East Asian scripts and emoji live, else 1. Exact tables change with every Unicode version: a line is
/// rather cut too early than wrapped.
int columns_of(char32_t point);
/// Columns of UTF-8 text without control characters.
int columns_of(std::string_view text);

}  // namespace larder::cli
