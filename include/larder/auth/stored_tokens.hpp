// StoredTokens: the file of named tokens that `hf` keeps beside the token file.
#pragma once

#include <larder/base/result.hpp>
#include <larder/base/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::auth {

/// One section:
///
///     [ci read-only]
///     hf_token = hf_…
///     refresh_token = hf_…        OAuth logins only
///     expires_at = 1795000000     Unix seconds; OAuth logins only
///
/// Keys that larder does not know are kept.
class StoredToken {
 public:
  explicit StoredToken(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Secret token() const { return Secret(value("hf_token").value_or("")); }
  [[nodiscard]] Secret refresh_token() const { return Secret(value("refresh_token").value_or("")); }
  /// nullopt: never, or no number is written there.
  [[nodiscard]] std::optional<std::int64_t> expires_at() const;

  void set(std::string_view key, std::string value);
  [[nodiscard]] std::optional<std::string> value(std::string_view key) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& values() const { return values_; }

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> values_;  // in the order of the file; keys lower case
};

/// What Python's configparser reads from it, interpolation off: full-line comments with # or ;, both = and :, continuation lines, keys
/// without case, a [DEFAULT] section. Pure. Errors: InvalidConfig with the line (no section, no delimiter, a section or key twice).
Result<std::vector<StoredToken>> parse_stored_tokens(std::string_view text);

/// As configparser writes it: sections sorted by name, one empty line behind each.
std::string format_stored_tokens(std::vector<StoredToken> tokens);

/// May a section be called so? Not empty, not DEFAULT, one line, no control characters.
bool is_section_name(std::string_view name);

}  // namespace larder::auth
