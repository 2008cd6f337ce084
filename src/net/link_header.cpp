// Link: <url>; rel="next" (RFC 8288), with commas and quotes where they may stand.
#include "base/text.hpp"
#include "net/field_text.hpp"
#include "net/headers.hpp"

#include <algorithm>

namespace larder::net {
namespace {

/// Reads one Link field from left to right; every step moves forward, so it ends on any input.
class LinkScanner {
 public:
  explicit LinkScanner(std::string_view text) : rest_(text) {}

  /// The next target with its rel; nullopt at the end or where the text is no link list any more.
  struct Link {
    std::string_view target;
    std::string_view rel;
  };
  std::optional<Link> next() {
    skip(" \t,");
    if (rest_.empty() || rest_.front() != '<') return std::nullopt;
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    Link link{rest_.substr(1, end - 1), {}};
    rest_.remove_prefix(end + 1);
    bool has_rel = false;
    for (skip(" \t"); !rest_.empty() && rest_.front() == ';'; skip(" \t")) {
      skip("; \t");
      const std::string_view name = until(" \t=;,");
      const std::string_view value = parameter_value();
      if (equals_ignoring_case(name, "rel") && !has_rel) {  // a second rel is to be ignored
        link.rel = value;
        has_rel = true;
      }
    }
    return link;
  }
  /// After next() said that there is no more: what it could not read.
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  void skip(std::string_view marks) { rest_.remove_prefix(std::min(rest_.find_first_not_of(marks), rest_.size())); }

  std::string_view until(std::string_view marks) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(marks));
    rest_.remove_prefix(word.size());
    return word;
  }

  std::string_view parameter_value() {
    skip(" \t");
    if (rest_.empty() || rest_.front() != '=') return {};
    rest_.remove_prefix(1);
    skip(" \t");
    return !rest_.empty() && rest_.front() == '"' ? quoted() : until(" \t;,");
  }

  std::string_view quoted() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    end = std::min(end, rest_.size());
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return text;
  }

  std::string_view rest_;
};

bool names_next(std::string_view rel) {
  while (!rel.empty()) {
    const auto blank = rel.find_first_of(" \t");
    if (equals_ignoring_case(rel.substr(0, blank), "next")) return true;
    rel.remove_prefix(blank == std::string_view::npos ? rel.size() : blank + 1);
  }
  return false;
}

}  // namespace

Result<std::optional<std::string>> next_link(const Headers& headers) {
  for (const std::string_view field : headers.find_all("link")) {
    LinkScanner scanner(field);
    while (const auto link = scanner.next()) {
      if (names_next(link->rel)) return std::optional(std::string(link->target));
    }
    // It might have been the next page: a listing must not end there as if it were whole.
    if (!scanner.rest().empty()) return fail(ErrorCode::BadResponse, "a Link header that cannot be read");
  }
  return std::optional<std::string>();
}

}  // namespace larder::net
