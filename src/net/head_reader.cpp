#include "net/head_reader.hpp"

#include "base/text.hpp"

#include "net/field_text.hpp"

#include <algorithm>
#include <array>

namespace larder::net {
namespace {

constexpr std::string_view kHttp = "HTTP/";

/// "HTTP/1.1 206 Partial Content" or "HTTP/2 206"
std::optional<int> parse_status(std::string_view line) {
  if (line.substr(0, kHttp.size()) != kHttp) return std::nullopt;
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(blank + 1);
  const auto status = parse_digits(rest.substr(0, 3));
  if (!status || *status < 100 || *status > 599 || (rest.size() > 3 && rest[3] != ' ')) return std::nullopt;
  return static_cast<int>(*status);
}

/// Words for people and nothing else: a control character in them must not hide the status they explain (T35). In any other field it is
/// an attack or a fault, and the answer is refused.
bool is_text_for_people(std::string_view name) {
  constexpr std::array<std::string_view, 3> kNames = {"x-error-message", "x-hf-warning", "content-disposition"};
  return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view known) { return equals_ignoring_case(known, name); });
}

std::string without_control_characters(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return clean;
}

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

Result<void> HeadReader::feed(std::string_view line) {
  bytes_ += line.size();
  const std::string_view text = without_line_end(line);
  if (text.size() > limits_.line) return fail(ErrorCode::BadResponse, "header over " + std::to_string(limits_.line) + " bytes");
  if (bytes_ > limits_.block) return fail(ErrorCode::BadResponse, "headers over " + std::to_string(limits_.block) + " bytes");
  if (is_complete_) return {};  // a trailer
  if (!has_status_) return begin(text);
  if (text.empty()) {
    finish();
    return {};
  }
  return add_field(text);
}

Result<void> HeadReader::begin(std::string_view status_line) {
  const auto status = parse_status(status_line);
  if (!status) return fail(ErrorCode::BadResponse, "no HTTP status line");
  head_ = ResponseHead{*status, {}};
  has_status_ = true;
  return {};
}

Result<void> HeadReader::add_field(std::string_view line) {
  const auto colon = line.find(':');
  // A name with blanks in or before it is the stuff of request smuggling; a folded line begins with one.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return fail(ErrorCode::BadResponse, "malformed header line");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 1);
  return head_.headers.add(std::string(name), is_text_for_people(name) ? without_control_characters(value) : std::string(value));
}

void HeadReader::finish() {
  is_complete_ = head_.status >= 200;
  has_status_ = is_complete_;
}

}  // namespace larder::net
