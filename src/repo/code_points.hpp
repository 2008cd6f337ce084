// Text as Python's str sees it: code points.
#pragma once

#include <string>
#include <string_view>

namespace larder::repo {

/// All code points of `text`. A byte that begins no well-formed sequence becomes 0xDC00 + byte, as Python's "surrogateescape" does it:
/// such bytes are equal to themselves only.
std::u32string code_points(std::string_view text);

}  // namespace larder::repo
