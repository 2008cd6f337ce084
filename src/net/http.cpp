#include <larder/net/http.hpp>

#include "base/text.hpp"
#include "net/field_text.hpp"

namespace larder::net {

Result<void> Headers::add(std::string name, std::string value) {
  if (!is_token(name)) return fail(ErrorCode::BadResponse, "header name holds characters that are not allowed");
  if (!is_safe_value(value)) return fail(ErrorCode::BadResponse, "header " + name + " holds control characters");  // T34
  value = std::string(trim_blanks(value));
  fields_.emplace_back(std::move(name), std::move(value));
  return {};
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (equals_ignoring_case(key, name)) return std::string_view(value);
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::find_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (equals_ignoring_case(key, name)) values.emplace_back(value);
  }
  return values;
}

bool may_send(const Credentials& credentials, const Url& url) { return !credentials.token.empty() && credentials.origin == url.origin(); }

}  // namespace larder::net
