// token_text: what a token looks like, whoever typed or stored it.
#pragma once

#include <string>
#include <string_view>

namespace larder {

/// CR and LF deleted anywhere, white space at both ends stripped. T-35…T-38.
std::string clean_token(std::string_view raw);

/// Printable ASCII only: anything else would break the header or is a slip of the clipboard (T34).
bool is_possible_token(std::string_view token);

}  // namespace larder
