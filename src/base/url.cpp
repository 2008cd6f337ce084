#include <larder/base/url.hpp>

#include "base/hex.hpp"
#include "base/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace larder {
namespace {

constexpr std::size_t kLongest = 16 * 1024;
constexpr auto kNone = std::string_view::npos;

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool is_unreserved(char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-' || c == '~'; }

std::string encode_but(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != kNone) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
  return out;
}

// A server may send raw UTF-8 in a path; a request line may not hold it.
std::string encode_high_bytes(std::string_view text) {
  std::string out;
  for (const char c : text) static_cast<unsigned char>(c) < 0x80 ? out.append(1, c) : out.append(percent_encode({&c, 1}));
  return out;
}

tl::unexpected<Error> bad_url(std::string_view why) { return fail(ErrorCode::InvalidArgument, "url: " + std::string(why)); }

// Whitespace and controls allow request splitting; a backslash is a slash to some readers and not to others.
std::optional<std::string_view> complaint_about(std::string_view text) {
  if (text.empty()) return "empty";
  if (text.size() > kLongest) return "longer than 16 KiB";
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; };
  if (std::any_of(text.begin(), text.end(), is_bad)) return "holds a space, a control character or a backslash";
  return std::nullopt;
}

// "scheme" of "scheme:rest" as RFC 3986 §3.1 spells it; empty when there is none.
std::string_view scheme_of(std::string_view text) {
  const auto end = text.find_first_of(":/?#");
  if (end == kNone || end == 0 || text[end] != ':' || !(to_lower(text[0]) >= 'a' && to_lower(text[0]) <= 'z')) return {};
  const auto scheme = text.substr(0, end);
  const auto fits = [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; };
  return std::all_of(scheme.begin(), scheme.end(), fits) ? scheme : std::string_view{};
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    in6_addr address{};
    return host.ends_with(']') && ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
  }
  constexpr std::size_t kLongestName = 253;
  const auto fits = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
  return !host.empty() && host.size() <= kLongestName && host.front() != '.' && std::all_of(host.begin(), host.end(), fits);
}

Result<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc() || end != digits.data() + digits.size() || port == 0)
    return bad_url("the port is not a number from 1 to 65535");
  return port;
}

Result<Origin> parse_origin(std::string scheme, std::string_view authority) {
  if (authority.find('@') != kNone) return bad_url("a user or password in a URL is not allowed");
  const auto colon =
      authority.starts_with('[') ? authority.find(':', std::min(authority.find(']'), authority.size())) : authority.find(':');
  Origin origin;
  origin.host = to_lower(authority.substr(0, colon));
  if (!is_host(origin.host)) return bad_url("the host is missing or malformed");
  origin.port = default_port(scheme);
  origin.scheme = std::move(scheme);
  // RFC 3986 §3.2.3: "host:" is the same as "host".
  if (colon != kNone && colon + 1 < authority.size()) {
    LARDER_TRY(origin.port, parse_port(authority.substr(colon + 1)));
  }
  return origin;
}

// RFC 3986 §5.2.4 for a path that starts with "/": "." and ".." never get out of the root.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_last = i + 1 == segments.size();
    const bool is_up = segments[i] == "..";
    if (!is_up && segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (is_up && !kept.empty()) kept.pop_back();
    if (is_last) kept.emplace_back();  // "/a/.." is the folder "/"
  }
  std::string out;
  for (const auto segment : kept) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

struct PathAndQuery {
  std::string path;
  std::string query;
};

PathAndQuery split_query(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const auto mark = text.find('?');
  return {encode_high_bytes(text.substr(0, mark)), mark == kNone ? std::string{} : encode_high_bytes(text.substr(mark + 1))};
}

Error as_bad_response(Error error) {
  error.code = ErrorCode::BadResponse;
  return error;
}

}  // namespace

std::string Origin::host_text() const { return port == default_port(scheme) ? host : host + ":" + std::to_string(port); }

std::string Origin::text() const { return scheme + "://" + host_text(); }

bool Origin::is_loopback() const {
  if (host == "localhost") return true;
  if (host.starts_with('[')) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
  }
  // Only four decimal numbers count: "127.example.org" is a name that anybody can own.
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

Result<Url> Url::parse(std::string_view text) {
  if (const auto complaint = complaint_about(text)) return bad_url(*complaint);
  auto scheme = to_lower(scheme_of(text));
  if (scheme != "http" && scheme != "https") return bad_url("only http and https are known");
  text.remove_prefix(scheme.size() + 1);
  if (!text.starts_with("//")) return bad_url("'//' is missing behind the scheme");
  text.remove_prefix(2);
  const auto end = std::min(text.find_first_of("/?#"), text.size());
  Url url;
  LARDER_TRY(url.origin_, parse_origin(std::move(scheme), text.substr(0, end)));
  auto rest = split_query(text.substr(end));
  url.path_ = rest.path.empty() ? "/" : std::move(rest.path);
  url.query_ = std::move(rest.query);
  return url;
}

Result<Url> Url::join(std::string_view reference) const {
  if (const auto complaint = complaint_about(reference)) return fail(ErrorCode::BadResponse, "url reference: " + std::string(*complaint));
  const auto scheme = scheme_of(reference);
  if (!scheme.empty() && !equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) {
    return fail(ErrorCode::UnsafeRedirect, "url reference: only http and https are followed");
  }
  if (!scheme.empty() || reference.starts_with("//")) {
    auto url = parse(scheme.empty() ? origin_.scheme + ":" + std::string(reference) : std::string(reference));
    if (!url) return fail(as_bad_response(std::move(url).error()));
    url->path_ = remove_dot_segments(url->path_);
    return url;
  }
  Url url = *this;
  auto rest = split_query(reference);
  if (rest.path.empty()) {  // "?query" or "#fragment" of the same path
    if (reference.starts_with('?')) url.query_ = std::move(rest.query);
    return url;
  }
  const bool is_absolute = rest.path.starts_with('/');
  url.path_ = remove_dot_segments(is_absolute ? rest.path : path_.substr(0, path_.rfind('/') + 1) + rest.path);
  url.query_ = std::move(rest.query);
  return url;
}

std::string Url::full() const { return origin_.text() + path_ + (query_.empty() ? "" : "?" + query_); }

std::string Url::base() const {
  std::string text = origin_.text() + path_;
  text.erase(text.find_last_not_of('/') + 1);
  return text;
}

std::string Url::redacted() const { return origin_.text() + path_ + (query_.empty() ? "" : "?…"); }

std::string percent_encode(std::string_view text) { return encode_but(text, ""); }

std::string percent_encode_path(std::string_view text) { return encode_but(text, "/"); }

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_pair = text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
    if (!is_pair) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2])));
    at += 2;
  }
  return out;
}

}  // namespace larder
