// OtherNames: finds the bytes of a file that another client left in the repository under a name that is not their digest.
#pragma once

#include "fs/disk.hpp"

#include <larder/repo/tree.hpp>
#include <larder/store/layout.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::store {

/// A regular file of the repository that may hold what is looked for.
struct NamedOtherwise {
  std::string path;
  fs::FileFacts facts;
};

/// Clients name a blob by whatever ETag they got (a CDN's, 32 hex digits) or by its Xet hash, and where they make no links a snapshot holds
/// the file itself. A file of the listing's size counts as a candidate if it is
///   - the entry of blobs/ that the wanted snapshot's link for this path leads to, whatever its name;
///   - in one of the few snapshots that changed last, at the same path: a file, or a link to an entry of blobs/ whose name is no digest.
/// Path and size prove nothing: who uses it compares the digest first. Writes nothing, never follows a link but the first hop by its text.
/// Thread: one at a time.
class OtherNames {
 public:
  OtherNames(fs::Disk& disk, RepoLayout layout, repo::CommitId commit)
      : disk_(disk), layout_(std::move(layout)), commit_(std::move(commit)) {}

  /// What cannot be looked at counts as not there.
  std::optional<NamedOtherwise> find(const repo::FileEntry& file);

 private:
  /// Whose link it is: the one for these very bytes, or one of another commit, whose bytes are mostly others.
  enum class Snapshot { Wanted, Other };
  [[nodiscard]] std::optional<NamedOtherwise> behind_link(const repo::CommitId& commit, const repo::FileEntry& file, Snapshot which) const;
  [[nodiscard]] std::optional<NamedOtherwise> plain_file(const repo::CommitId& commit, const repo::FileEntry& file) const;
  [[nodiscard]] bool has_plain_folders(const repo::CommitId& commit, std::string_view path) const;
  const std::vector<repo::CommitId>& others();

  fs::Disk& disk_;
  RepoLayout layout_;
  repo::CommitId commit_;
  std::optional<std::vector<repo::CommitId>> others_;  // listed once, when first needed
};

}  // namespace larder::store
