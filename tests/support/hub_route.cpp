// Taking requests to the fake Hub apart.
#include "support/hub_answer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace larder::test {
namespace {

constexpr std::array<std::string_view, 4> kTypes{"model", "dataset", "space", "kernel"};

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> segments;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    segments.push_back(decode_percent(std::string_view(path).substr(at, end - at)));
    at = end + 1;
  }
  return segments;
}

std::optional<std::string> type_of_plural(const std::string& word) {
  for (const std::string_view type : kTypes) {
    if (word == std::string(type) + "s") return std::string(type);
  }
  return std::nullopt;
}

std::string join(const std::vector<std::string>& parts, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < parts.size(); ++i) text += (i == from ? "" : "/") + parts[i];
  return text;
}

// An id has one or two segments: the verb tells where it ends (S-2).
void find_verb(Route& route, const std::vector<std::string>& segments, std::size_t from, const std::vector<std::string_view>& verbs) {
  for (std::size_t i = from + 1; i < segments.size() && i <= from + 2; ++i) {
    if (std::find(verbs.begin(), verbs.end(), segments[i]) == verbs.end()) continue;
    route.verb = segments[i] == "revision" ? "info" : segments[i];
    for (std::size_t k = from; k < i; ++k) route.id += (k == from ? "" : "/") + segments[k];
    route.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(i) + 1, segments.end());
    return;
  }
}

Route api_route(const std::vector<std::string>& segments) {
  Route route;
  route.is_api = true;
  if (segments.size() == 2 && (segments[1] == "whoami-v2" || segments[1] == "agent-harnesses")) {
    route.verb = segments[1] == "whoami-v2" ? "whoami" : segments[1];
    return route;
  }
  const bool is_cache = segments.size() > 3 && segments[1] == "resolve-cache";
  const std::size_t at = is_cache ? 2 : 1;
  const auto type = segments.size() > at + 1 ? type_of_plural(segments[at]) : std::nullopt;
  if (!type) return route;
  route.type = *type;
  if (is_cache) {  // /api/resolve-cache/models/ORG/NAME/COMMIT/PATH: the commit is the segment of 40 digits
    const auto is_commit = [](const std::string& s) {
      return s.size() == 40 && s.find_first_not_of("0123456789abcdef") == std::string::npos;
    };
    const auto commit = std::find_if(segments.begin() + 4, segments.end(), is_commit);
    if (commit == segments.end()) return route;
    route.verb = "resolve-cache";
    route.is_api = false;
    route.id = join({segments.begin() + 3, commit}, 0);
    route.rest.assign(commit, segments.end());
    return route;
  }
  find_verb(route, segments, 2, {"revision", "tree", "refs", "commits", "paths-info", "auth-check", "treesize"});
  if (route.verb.empty() && segments.size() <= 4) {
    route.verb = "info";
    route.id = join(segments, 2);
  }
  return route;
}

}  // namespace

Route parse_route(const ReceivedRequest& request) {
  const auto segments = split_path(request.path());
  if (segments.empty()) return {};
  if (segments[0] == "api") return api_route(segments);
  Route route;
  std::size_t from = 0;
  if (const auto type = type_of_plural(segments[0])) {
    route.type = *type;
    from = 1;
  }
  find_verb(route, segments, from, {"resolve", "raw"});
  return route;
}

RevisionAndPath split_revision(const HubRepo& repo, const std::vector<std::string>& segments) {
  for (std::size_t count = 1; count <= segments.size(); ++count) {
    const std::string revision = join({segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(count)}, 0);
    if (const HubCommit* commit = repo.resolve(revision)) return {commit, revision, join(segments, count)};
  }
  return {nullptr, segments.empty() ? std::string() : segments[0], {}};
}

Caller caller_of(const ReceivedRequest& request) {
  if (request.header("authorization") == nullptr) return Caller::Anonymous;
  const std::string token = request.bearer();
  if (token == kMemberToken || token == kOAuthToken) return Caller::Member;
  return token == kStrangerToken ? Caller::Stranger : Caller::Invalid;
}

std::string encode_percent(const std::string& text, bool keeps_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || (keeps_slash && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4U];
      out += kDigits[static_cast<unsigned char>(c) & 15U];
    }
  }
  return out;
}

}  // namespace larder::test
