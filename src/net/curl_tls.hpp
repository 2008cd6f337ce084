// Whose certificate was not trusted: libcurl only says that it was not.
#pragma once

#include "net/curl_handle.hpp"

#include <string>

namespace larder::net {

/// The last refusal of a transport. Lives as long as its connections. Thread: the network thread.
struct RefusedCertificate {
  std::string host;    ///< as asked for by SNI; empty: an address was asked
  std::string issuer;  ///< common name or organisation, UTF-8, not escaped; empty: nothing was refused yet
};

/// Lets OpenSSL note in `refused` who issued what it does not trust. What is trusted does not change. Where libcurl has another TLS
/// library nothing is noted.
void watch_certificates(CurlEasy& easy, RefusedCertificate& refused);

/// ", issued by 'Example Proxy CA'" for messages, when the last refusal was of `host`; else empty.
std::string refusal_text(const RefusedCertificate& refused, const std::string& host);

}  // namespace larder::net
