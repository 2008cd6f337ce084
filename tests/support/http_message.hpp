// What a test server read from a client, and lists of header fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::test {

/// Header fields in order; names as written.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// The first field of that name, case ignored; nullptr when there is none.
const std::string* find_header(const HeaderList& headers, std::string_view name);

/// What a Range field asks for: `bytes=first-last`, `bytes=first-` or `bytes=-suffix`.
struct AskedRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< exclusive, cut to the size
};

/// One request as it came.
struct ReceivedRequest {
  int connection = 0;  ///< 1 for the first connection of the server, and so on
  int sequence = 0;    ///< 1 for the first request of its connection
  bool is_tls = false;
  std::string method;
  std::string target;   ///< as sent: path and query, still percent-encoded
  std::string version;  ///< "HTTP/1.1"
  HeaderList headers;
  std::string body;

  [[nodiscard]] std::string path() const;   ///< of the target, still percent-encoded
  [[nodiscard]] std::string query() const;  ///< without "?"
  /// The value of a query parameter, percent-decoded; nullopt when it is not there.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  [[nodiscard]] const std::string* header(std::string_view name) const { return find_header(headers, name); }
  /// The token of "Authorization: Bearer TOKEN"; empty when there is none.
  [[nodiscard]] std::string bearer() const;
  /// The single range that is asked for, cut to `size`; nullopt: no Range, several, or not satisfiable (then `is_unsatisfiable`).
  [[nodiscard]] std::optional<AskedRange> range(std::uint64_t size) const;
  [[nodiscard]] bool is_unsatisfiable(std::uint64_t size) const;
  [[nodiscard]] bool wants_close() const;
};

/// Parses a request head (without the final empty line). nullopt: not HTTP.
std::optional<ReceivedRequest> parse_request_head(std::string_view head);

/// %XX decoded once.
std::string decode_percent(std::string_view text);

}  // namespace larder::test
