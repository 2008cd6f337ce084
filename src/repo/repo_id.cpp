#include <larder/repo/repo_id.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::repo {
namespace {

constexpr std::size_t kLongestPart = 96;  // R-104, namespace and name alike

constexpr bool is_letter_digit_or_underscore(char c) { return is_alnum(c) || c == '_'; }
constexpr bool is_id_character(char c) { return is_letter_digit_or_underscore(c) || c == '-' || c == '.'; }

// One side of the "/": ASCII only, so no control character gets through either.
bool is_part(std::string_view part) {
  if (part.empty() || part.size() > kLongestPart) return false;
  return is_letter_digit_or_underscore(part.front()) && is_letter_digit_or_underscore(part.back()) &&
         std::all_of(part.begin(), part.end(), is_id_character);
}

bool matches_pattern(std::string_view id) {
  const auto slash = id.find('/');
  if (slash == std::string_view::npos) return is_part(id);
  return is_part(id.substr(0, slash)) && is_part(id.substr(slash + 1));
}

// The rule that `id` breaks, in the order of R-104; empty when it is fine.
std::string_view broken_rule(std::string_view id) {
  if (std::count(id.begin(), id.end(), '/') > 1) return "an id is ORG/NAME, with one \"/\"";
  if (!matches_pattern(id)) {
    return "each part of an id is 1 to 96 ASCII letters, digits, \"_\", \"-\" and \".\", and begins and ends with a letter, digit or \"_\"";
  }
  if (id.find("--") != std::string_view::npos || id.find("..") != std::string_view::npos) return "an id has no \"--\" and no \"..\"";
  if (id.ends_with(".git")) return "an id does not end with \".git\"";
  return {};
}

}  // namespace

std::string_view name(RepoType type) {
  switch (type) {
    case RepoType::Model:
      return "model";
    case RepoType::Dataset:
      return "dataset";
    case RepoType::Space:
      return "space";
    case RepoType::Kernel:
      return "kernel";
  }
  return "model";
}

std::string_view plural(RepoType type) {
  switch (type) {
    case RepoType::Model:
      return "models";
    case RepoType::Dataset:
      return "datasets";
    case RepoType::Space:
      return "spaces";
    case RepoType::Kernel:
      return "kernels";
  }
  return "models";
}

std::string_view url_prefix(RepoType type) {
  switch (type) {
    case RepoType::Model:
      return "";
    case RepoType::Dataset:
      return "datasets/";
    case RepoType::Space:
      return "spaces/";
    case RepoType::Kernel:
      return "kernels/";
  }
  return "";
}

Result<RepoType> parse_repo_type(std::string_view text) {
  for (const RepoType type : kRepoTypes) {
    if (text == name(type) || text == plural(type)) return type;
  }
  return fail(ErrorCode::InvalidArgument, fmt::format("repository type '{}': not one of model, dataset, space, kernel", escape_text(text)));
}

Result<RepoId> RepoId::make(RepoType type, std::string_view id) {
  if (const auto rule = broken_rule(id); !rule.empty()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("repository id '{}': {}", escape_text(id), rule));
  }
  RepoId made;
  made.type_ = type;
  made.id_ = id;
  return made;
}

std::string RepoId::text() const { return std::string(url_prefix(type_)) + id_; }

std::string RepoId::folder_name() const {
  std::string folder(plural(type_));
  folder += "--";
  for (const char c : id_) {
    if (c == '/') {
      folder += "--";
    } else {
      folder += c;
    }
  }
  return folder;
}

std::optional<RepoId> RepoId::from_folder_name(std::string_view folder) {
  for (const RepoType type : kRepoTypes) {
    if (!folder.starts_with(std::string(plural(type)) + "--")) continue;
    std::string_view rest = folder.substr(plural(type).size() + 2);
    if (rest.empty()) return std::nullopt;
    RepoId found;
    found.type_ = type;
    for (std::size_t dashes = 0; (dashes = rest.find("--")) != std::string_view::npos; rest.remove_prefix(dashes + 2)) {
      found.id_.append(rest.substr(0, dashes)).append("/");
    }
    found.id_ += rest;
    return found;
  }
  return std::nullopt;
}

}  // namespace larder::repo
