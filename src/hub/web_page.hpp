// What stands in a web page that came where JSON was asked for (T36).
#pragma once

#include <larder/net/http.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::hub {

/// Does the answer hold HTML, by its Content-Type or by how it begins?
bool is_web_page(const net::ResponseHead& head, std::string_view body);

/// The text of <title>, white space joined, escaped, at most 120 bytes; empty when there is none. Entities stay as they are written.
std::string page_title(std::string_view body);

}  // namespace larder::hub
