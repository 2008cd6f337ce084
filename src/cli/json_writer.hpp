// JsonWriter: one JSON document, written as it goes, keys in the order they are given.
#pragma once

#include "cli/output.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace larder::cli {

/// A JSON string with its quotes. Valid UTF-8 stays exact; each wrong byte becomes U+FFFD, because a document with it would be no JSON
/// (T3).
std::string json_text(std::string_view text);

/// Streams, so that a listing of millions of files needs no memory. The caller closes what it opens. Thread: one.
class JsonWriter {
 public:
  explicit JsonWriter(Output& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& begin_object(std::string_view key) { return name(key).begin_object(); }
  JsonWriter& begin_array(std::string_view key) { return name(key).begin_array(); }

  JsonWriter& value(std::string_view text) { return raw(json_text(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool plain) { return raw(plain ? "true" : "false"); }
  template <class Number, std::enable_if_t<std::is_integral_v<Number> && !std::is_same_v<Number, bool>, int> = 0>
  JsonWriter& value(Number number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double seconds);  ///< three decimals
  JsonWriter& null() { return raw("null"); }

  /// `"key":value`
  template <class T>
  JsonWriter& field(std::string_view key, const T& content) {
    return name(key).value(content);
  }
  JsonWriter& null_field(std::string_view key) { return name(key).null(); }
  /// null when empty.
  JsonWriter& optional_field(std::string_view key, std::string_view text) { return text.empty() ? null_field(key) : field(key, text); }
  JsonWriter& name(std::string_view key);
  /// Ends the document's line.
  void finish() { out_.write("\n"); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view text);
  void comma();
  Output& out_;
  bool needs_comma_ = false;
};

}  // namespace larder::cli
