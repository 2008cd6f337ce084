// SnapshotWriter: the entries of snapshots/<commit>/: links from the path of a file to its blob, or the file itself where
// links are impossible.
#pragma once

#include "store/folders.hpp"
#include "store/store.hpp"

#include <string>
#include <string_view>

namespace larder::store {

/// Whether a blob was in blobs/ before this run. Where neither links nor hard links nor reflinks work, a new one is moved into the snapshot
/// and an old one is copied, as the Python client does.
enum class BlobOrigin { WasHere, JustPublished };

/// Makes the entries of one snapshot. Thread: one at a time.
class SnapshotWriter {
 public:
  SnapshotWriter(Store& store, RepoLayout layout, repo::CommitId commit);

  /// Puts an entry for `path` that leads to `blob`. One that says so already is left; anything else there (a dangling, absolute or foreign
  /// link, a file) is replaced through a temp and a rename, so that no reader sees a gap. `path` must have passed repo::check_name.
  /// Errors: UnsafeLink (a folder on the way is a link), IoFailed (a folder in its place), DiskFull …
  Result<void> place(std::string_view path, std::string_view blob, BlobOrigin origin);
  /// False from the first link on that the file system refused, or if none are wanted.
  [[nodiscard]] bool has_links() const { return has_links_; }
  /// fsync of each folder that got an entry, once.
  Result<void> sync() { return folders_.sync(); }

 private:
  Result<void> link(const std::string& entry, const std::string& text);
  Result<void> replace_by_link(const std::string& entry, const std::string& text);
  Result<void> place_file(const std::string& entry, std::string_view blob, BlobOrigin origin);
  Result<void> clone_or_copy(const std::string& entry, const std::string& source, BlobOrigin origin);

  Store& store_;
  RepoLayout layout_;
  repo::CommitId commit_;
  Folders folders_;
  bool has_links_;  // until the first link fails: the file system cannot do them (L31)
};

/// True for an error that says "this file system cannot do that", not "it went wrong".
bool is_unsupported(const Error& error);

}  // namespace larder::store
