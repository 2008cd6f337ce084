#include "net/proxy.hpp"

#include "base/text.hpp"
#include "net/field_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace larder::net {
namespace {

/// An IPv4 or IPv6 address as bytes.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;  // 4 or 16
};

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

std::optional<Address> parse_address(std::string_view text) {
  const std::string host(without_brackets(text));
  Address address;
  if (::inet_pton(AF_INET, host.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
  } else if (::inet_pton(AF_INET6, host.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
  } else {
    return std::nullopt;
  }
  return address;
}

bool shares_prefix(const Address& a, const Address& b, std::size_t bits) {
  if (a.size != b.size || bits > a.size * 8) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + static_cast<std::ptrdiff_t>(whole), b.bytes.begin())) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xFFU << (8 - bits % 8);
  return ((a.bytes.at(whole) ^ b.bytes.at(whole)) & mask & 0xFFU) == 0;
}

/// `host`, `host:port`, `[v6]:port`, bare `v6`.
struct Entry {
  std::string_view host;
  std::optional<std::uint64_t> port;
};

Entry split_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || parse_address(text)) return {text, std::nullopt};
  const auto port = parse_digits(text.substr(colon + 1));
  return port ? Entry{text.substr(0, colon), port} : Entry{text, std::nullopt};
}

bool matches_block(const Address& host, std::string_view entry) {
  const auto slash = entry.find('/');
  const auto base = parse_address(entry.substr(0, slash));
  const auto bits = parse_digits(entry.substr(slash + 1));
  return base && bits && shares_prefix(host, *base, static_cast<std::size_t>(std::min<std::uint64_t>(*bits, 1000)));
}

bool matches_name(std::string_view host, std::string_view name) {
  while (!name.empty() && (name.front() == '.' || name.front() == '*')) name.remove_prefix(1);  // .example.com, *.example.com
  if (name.empty() || name.size() > host.size()) return false;
  if (!equals_ignoring_case(host.substr(host.size() - name.size()), name)) return false;
  return name.size() == host.size() || host[host.size() - name.size() - 1] == '.';
}

std::string_view without_final_dot(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

bool matches_entry(const Origin& origin, std::string_view text) {
  if (text == "*") return true;
  const auto host_address = parse_address(origin.host);
  if (text.find('/') != std::string_view::npos) return host_address && matches_block(*host_address, text);
  const Entry entry = split_port(text);
  if (entry.port && *entry.port != origin.port) return false;
  if (const auto address = parse_address(entry.host)) {
    return host_address && address->size == host_address->size && address->bytes == host_address->bytes;
  }
  return !host_address && matches_name(without_final_dot(origin.host), without_final_dot(entry.host));
}

bool is_known_scheme(std::string_view scheme) {
  constexpr std::array<std::string_view, 6> kSchemes = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  return std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view known) { return equals_ignoring_case(known, scheme); });
}

Result<Proxy> parse_proxy(std::string_view text, const std::string& name) {
  const auto scheme_end = text.find("://");
  const std::string scheme(scheme_end == std::string_view::npos ? "http" : text.substr(0, scheme_end));
  std::string_view rest = scheme_end == std::string_view::npos ? text : text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const auto at = rest.rfind('@');
  const std::string_view host = at == std::string_view::npos ? rest : rest.substr(at + 1);
  if (!is_known_scheme(scheme))
    return fail(ErrorCode::InvalidConfig, name + ": the scheme of a proxy is one of http, https, socks4, socks5, socks5h");
  const bool is_clean = is_safe_value(text) && text.find_first_of(" \t\"<>\\") == std::string_view::npos;
  if (host.empty() || host.front() == ':' || !is_clean) return fail(ErrorCode::InvalidConfig, name + ": it names no host");
  return Proxy{Secret(scheme + "://" + std::string(rest)), scheme + "://" + std::string(host)};
}

}  // namespace

bool is_proxy_exempt(const Origin& origin, std::string_view no_proxy) {
  constexpr std::string_view kMarks = ", \t\r\n";
  while (!no_proxy.empty()) {
    no_proxy.remove_prefix(std::min(no_proxy.find_first_not_of(kMarks), no_proxy.size()));
    const std::string_view entry = no_proxy.substr(0, no_proxy.find_first_of(kMarks));
    if (!entry.empty() && matches_entry(origin, entry)) return true;
    no_proxy.remove_prefix(entry.size());
  }
  return false;
}

Result<std::optional<Proxy>> choose_proxy(const Url& url, const NetworkSettings& settings) {
  const bool is_tls = url.origin().scheme == "https";
  const std::string& text = is_tls ? settings.https_proxy : settings.http_proxy;
  const std::string_view trimmed = trim_blanks(text);
  if (trimmed.empty() || is_proxy_exempt(url.origin(), settings.no_proxy)) return std::optional<Proxy>();
  LARDER_TRY(Proxy proxy, parse_proxy(trimmed, is_tls ? settings.https_proxy_name : settings.http_proxy_name));
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace larder::net
