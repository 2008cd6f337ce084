#include "config/expand.hpp"

#include "base/text.hpp"

namespace larder::config {
namespace {

bool is_name_character(char c) { return is_alnum(c) || c == '_'; }

/// A variable at the start of a text that begins with "$": its name and the characters it takes; length 0: none is there.
struct Mention {
  std::string_view name;
  std::size_t length = 0;
};

Mention find_mention(std::string_view text) {
  if (text.size() > 1 && text[1] == '{') {
    const auto end = text.find('}');
    if (end == std::string_view::npos) return {};
    return {text.substr(2, end - 2), end + 1};
  }
  std::size_t end = 1;
  while (end < text.size() && is_name_character(text[end])) ++end;
  if (end == 1) return {};
  return {text.substr(1, end - 1), end};
}

}  // namespace

std::string expand_home(std::string_view path, const std::string& home) {
  const bool is_home = path == "~" || path.starts_with("~/");
  if (!is_home || home.empty()) return std::string(path);
  return home + std::string(path.substr(1));
}

std::string expand_variables(std::string_view path, const Variables& environment) {
  std::string result;
  while (!path.empty()) {
    const auto mention = path.front() == '$' ? find_mention(path) : Mention{};
    const auto found = mention.length == 0 ? environment.end() : environment.find(mention.name);
    if (found == environment.end()) {
      result += path.front();
      path.remove_prefix(1);
      continue;
    }
    result += found->second;
    path.remove_prefix(mention.length);
  }
  return result;
}

std::string make_absolute(std::string_view path, const std::string& folder) {
  const std::string whole = path.starts_with('/') ? std::string(path) : folder + "/" + std::string(path);
  std::string result;
  for (const std::string_view part : split(whole, '/')) {
    if (!part.empty() && part != ".") result.append("/").append(part);
  }
  return result.empty() ? "/" : result;
}

}  // namespace larder::config
