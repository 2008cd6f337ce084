// SnapshotWalk: every entry below one snapshot folder, links read but never followed.
#pragma once

#include "fs/disk.hpp"
#include "store/link_target.hpp"

#include <larder/base/cancel.hpp>
#include <larder/repo/tree.hpp>
#include <larder/store/gc.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace larder::store {

/// One entry that is no folder.
struct SnapshotEntry {
  std::string path;  ///< relative to the snapshot
  fs::FileKind kind = fs::FileKind::Symlink;
  std::string link_text;  ///< of a link
  LinkTarget target;      ///< of a link
  fs::FileFacts facts;    ///< of anything but a link

  /// A link to a blob of its repository, as a cache writer makes it.
  [[nodiscard]] bool is_blob_link() const { return kind == fs::FileKind::Symlink && target.kind == LinkKind::Blob; }
};

/// A folder as it was when its entries were read; a change of its mtime says that entries came or went.
struct FolderStamp {
  std::string path;  ///< absolute
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
};

/// What tells an entry from another that comes in its place.
EntryStamp stamp_of(const fs::FileFacts& facts);

/// Newest mtime; 0: none.
std::int64_t newest_change(const std::vector<FolderStamp>& folders);

/// One folder of snapshots/.
struct SnapshotPlace {
  fs::Disk& disk;
  const RepoLayout& layout;
  const std::string& name;  ///< the folder's name in snapshots/
  /// If given, told of a folder that cannot be read (relative to the snapshot), which is then passed over.
  std::function<Result<void>(const std::string& folder, const Error& error)> unreadable = {};
};

/// Each entry is passed to `visit`, folders' entries sorted by name; `folders`, if given,
/// gets a stamp of each folder, taken before its entries are read. What vanishes meanwhile is passed over (C27). At most 64 folders deep
/// (docs/hub-protocol.md "Limits"). Errors: those of `visit` and `unreadable`, Interrupted, and of reading a folder.
Result<void> walk_snapshot(const SnapshotPlace& snapshot, const std::function<Result<void>(SnapshotEntry&)>& visit,
                           std::vector<FolderStamp>* folders, const CancelToken& cancel);

/// Entries of one folder of a snapshot only. `folder`: relative to the snapshot, "" for itself; subfolders' names (relative to the
/// snapshot) are added to `subfolders`. False: it is not there any more.
Result<bool> list_snapshot_folder(const SnapshotPlace& snapshot, const std::string& folder,
                                  const std::function<Result<void>(SnapshotEntry&)>& visit, std::vector<std::string>& subfolders);

/// What is known of a snapshot when one of its entries is judged.
struct SnapshotContext {
  bool is_commit = false;            ///< the folder's name is a commit
  bool has_blob_links = false;       ///< at least one entry is a link to a blob, or was before a removal: files are links here
  const repo::Tree* tree = nullptr;  ///< its listing, if there is one
};
/// May the entry go with its revision? True for what a cache writer makes: a link to a blob of the repository; a regular file that the
/// listing names with that size, or, without a listing, one in a snapshot that has no links. Everything else is somebody's own
/// (I6). Pure.
bool is_cache_entry(const SnapshotEntry& entry, const SnapshotContext& context);

}  // namespace larder::store
