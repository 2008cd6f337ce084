// What libcurl's codes mean to larder.
#pragma once

#include <larder/base/error.hpp>

#include <curl/curl.h>

#include <string>
#include <string_view>

namespace larder::net {

/// How far a transfer had come when it failed.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string_view detail;          ///< libcurl's error buffer
  long proxy_status = 0;            ///< answer to CONNECT; 0: none
  bool has_proxy = false;           ///< the request went through one
  bool was_connected = false;       ///< a connection stood and the request could be sent
  bool head_complete = false;       ///< the answer's head had come
  bool is_reused = false;           ///< the connection had served another request before
  std::string_view own_trust = {};  ///< the certificates that a setting put in the place of the system's (R-912); empty: none did
};

/// The code callers branch on.
ErrorCode error_code(const CurlFailure& failure);
/// The reason in a few words: "connection refused". libcurl's own text, cleaned, where it says more.
std::string reason(const CurlFailure& failure);
/// What the user can do about a ProxyFailed or TlsFailed; empty for every other code.
std::string advice(const CurlFailure& failure);

}  // namespace larder::net
