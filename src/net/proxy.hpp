// Which proxy a URL goes through. Pure; libcurl's own look at the environment is switched off.
#pragma once

#include <larder/base/secret.hpp>
#include <larder/net/curl_transport.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::net {

/// A proxy as it was configured.
struct Proxy {
  Secret url;         ///< with the user and password, if any, for libcurl only (T45)
  std::string shown;  ///< "http://proxy.example:3128": no user, for messages
};

/// nullopt: go directly. http_proxy is for http:// and https_proxy for https:// requests, unless `no_proxy` names the host.
/// A proxy without a scheme is an http one. Errors: InvalidConfig for a scheme other than http, https, socks4, socks4a, socks5 and socks5h,
/// a missing host, or control characters; the message shows no user part.
Result<std::optional<Proxy>> choose_proxy(const Url& url, const NetworkSettings& settings);

/// Does `no_proxy` name this host? Entries are separated by commas or blanks: `*` (every host); `example.com` and `.example.com` (the host
/// and all below it); either with `:port` (that port only); addresses, in brackets or not; CIDR blocks such as `10.0.0.0/8`, `fd00::/8`.
bool is_proxy_exempt(const Origin& origin, std::string_view no_proxy);

}  // namespace larder::net
