#include "repo/link.hpp"

#include <larder/base/url.hpp>
#include <larder/repo/repo_id.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace larder::repo {
namespace {

constexpr std::array<std::string_view, 5> kRoutes = {"tree", "blob", "raw", "resolve", "blame"};

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

struct Scheme {
  std::string_view prefix;
  std::string_view default_port;
};
constexpr std::array kSchemes = {Scheme{"https://", ":443"}, Scheme{"http://", ":80"}};

// The scheme that `text` begins with, in any case; nullopt: none of the web.
std::optional<Scheme> scheme_of(std::string_view text) {
  for (const Scheme& scheme : kSchemes) {
    if (to_lower(text.substr(0, scheme.prefix.size())) == scheme.prefix) return scheme;
  }
  return std::nullopt;
}

std::string_view host_of(std::string_view text) { return text.substr(0, text.find_first_of("/?#")); }

bool is_hub_host(std::string_view host, std::string_view endpoint_host) {
  const std::string lowered = to_lower(host);
  return lowered == "huggingface.co" || lowered == "hf.co" || (!endpoint_host.empty() && lowered == to_lower(endpoint_host));
}

constexpr std::string_view kHint = "a link is https://HOST/[datasets/|spaces/|kernels/]ORG/NAME[/tree/REVISION[/PATH]]";

tl::unexpected<Error> refuse(std::string_view text, std::string_view why, std::string_view hint = kHint) {
  return fail(ErrorCode::InvalidArgument, fmt::format("'{}': {}", escape_text(text), why), std::string(hint));
}

// The files that a page about something else is about: ".../discussions/3" may be a pull request, ".../commit/…" shows a revision.
std::string other_page_hint(std::string_view location, std::string_view route, std::string_view rest) {
  const std::string_view what = rest.substr(0, rest.find('/'));
  const bool is_number = !what.empty() && std::all_of(what.begin(), what.end(), is_digit);
  if (route == "discussions" && is_number) return fmt::format("the files of pull request {0} are {1}@refs/pr/{0}", what, location);
  const bool is_of_revision = (route == "commit" || route == "commits") && !what.empty();
  return is_of_revision ? fmt::format("the files at that revision are {}@{}", location, what)
                        : fmt::format("the repository is {}", location);
}

// R-117: a segment is decoded, but a "/" in it stays written as %2F, for it does not part segments.
std::string decode_segment(std::string_view segment) {
  std::string out;
  for (const char c : percent_decode(segment)) {
    if (c == '/') {
      out += "%2F";
    } else {
      out += c;
    }
  }
  return out;
}

std::string decode_path(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string_view segment : split(path, '/')) segments.push_back(decode_segment(segment));
  return join(segments, "/");
}

// The first segment and what follows its "/".
std::pair<std::string_view, std::string_view> cut_segment(std::string_view path) {
  const auto end = std::min(path.find('/'), path.size());
  return {path.substr(0, end), path.substr(std::min(end + 1, path.size()))};
}

// "REVISION[/PATH]" behind a route. A slashed revision is one segment ("refs%2Fpr%2F1", T-21); refs/pr/N may also stand plainly.
void split_revision(std::string_view rest, Link& link) {
  auto length = special_ref_length(rest);
  if (length == 0) length = std::min(rest.find('/'), rest.size());
  link.revision = percent_decode(rest.substr(0, length));
  if (length < rest.size()) link.path = decode_path(rest.substr(length + 1));
}

// "[type/]ORG/NAME[/ROUTE/REVISION[/PATH]]" of a link whose host is known.
Result<Link> split_path(std::string_view path, std::string_view shown) {
  Link link;
  auto [first, rest] = cut_segment(path);
  if (first == "buckets") return refuse(shown, "a bucket is no repository");
  const bool is_typed = std::any_of(kRepoTypes.begin(), kRepoTypes.end(),
                                    [first = first](RepoType type) { return type != RepoType::Model && first == plural(type); });
  if (is_typed) {
    link.location = std::string(first) + "/";
    std::tie(first, rest) = cut_segment(rest);
  }
  const auto [repo_name, behind] = cut_segment(rest);
  if (first.empty() || repo_name.empty()) return refuse(shown, "no ORG/NAME in it");
  link.location += decode_segment(first) + "/" + decode_segment(repo_name);
  if (behind.empty()) return link;
  const auto [route, revision] = cut_segment(behind);
  if (std::find(kRoutes.begin(), kRoutes.end(), route) == kRoutes.end())
    return refuse(shown, "not a page of files (tree, blob, raw, resolve or blame)", other_page_hint(link.location, route, revision));
  if (revision.empty()) return refuse(shown, "no revision in it");
  split_revision(revision, link);
  return link;
}

}  // namespace

std::size_t special_ref_length(std::string_view text) {
  constexpr std::string_view kPull = "refs/pr/";
  constexpr std::string_view kConvert = "refs/convert/";
  const auto is_name = [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; };
  std::size_t end = 0;
  if (text.starts_with(kPull)) {
    end = static_cast<std::size_t>(std::find_if_not(text.begin() + kPull.size(), text.end(), is_digit) - text.begin());
    if (end == kPull.size()) return 0;
  } else if (text.starts_with(kConvert)) {
    end = static_cast<std::size_t>(std::find_if_not(text.begin() + kConvert.size(), text.end(), is_name) - text.begin());
    if (end == kConvert.size()) return 0;
  }
  return end == text.size() || text[end] == '/' ? end : 0;
}

bool is_link(std::string_view text, std::string_view endpoint_host) {
  if (scheme_of(text)) return true;
  const std::string_view host = host_of(text);
  return host.size() < text.size() && text[host.size()] == '/' && is_hub_host(host, endpoint_host);
}

Result<Link> parse_link(std::string_view text, std::string_view endpoint_host) {
  const std::string_view shown = text.substr(0, text.find_first_of("?#"));  // a query may hold a signature
  std::string_view path = shown;
  const auto scheme = scheme_of(text);
  if (scheme) path.remove_prefix(scheme->prefix.size());
  const std::string_view host = host_of(path);
  if (!is_hub_host(scheme ? without_suffix(host, scheme->default_port) : host, endpoint_host)) {
    return refuse(shown, "not a link of the Hub or of the endpoint");
  }
  path.remove_prefix(host.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.starts_with('/') || path.find("//") != std::string_view::npos) return refuse(shown, "an empty part");
  return split_path(path, shown);
}

}  // namespace larder::repo
