#include "support/http_message.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace larder::test {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct RawRange {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
};

std::optional<RawRange> raw_range(const std::string* field) {
  constexpr std::string_view kUnit = "bytes=";
  if (field == nullptr || field->rfind(kUnit, 0) != 0 || field->find(',') != std::string::npos) return std::nullopt;
  const std::string_view text = std::string_view(*field).substr(kUnit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  RawRange range{number(text.substr(0, dash)), number(text.substr(dash + 1))};
  if (!range.first && !range.last) return std::nullopt;
  return range;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

const std::string* find_header(const HeaderList& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return equal_ignoring_case(field.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

std::string ReceivedRequest::path() const { return target.substr(0, target.find('?')); }

std::string ReceivedRequest::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

std::optional<std::string> ReceivedRequest::parameter(std::string_view name) const {
  const std::string all = query();
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find('&', at), all.size());
    const std::string_view pair = std::string_view(all).substr(at, end - at);
    const auto equals = pair.find('=');
    if (decode_percent(pair.substr(0, equals)) == name) {
      return equals == std::string_view::npos ? std::string() : decode_percent(pair.substr(equals + 1));
    }
    at = end + 1;
  }
  return std::nullopt;
}

std::string ReceivedRequest::bearer() const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string* field = header("authorization");
  if (field == nullptr || !equal_ignoring_case(std::string_view(*field).substr(0, kScheme.size()), kScheme)) return {};
  return field->substr(kScheme.size());
}

std::optional<AskedRange> ReceivedRequest::range(std::uint64_t size) const {
  const auto raw = raw_range(header("range"));
  if (!raw || size == 0) return std::nullopt;
  if (!raw->first) return AskedRange{size - std::min(size, *raw->last), size};
  if (*raw->first >= size || (raw->last && *raw->last < *raw->first)) return std::nullopt;
  return AskedRange{*raw->first, raw->last ? std::min(size, *raw->last + 1) : size};
}

bool ReceivedRequest::is_unsatisfiable(std::uint64_t size) const { return raw_range(header("range")) && !range(size); }

bool ReceivedRequest::wants_close() const {
  const std::string* field = header("connection");
  if (field != nullptr && equal_ignoring_case(*field, "close")) return true;
  return version != "HTTP/1.1" && (field == nullptr || !equal_ignoring_case(*field, "keep-alive"));
}

std::optional<ReceivedRequest> parse_request_head(std::string_view head) {
  ReceivedRequest request;
  const auto line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  for (std::size_t at = line_end + 2; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string_view field = head.substr(at, end - at);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    request.headers.emplace_back(field.substr(0, colon), trim(field.substr(colon + 1)));
    at = end + 2;
  }
  return request;
}

std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace larder::test
