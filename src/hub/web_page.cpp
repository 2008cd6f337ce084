#include "hub/web_page.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "net/headers.hpp"

#include <fmt/format.h>

namespace larder::hub {
namespace {

constexpr std::size_t kShown = 120;
constexpr std::size_t kLookedAt = 64UL * 1024;  // a title further down is none that anybody wrote for people

std::string joined_blanks(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
    if (!is_blank) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

bool is_web_page(const net::ResponseHead& head, std::string_view body) {
  if (net::is_html(head.headers)) return true;
  const std::string_view begin = trim(body.substr(0, kLookedAt));
  return starts_with_ignoring_case(begin, "<!doctype html") || starts_with_ignoring_case(begin, "<html");
}

std::string page_title(std::string_view body) {
  body = body.substr(0, kLookedAt);
  const auto tag = find_ignoring_case(body, "<title");
  if (tag == std::string_view::npos) return {};
  const auto open = body.find('>', tag);
  if (open == std::string_view::npos) return {};
  const auto end = find_ignoring_case(body, "</title", open);
  if (end == std::string_view::npos) return {};
  return escape_text(joined_blanks(body.substr(open + 1, end - open - 1)), kShown);
}

std::optional<Error> page_instead_of(std::string_view wanted, const std::string& host, const net::Response& response) {
  if (!is_web_page(response.head, response.body)) return std::nullopt;
  const std::string title = page_title(response.body);
  Error error;
  error.code = ErrorCode::BadResponse;
  error.message =
      fmt::format("{} sent a web page{} where {} was asked for", host, title.empty() ? "" : fmt::format(" ('{}')", title), wanted);
  error.hint = "a login page of the network or a proxy may be in between, or the endpoint is no Hub";
  return error;
}

bool is_page_name(std::string_view path) {
  const std::string name = to_lower(path);
  return name.ends_with(".html") || name.ends_with(".htm") || name.ends_with(".xhtml");
}

}  // namespace larder::hub
