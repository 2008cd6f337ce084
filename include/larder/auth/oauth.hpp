// OAuth: the device flow and the refresh of its tokens (RFC 8628; ).
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/result.hpp>
#include <larder/base/secret.hpp>
#include <larder/base/url.hpp>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace larder::net {
class Client;
}

namespace larder::auth {

/// What the user has to do, and how long there is time for it.
struct DeviceCode {
  Secret device_code;
  std::string user_code;
  std::string verification_url;      ///< with the code in it, if the server offers that; http(s)
  std::chrono::seconds interval{5};  ///< between two questions
  std::chrono::seconds expires_in{900};
};

struct OAuthToken {
  Secret access_token;
  Secret refresh_token;  ///< may be empty
  std::optional<std::chrono::seconds> expires_in;
};

/// Asks `{endpoint}/oauth/…`; no Authorization header goes along. Thread: one at a time; blocks.
class OAuth {
 public:
  /// All but the id and the endpoint are borrowed.
  OAuth(net::Client& client, Clock& clock, Url endpoint, std::string client_id)
      : client_(client), clock_(clock), endpoint_(std::move(endpoint)), client_id_(std::move(client_id)) {}

  /// Errors: BadResponse, Unsupported (the endpoint has no device flow), network codes.
  Result<DeviceCode> begin(const CancelToken& cancel);
  /// Asks at once and then every interval until the user has decided. Server errors, broken connections and answers without sense mean "go
  /// on". Errors: AccessDenied (refused), TimedOut (nobody decided in time), Interrupted.
  Result<OAuthToken> await(const DeviceCode& code, const CancelToken& cancel);
  /// Errors: AuthRequired (`invalid_grant`: this login is over), BadResponse, network codes.
  Result<OAuthToken> refresh(const Secret& refresh_token, const CancelToken& cancel);

 private:
  using Form = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  struct Answer {
    int status = 0;
    std::string body;
  };
  Result<Answer> post(std::string_view path, Form form, const CancelToken& cancel);

  net::Client& client_;
  Clock& clock_;
  Url endpoint_;
  std::string client_id_;
};

}  // namespace larder::auth
