#include "base/json_fields.hpp"

#include "base/escape.hpp"
#include "base/json_stream.hpp"

#include <fmt/format.h>

namespace larder {

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) { return read_json(text, limits, {}, nullptr); }

std::string json_pointer_child(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out.push_back('/');
  constexpr std::size_t kLongestShown = 256;
  for (const char c : escape_text(token, kLongestShown)) {
    if (c == '~') {
      out.append("~0");
    } else if (c == '/') {
      out.append("~1");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string json_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Result<JsonFields> JsonFields::of(const Json& value, std::string pointer) {
  if (!value.is_object()) return fail(ErrorCode::BadResponse, fmt::format("json '{}': expected an object", pointer));
  return JsonFields(value, std::move(pointer));
}

std::string JsonFields::pointer(std::string_view key) const { return json_pointer_child(pointer_, key); }

const Json* JsonFields::value(std::string_view key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

tl::unexpected<Error> JsonFields::wrong(std::string_view key, std::string_view expected) const {
  const auto* const why = value(key) == nullptr ? "missing" : "wrong type";
  return fail(ErrorCode::BadResponse, fmt::format("json '{}': {}, expected {}", pointer(key), why, expected));
}

Result<std::optional<std::string>> JsonFields::text_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) return wrong(key, "a string");
  return found->get<std::string>();
}

Result<std::optional<std::uint64_t>> JsonFields::count_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number_unsigned()) return wrong(key, "a whole number from 0 to 2^64-1");
  return found->get<std::uint64_t>();
}

Result<std::optional<std::int64_t>> JsonFields::integer_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  const bool fits =
      found->is_number_integer() && (!found->is_number_unsigned() || found->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (!fits) return wrong(key, "a whole number");
  return found->get<std::int64_t>();
}

Result<std::optional<double>> JsonFields::number_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) return wrong(key, "a number");
  return found->get<double>();
}

Result<std::optional<bool>> JsonFields::flag_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) return wrong(key, "true or false");
  return found->get<bool>();
}

Result<std::optional<JsonFields>> JsonFields::object_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_object()) return wrong(key, "an object");
  return JsonFields(*found, pointer(key));
}

Result<const Json*> JsonFields::array_if(std::string_view key) const {
  const auto* const found = value(key);
  if (found != nullptr && !found->is_array()) return wrong(key, "an array");
  return found;
}

Result<std::string> JsonFields::text(std::string_view key) const {
  LARDER_TRY(auto found, text_if(key));
  if (!found) return wrong(key, "a string");
  return std::move(*found);
}

Result<std::uint64_t> JsonFields::count(std::string_view key) const {
  LARDER_TRY(const auto found, count_if(key));
  if (!found) return wrong(key, "a whole number from 0 to 2^64-1");
  return *found;
}

Result<std::int64_t> JsonFields::integer(std::string_view key) const {
  LARDER_TRY(const auto found, integer_if(key));
  if (!found) return wrong(key, "a whole number");
  return *found;
}

Result<double> JsonFields::number(std::string_view key) const {
  LARDER_TRY(const auto found, number_if(key));
  if (!found) return wrong(key, "a number");
  return *found;
}

Result<bool> JsonFields::flag(std::string_view key) const {
  LARDER_TRY(const auto found, flag_if(key));
  if (!found) return wrong(key, "true or false");
  return *found;
}

Result<JsonFields> JsonFields::object(std::string_view key) const {
  LARDER_TRY(const auto found, object_if(key));
  if (!found) return wrong(key, "an object");
  return *found;
}

Result<const Json*> JsonFields::array(std::string_view key) const {
  LARDER_TRY(const auto* found, array_if(key));
  if (found == nullptr) return wrong(key, "an array");
  return found;
}

}  // namespace larder
