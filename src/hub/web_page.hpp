// What stands in a web page that came where JSON or a file was asked for (T36).
#pragma once

#include <larder/base/error.hpp>
#include <larder/net/http.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::hub {

/// Does the answer hold HTML, by its Content-Type or by how it begins?
bool is_web_page(const net::ResponseHead& head, std::string_view body);

/// The text of <title>, white space joined, escaped, at most 120 bytes; empty when there is none. Entities stay as they are written.
std::string page_title(std::string_view body);

/// BadResponse "HOST sent a web page ('TITLE') where WANTED was asked for", with what may be the cause; nullopt: the answer is no web page.
std::optional<Error> page_instead_of(std::string_view wanted, const std::string& host, const net::Response& response);

/// Is a file of this name expected to be a web page itself?
bool is_page_name(std::string_view path);

}  // namespace larder::hub
