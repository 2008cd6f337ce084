#include <larder/repo/revision.hpp>

#include "base/escape.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::repo {
namespace {

constexpr std::size_t kCommitLength = 40;
constexpr std::size_t kShortestCommit = 7;      // as the manual has it; git itself shows no fewer
constexpr std::size_t kLongestPart = 255;       // a part becomes a file name below refs/ (R-110)
constexpr std::size_t kLongestRevision = 1000;  // quoted three-fold it still fits a URL

// git check-ref-format, rules 4, 5 and 10: never in a ref name, at any place.
constexpr bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte <= 0x20 || byte == 0x7F) return true;
  return c == '~' || c == '^' || c == ':' || c == '?' || c == '*' || c == '[' || c == '\\';
}

// What is wrong with one part between slashes; empty: nothing.
std::string_view broken_part_rule(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part.front() == '.') return "has a part that begins with \".\"";
  if (part.ends_with(".lock")) return "has a part that ends with \".lock\"";
  if (part.size() > kLongestPart) return "has a part over 255 bytes";
  return {};
}

std::string_view broken_whole_rule(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kLongestRevision) return "is over 1000 bytes";
  if (!is_utf8(text)) return "is not UTF-8";
  if (std::any_of(text.begin(), text.end(), is_forbidden)) return "has a space, a control character or one of ~ ^ : ? * [ \\";
  if (text.front() == '-') return "begins with \"-\"";
  if (text.front() == '/' || text.back() == '/') return "begins or ends with \"/\"";
  if (text.back() == '.') return "ends with \".\"";
  if (text.find("..") != std::string_view::npos) return "has \"..\"";
  if (text.find("@{") != std::string_view::npos) return "has \"@{\"";
  if (text == "@") return "is \"@\"";
  return {};
}

// git check-ref-format and R-110 together; empty: the name is fine.
std::string_view broken_rule(std::string_view text) {
  if (const auto rule = broken_whole_rule(text); !rule.empty()) return rule;
  for (const std::string_view part : split(text, '/')) {
    if (const auto rule = broken_part_rule(part); !rule.empty()) return rule;
  }
  return {};
}

}  // namespace

std::optional<CommitId> CommitId::parse(std::string_view text) {
  if (text.size() != kCommitLength || !is_lower_hex(text)) return std::nullopt;
  CommitId commit;
  commit.hex_ = text;
  return commit;
}

Result<Revision> Revision::parse(std::string_view text) {
  if (const auto rule = broken_rule(text); !rule.empty()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("revision '{}': {}, so no git ref or commit is called so", escape_text(text), rule));
  }
  Revision revision;
  revision.text_ = text;
  return revision;
}

bool Revision::may_be_short_commit() const { return text_.size() >= kShortestCommit && text_.size() < kCommitLength && is_hex(text_); }

}  // namespace larder::repo
