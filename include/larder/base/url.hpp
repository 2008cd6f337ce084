// Url: an absolute http or https URL whose credentials don't print by themselves.
#pragma once

#include <larder/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

/// scheme + host + port, the unit that a token belongs to. Host lower case, port always set.
struct Origin {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; IPv6 in brackets
  std::uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
  /// "https://host" or "https://host:8443" (default ports left out).
  [[nodiscard]] std::string text() const;
  /// host[:port]
  [[nodiscard]] std::string host_text() const;
  /// 127.0.0.0/8, ::1 or localhost.
  [[nodiscard]] bool is_loopback() const;
};

/// Parsed by larder, checked: http or https, a host, no control characters or spaces, at most 16 KiB. A user part is refused.
class Url {
 public:
  Url() = default;
  /// Errors: InvalidArgument (what is wrong, without the query).
  static Result<Url> parse(std::string_view text);
  /// A reference (absolute, //host/…, /path, path, ?query) resolved as RFC 3986 says, dot segments removed.
  /// Errors: UnsafeRedirect for another scheme, BadResponse when malformed (T26, T29, N37).
  [[nodiscard]] Result<Url> join(std::string_view reference) const;

  [[nodiscard]] const Origin& origin() const { return origin_; }
  [[nodiscard]] const std::string& path() const { return path_; }    ///< starts with "/", still percent-encoded
  [[nodiscard]] const std::string& query() const { return query_; }  ///< without "?"; may hold a signature
  /// All of it, for the request only.
  [[nodiscard]] std::string full() const;
  /// Origin and path without trailing "/": what routes are appended to.
  [[nodiscard]] std::string base() const;
  /// Origin and path; "?…" when there is a query. For messages and logs.
  [[nodiscard]] std::string redacted() const;
  [[nodiscard]] bool empty() const { return origin_.host.empty(); }
  friend bool operator==(const Url&, const Url&) = default;

 private:
  Origin origin_;
  std::string path_;
  std::string query_;
};

/// Percent-encodes as Python's quote(text, safe=""): `A–Z a–z 0–9 _ . - ~` stay, all else becomes UTF-8 bytes in %XX.
std::string percent_encode(std::string_view text);
/// The same, with `/` kept.
std::string percent_encode_path(std::string_view text);
/// Decodes %XX once; a `%` that starts no pair stays. Errors: none.
std::string percent_decode(std::string_view text);

}  // namespace larder
