// Revision, CommitId, ResolvedRevision: which state of a repository.
#pragma once

#include <larder/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::repo {

/// 40 lower-case hex digits, whole string.
class CommitId {
 public:
  CommitId() = default;
  static std::optional<CommitId> parse(std::string_view text);
  [[nodiscard]] const std::string& hex() const { return hex_; }
  [[nodiscard]] bool empty() const { return hex_.empty(); }
  friend bool operator==(const CommitId&, const CommitId&) = default;
  friend auto operator<=>(const CommitId&, const CommitId&) = default;

 private:
  std::string hex_;
};

/// What the user typed: branch, tag, refs/pr/N, refs/convert/NAME, full or short commit. Checked so that it is safe as a path under
/// refs/ and could be a git ref (R-110, T16, git check-ref-format): UTF-8, no empty part, none that begins with "." or ends with ".lock",
/// no "..", "@{", space, control character or one of ~^:?*[\, no leading "/" or "-", no trailing "/" or ".", at most 255 bytes a part
/// and 1000 in all.
class Revision {
 public:
  /// "main".
  Revision() : text_("main") {}
  /// Errors: InvalidArgument.
  static Result<Revision> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// The full commit, if it is one.
  [[nodiscard]] std::optional<CommitId> commit() const { return CommitId::parse(text_); }
  /// 7…39 hex digits (any case): may be a short commit.
  [[nodiscard]] bool may_be_short_commit() const;
  friend bool operator==(const Revision&, const Revision&) = default;

 private:
  std::string text_;
};

/// Asked + resolved.
struct ResolvedRevision {
  Revision asked;
  CommitId commit;
  std::string canonical_id;  ///< the Hub's own id for a moved repository or an alias; empty: as asked
};

}  // namespace larder::repo
