// HTTP messages as values.
#pragma once

#include <larder/base/result.hpp>
#include <larder/base/secret.hpp>
#include <larder/base/url.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::net {

enum class Method { Get, Post };

/// Header fields in order; names compare without case. A value holds no control characters (T34).
class Headers {
 public:
  /// Trims blanks around `value`. Errors: BadResponse when the name is no token or the value holds control characters; nothing is added.
  Result<void> add(std::string name, std::string value);
  /// First value of `name`, white space trimmed; nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> find_all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }
  void clear() { fields_.clear(); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A token and the one origin it may be sent to.
struct Credentials {
  Secret token;
  Origin origin;
};

/// The one rule of where a token goes: to its own origin, scheme included, and nowhere else (R-416, T27, T28). So it goes over plain http
/// only where its own endpoint was configured as http.
bool may_send(const Credentials& credentials, const Url& url);

/// Status line and header fields of one final answer (1xx and CONNECT answers are skipped).
struct ResponseHead {
  int status = 0;
  Headers headers;
};

/// A whole answer with a collected body.
struct Response {
  ResponseHead head;
  std::string body;
};

}  // namespace larder::net
