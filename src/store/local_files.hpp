// LocalFiles: looks at, and replaces, the plain files of a local folder (docs/cache-layout.md "A local folder").
#pragma once

#include "store/folders.hpp"
#include "store/local_dir.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/digest/digest.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace larder::store {

/// One wanted file.
struct LocalWanted {
  std::string_view path;  ///< judged by repo::check_name(…, LocalFolder)
  digest::Digest digest;
  std::uint64_t size = 0;
};

/// How a file of a local folder stands to what is wanted there.
enum class LocalState : std::uint8_t {
  Absent,
  Here,        ///< its metadata is valid and names these bytes and this commit
  HereBefore,  ///< the same with another commit: only the metadata is to be written anew (R-607 step 3)
  SameBytes,   ///< nobody knows it, but its digest is the wanted one: taken over (R-607 step 4, R-613)
  Other,       ///< valid metadata with other bytes: an older version, may be replaced
  Foreign,     ///< edited since, or put there by the user: only --overwrite replaces it
};

/// What may happen to Foreign files.
enum class Overwrite : std::uint8_t { No, Yes };

/// Every folder below DIR is looked at before it is entered, and none may be a link (T11). Files are replaced by rename, the old one stays
/// until then. Thread: one at a time.
class LocalFiles {
 public:
  /// `store` lends its disk, clock, run and random names; nothing of its cache is touched.
  LocalFiles(Store& store, LocalDirLayout layout, repo::CommitId commit, Overwrite overwrite);

  [[nodiscard]] const LocalDirLayout& layout() const { return layout_; }

  /// Judges the file at `wanted.path`. One without valid metadata and of the right size is hashed (once while it does not change).
  /// Errors: UnsafeLink (a link on the way, in its place, or in that of the bookkeeping), LocalChanges (with Overwrite::Yes, which replaces
  /// files, not what stands in their way: a folder in the place of a file, a file in the place of a folder), those of the disk.
  Result<LocalState> look(const LocalWanted& wanted);

  /// Makes DIR, the bookkeeping folders, .gitignore and CACHEDIR.TAG, and removes what dead runs left in `larder/`.
  Result<void> prepare();
  /// Makes the folders that the file and its bookkeeping need.
  Result<void> make_folders_for(std::string_view path);
  /// Puts the finished, synced file `temp` at its path: a new name, or over what `look` allows to be replaced. Errors: LocalChanges (a
  /// foreign file, unless Overwrite::Yes), UnsafeLink, IoFailed …
  Result<void> install(const std::string& temp, const LocalWanted& wanted);
  /// Writes the metadata file with the time of now, whole, through a temp; after `install`.
  Result<void> write_metadata(const LocalWanted& wanted);
  /// The metadata as a temp of a group commit: synced and renamed by the caller.
  Result<std::string> stage_metadata(const LocalWanted& wanted);
  Result<void> install_metadata(const std::string& temp, std::string_view path);
  /// fsync of each folder that got an entry, once.
  Result<void> sync() { return folders_.sync(); }

 private:
  Result<std::optional<LocalState>> look_at_parents(std::string_view path);
  Result<void> refuse_linked_book(std::string_view path);
  [[nodiscard]] Result<LocalState> blocked(std::string_view path, std::string_view how) const;
  Result<LocalState> judge(const LocalWanted& wanted, const fs::FileFacts& facts);
  Result<bool> has_wanted_bytes(const LocalWanted& wanted, const fs::FileFacts& facts);
  Result<void> make_once(const std::string& path, std::string_view content);
  Result<void> remove_leftovers();
  Result<void> move_over(const std::string& temp, const LocalWanted& wanted);

  Store& store_;
  LocalDirLayout layout_;
  repo::CommitId commit_;
  Overwrite overwrite_;
  Folders folders_;
  std::set<std::string, std::less<>> plain_;  // folders below DIR known to be no links; as many as Folders remembers
  struct Hashed {
    std::uint64_t inode = 0;
    std::int64_t mtime_ns = 0;
    bool is_wanted = false;
  };
  std::map<std::string, Hashed, std::less<>> hashed_;  // files without metadata: few
};

}  // namespace larder::store
