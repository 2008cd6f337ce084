#include "cli/json_writer.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace larder::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_ascii(std::string& result, char c) {
  switch (c) {
    case '"':
      result += "\\\"";
      return;
    case '\\':
      result += "\\\\";
      return;
    case '\n':
      result += "\\n";
      return;
    case '\t':
      result += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || code == 0x7f) {
    result += fmt::format("\\u{:04x}", code);
  } else {
    result += c;
  }
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string result = "\"";
  result.reserve(text.size() + 2);
  while (!text.empty()) {
    const auto point = next_code_point(text);
    if (point.is_valid && point.length == 1) {
      append_ascii(result, text[0]);
    } else {
      result += point.is_valid ? text.substr(0, point.length) : kReplacement;
    }
    text.remove_prefix(point.length);
  }
  return result += '"';
}

JsonWriter& JsonWriter::value(double seconds) { return raw(fmt::format("{:.3f}", seconds)); }

JsonWriter& JsonWriter::name(std::string_view key) {
  comma();
  out_.write(json_text(key));
  out_.write(":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  out_.write(std::string_view(&bracket, 1));
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.write(std::string_view(&bracket, 1));
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  comma();
  out_.write(text);
  needs_comma_ = true;
  return *this;
}

void JsonWriter::comma() {
  if (needs_comma_) out_.write(",");
}

}  // namespace larder::cli
