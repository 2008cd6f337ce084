// JsonFields: typed reading of JSON that others wrote; errors name the JSON pointer.
#pragma once

#include <larder/base/result.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder {

using Json = nlohmann::json;

/// What a document may cost (docs/hub-protocol.md "Limits"; T23).
struct JsonLimits {
  std::uint64_t bytes = 64ULL * 1024 * 1024;
  std::size_t depth = 64;                  ///< arrays and objects inside each other
  std::size_t string_bytes = 1024 * 1024;  ///< one string or key, decoded
  std::uint64_t elements = 100'000'000;    ///< values of all kinds in the document
};

/// A whole document. Duplicate keys are refused: two readers would see different things.
/// Errors: BadResponse (malformed, over a limit), the place named by its JSON pointer where it is known.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// One object and where it stands in its document. Borrows the Json, which must outlive it.
/// Every method: BadResponse when the field has another type; a null counts as missing in the `_if` forms.
class JsonFields {
 public:
  /// `pointer`: of `value` in its document, "" for the root. BadResponse when it is no object.
  static Result<JsonFields> of(const Json& value, std::string pointer = "");

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::optional<std::string>> text_if(std::string_view key) const;
  /// A whole number from 0 to 2^64-1.
  [[nodiscard]] Result<std::uint64_t> count(std::string_view key) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> count_if(std::string_view key) const;
  /// A whole number that may be negative.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] Result<std::optional<std::int64_t>> integer_if(std::string_view key) const;
  /// Any number.
  [[nodiscard]] Result<double> number(std::string_view key) const;
  [[nodiscard]] Result<std::optional<double>> number_if(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key) const;
  [[nodiscard]] Result<std::optional<bool>> flag_if(std::string_view key) const;
  [[nodiscard]] Result<JsonFields> object(std::string_view key) const;
  [[nodiscard]] Result<std::optional<JsonFields>> object_if(std::string_view key) const;
  /// Never null.
  [[nodiscard]] Result<const Json*> array(std::string_view key) const;
  /// Null when missing.
  [[nodiscard]] Result<const Json*> array_if(std::string_view key) const;
  /// The value as it is; null when missing or null.
  [[nodiscard]] const Json* value(std::string_view key) const;

  /// "/files/3" — of this object; with a key: of that field.
  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] std::string pointer(std::string_view key) const;
  [[nodiscard]] const Json& json() const { return *object_; }

 private:
  JsonFields(const Json& object, std::string pointer) : object_(&object), pointer_(std::move(pointer)) {}
  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view key, std::string_view expected) const;
  const Json* object_;
  std::string pointer_;
};

/// `pointer` with one more reference token, escaped as RFC 6901 says and made harmless for messages.
std::string json_pointer_child(std::string_view pointer, std::string_view token);

/// Compact text; bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string json_text(const Json& value);

}  // namespace larder
