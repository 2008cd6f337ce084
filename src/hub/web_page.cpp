#include "hub/web_page.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"

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
  const auto type = head.headers.find("content-type");
  if (type && (starts_with_ignoring_case(*type, "text/html") || starts_with_ignoring_case(*type, "application/xhtml"))) return true;
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

}  // namespace larder::hub
