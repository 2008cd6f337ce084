#include <larder/repo/reference.hpp>

#include <larder/base/url.hpp>
#include <larder/repo/quant.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "repo/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace larder::repo {
namespace {

constexpr std::string_view kHint = "a reference is [datasets/|spaces/|kernels/]ORG/NAME[@REVISION][/PATH], or ORG/NAME[@REVISION]:QUANT";

tl::unexpected<Error> refuse(std::string_view text, std::string_view why, std::string_view hint = kHint) {
  return fail(ErrorCode::InvalidArgument, fmt::format("reference '{}': {}", escape_text(text), why), std::string(hint));
}

// The written form cut at its joints, before anything is checked.
struct Pieces {
  std::optional<RepoType> type;
  std::string id;
  std::optional<std::string> revision;
  std::string path;
  std::optional<std::string> quant;
};

// Takes the type prefix off; singular ones get a hint (R-116, T-23).
Result<void> take_type(std::string_view text, std::string_view& rest, bool is_uri, Pieces& pieces) {
  const std::string_view first = rest.substr(0, rest.find('/'));
  if (first.size() == rest.size()) return {};
  for (const RepoType type : kRepoTypes) {
    if (first == plural(type)) {
      pieces.type = type;
      rest.remove_prefix(first.size() + 1);
      return {};
    }
    // "space/x" may be somebody's repository; "space/org/x" can only be meant as a type.
    const bool is_deeper = rest.substr(0, rest.find('@')).find('/', first.size() + 1) != std::string_view::npos;
    if (first == name(type) && (is_uri || is_deeper)) return refuse(text, fmt::format("the type is written '{}/'", plural(type)));
  }
  if (first == "buckets") return refuse(text, "a bucket is no repository");
  return {};
}

// "@" begins a revision only if at most one "/" is before it (R-116, T-20).
std::size_t revision_mark(std::string_view location) {
  const auto at = location.find('@');
  if (at == std::string_view::npos) return at;
  const auto slashes = std::count(location.begin(), location.begin() + static_cast<std::ptrdiff_t>(at), '/');
  return slashes <= 1 ? at : std::string_view::npos;
}

// Where the revision that `text` begins with ends: at the end, at ":QUANT" or at the next "/".
std::size_t revision_length(std::string_view text) {
  const auto special = special_ref_length(text.substr(0, text.find(':')));
  return special != 0 ? special : std::min(text.find_first_of("/:"), text.size());
}

// Where ORG/NAME (or the one word of a legacy id) ends, without a revision behind it.
std::size_t id_length(std::string_view location) {
  const auto slash = location.find('/');
  if (slash == std::string_view::npos) return location.size();
  return std::min(location.find('/', slash + 1), location.size());
}

std::string_view without_git_end(std::string_view text) {
  if (text.ends_with(".git")) text.remove_suffix(std::string_view(".git").size());
  return text;
}

// What is behind "USER@HOST:" in an address for `git clone`; empty: it is none.
std::string_view location_for_git(std::string_view text) {
  const auto colon = text.find(':');
  const auto at = text.find('@');
  if (colon == std::string_view::npos || at > colon || text.find('/') < colon) return {};
  const std::string_view location = text.substr(colon + 1);
  return location.find('/') == std::string_view::npos ? std::string_view{} : location;
}

// Letters, digits, "_", "-" and ".": anything that could be a label.
bool is_plain_word(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

// What follows the id and revision: "/PATH", ":QUANT" or nothing.
Result<void> take_tail(std::string_view text, std::string_view tail, Pieces& pieces) {
  if (tail.starts_with(':')) {
    const std::string_view quant = tail.substr(1);
    if (quant.find('/') != std::string_view::npos) return refuse(text, "a quantisation and a path don't go together");
    if (!is_plain_word(quant)) return refuse(text, "no quantisation behind the ':'");
    pieces.quant = quant;
  } else if (tail.starts_with('/')) {
    pieces.path = tail.substr(1);
    if (pieces.path.ends_with('/')) pieces.path.pop_back();
    if (pieces.path.empty()) return {};
    const auto colon = pieces.path.rfind(':');
    if (colon != std::string::npos && is_quant_label(std::string_view(pieces.path).substr(colon + 1))) {
      return refuse(text, "a quantisation and a path don't go together");
    }
  }
  return {};
}

// [type/]ORG/NAME[@REVISION][/PATH] or …:QUANT, in plain form or behind hf://.
Result<Pieces> cut(std::string_view text, std::string_view rest, bool is_uri) {
  Pieces pieces;
  LARDER_CHECK(take_type(text, rest, is_uri, pieces));
  const auto mark = revision_mark(rest);
  std::size_t end = id_length(rest);
  if (mark != std::string_view::npos) {
    end = mark;
    const std::string_view behind = rest.substr(mark + 1);
    const auto length = revision_length(behind);
    if (length == 0) return refuse(text, "no revision behind the '@'");
    pieces.revision = percent_decode(behind.substr(0, length));
    pieces.id = rest.substr(0, end);
    LARDER_CHECK(take_tail(text, behind.substr(length), pieces));
    return pieces;
  }
  const auto colon = rest.substr(0, end).find(':');
  if (colon != std::string_view::npos) end = colon;
  pieces.id = rest.substr(0, end);
  LARDER_CHECK(take_tail(text, rest.substr(end), pieces));
  return pieces;
}

Result<Pieces> cut_uri(std::string_view text) {
  std::string_view rest = text.substr(std::string_view("hf://").size());
  // Leading and trailing slashes are not part of the location (R-116).
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  rest = rest.substr(0, rest.find_last_not_of('/') + 1);
  if (rest.empty()) return refuse(text, "no repository in it");
  LARDER_TRY(Pieces pieces, cut(text, rest, true));
  if (pieces.id.find('/') == std::string::npos) return refuse(text, "an hf:// reference needs ORG/NAME");
  return pieces;
}

Result<Pieces> cut_link(std::string_view text, const ReferenceContext& context) {
  LARDER_TRY(const Link link, parse_link(text, context.endpoint_host));
  LARDER_TRY(Pieces pieces, cut(text, link.location, false));
  if (pieces.id.find('/') == std::string::npos) return refuse(text.substr(0, text.find_first_of("?#")), "a link needs ORG/NAME");
  if (!pieces.type) pieces.type = RepoType::Model;  // a link without a prefix is one to a model
  if (pieces.revision) return refuse(text.substr(0, text.find_first_of("?#")), "an '@' in a link");
  if (link.revision && pieces.quant) return refuse(text, "a quantisation and a path don't go together");
  pieces.revision = link.revision;
  pieces.path = link.path;
  return pieces;
}

Result<Pieces> cut_any(std::string_view text, const ReferenceContext& context) {
  if (text.empty()) return refuse(text, "it is empty");
  if (to_lower(text.substr(0, 5)) == "hf://") return cut_uri(text);
  if (is_link(text, context.endpoint_host)) return cut_link(text, context);
  if (const auto location = location_for_git(text); !location.empty()) {
    return refuse(text, "an address for git", fmt::format("write {}", escape_text(without_git_end(location))));
  }
  if (text.find("://") != std::string_view::npos) return refuse(text, "a reference begins with hf://, https:// or a repository id");
  return cut(text, text, false);
}

Result<void> check_path(std::string_view text, std::string_view path) {
  if (path.empty()) return {};
  for (const std::string_view part : split(path, '/')) {
    if (part.empty()) return refuse(text, "the path has an empty part");
    if (part == "." || part == "..") return refuse(text, "the path has a part '.' or '..'");
  }
  return {};
}

Result<RepoType> chosen_type(std::string_view text, const Pieces& pieces, const ReferenceContext& context) {
  if (pieces.type && context.type) return refuse(text, "it names its type, so --repo-type can't be given", "leave --repo-type out");
  if (context.type) return *context.type;
  return pieces.type.value_or(RepoType::Model);
}

Result<std::optional<Revision>> chosen_revision(std::string_view text, const Pieces& pieces, const ReferenceContext& context) {
  if (pieces.revision && context.revision) {
    return refuse(text, "it names a revision, so --revision can't be given", "leave one of the two out");
  }
  if (!pieces.revision && !context.revision) return std::optional<Revision>();
  LARDER_TRY(Revision revision, Revision::parse(pieces.revision ? *pieces.revision : *context.revision));
  return std::optional<Revision>(std::move(revision));
}

Error with_hint(Error error, RepoType type, std::string_view id) {
  const std::string_view plain = without_git_end(id);
  error.hint = plain == id ? std::string(kHint) : fmt::format("write {}{}", url_prefix(type), escape_text(plain));
  return error;
}

// A revision as one segment: "/" and what would be decoded again are written %XX, but for the two kinds of refs that may stand plainly.
std::string written(const Revision& revision) {
  const std::string& plain = revision.text();
  if (special_ref_length(plain) == plain.size()) return plain;
  std::string out;
  for (const char c : plain) {
    if (c == '/') {
      out += "%2F";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<Reference> parse_reference(std::string_view text, const ReferenceContext& context) {
  if (text.empty()) return fail(ErrorCode::InvalidArgument, "the reference is empty", std::string(kHint));
  LARDER_TRY(Pieces pieces, cut_any(text, context));
  Reference reference;
  LARDER_TRY(const RepoType type, chosen_type(text, pieces, context));
  auto repo = RepoId::make(type, pieces.id);
  if (!repo) return fail(with_hint(std::move(repo).error(), type, pieces.id));
  reference.repo = *repo;
  LARDER_TRY(reference.revision, chosen_revision(text, pieces, context));
  LARDER_CHECK(check_path(text, pieces.path));
  if (pieces.quant && type != RepoType::Model) return refuse(text, "only models have quantisations");
  reference.path = std::move(pieces.path);
  reference.quant = pieces.quant.value_or("");
  return reference;
}

std::string text(const Reference& reference) {
  std::string out = reference.repo.text();
  if (reference.revision) out += "@" + written(*reference.revision);
  if (!reference.path.empty()) out += "/" + reference.path;
  if (!reference.quant.empty()) out += ":" + reference.quant;
  return out;
}

}  // namespace larder::repo
