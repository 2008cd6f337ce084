// Whose certificates are believed.
#pragma once

#include <larder/net/curl_transport.hpp>

#include <functional>
#include <string>

namespace larder::net {

/// A file with certificates, a folder of them, or (both empty) nothing found: then every https request fails.
struct Trust {
  std::string file;
  std::string folder;
};

/// What libcurl was built with; may be empty.
struct BuiltInTrust {
  std::string file;
  std::string folder;
};

/// The settings' file or folder replaces the system's store. Else the built-in file or, if it is not there, a usual bundle file of
/// a distribution, or the built-in folder. Never both of the system's: libcurl keeps parsed certificates over connections only where there
/// is no folder, and parsing them costs more than the handshake.
Trust choose_trust(const NetworkSettings& settings, const BuiltInTrust& built_in, const std::function<bool(const std::string&)>& exists);

}  // namespace larder::net
