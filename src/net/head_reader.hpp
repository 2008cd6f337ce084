// HeadReader: status line and header fields, line by line as they come, within limits. Pure, fuzzed.
#pragma once

#include <larder/net/http.hpp>

#include <cstddef>
#include <string_view>

namespace larder::net {

/// Source: docs/hub-protocol.md "Limits".
struct HeadLimits {
  std::size_t block = 64UL * 1024;  ///< all lines of an answer with their ends: interim answers and trailers count too
  std::size_t line = 8UL * 1024;    ///< one line without its end
};

/// Feeds on lines in the order they come over the wire. Interim (1xx) heads are dropped, trailers are ignored (N41).
class HeadReader {
 public:
  explicit HeadReader(HeadLimits limits = {}) : limits_(limits) {}

  /// One line with or without its CR LF; an empty one ends a head. Errors: BadResponse (limits, no status line, no colon, a folded line,
  /// control characters).
  Result<void> feed(std::string_view line);
  /// The final head is there.
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  /// As far as it has come.
  [[nodiscard]] const ResponseHead& head() const { return head_; }

 private:
  Result<void> begin(std::string_view status_line);
  Result<void> add_field(std::string_view line);
  void finish();

  HeadLimits limits_;
  ResponseHead head_;
  std::size_t bytes_ = 0;
  bool has_status_ = false;
  bool is_complete_ = false;
};

}  // namespace larder::net
