// Secret: text that must not be printed.
#pragma once

#include <string>
#include <utility>

namespace larder {

/// A token, a signed URL, a password. Has no stream operator and no formatter on purpose (I8).
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  /// The bytes themselves: for a request header or a 0600 file, nothing else.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace larder
