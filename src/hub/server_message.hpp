// What a server says about its own error.
#pragma once

#include <larder/net/http.hpp>

#include <string>

namespace larder::hub {

/// X-Error-Message, then the body's `error` (a text or a list, with `error_description`), `errors[].message` or `message`, then a
/// body that is neither JSON nor HTML as it is; each text once. Of a web page its title. Escaped, at most 500 bytes (T35); may be empty.
std::string server_message(const net::Response& response);

}  // namespace larder::hub
