// RepoSweep: takes things out of one repository, in the order that leaves every intermediate state readable.
#pragma once

#include "store/blob_sweep.hpp"
#include "store/ref_table.hpp"
#include "store/removal_note.hpp"
#include "store/snapshot_walk.hpp"
#include "store/store.hpp"
#include "store/use_watch.hpp"

#include <larder/store/gc.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace larder::store {

/// What became of one thing that was to go.
enum class SweepOutcome : std::uint8_t { Removed, InUse, Pinned, Recent };

/// One repository of a sweep. The blob entries that removed links led to are collected and go in `remove_blobs`, after the last link.
/// Nothing is reached through a link below the root: every folder is looked at before it is listed (T49, I6). Thread: one at a time.
class RepoSweep {
 public:
  RepoSweep(Store& store, RepoLayout layout, RemovalSteps& steps, const CancelToken& cancel);

  /// refs that name it, its entries, empty folders, then its listing, markers and marks (docs/cache-layout.md backwards). Entries that no
  /// cache writer made stay, and so does what they lie in.
  Result<SweepOutcome> remove_revision(const std::string& folder, RemovalReason reason);
  /// Before the first `remove_file`: a note of what they lead to, so that a later run can finish.
  Result<void> begin_files(const std::vector<std::string>& paths);
  /// One entry of a snapshot, if it still is what was `seen`; `path`: relative to the repository. The ref and the folder of the snapshot
  /// stay. Errors: LocalChanges: it is another now, and stays.
  Result<SweepOutcome> remove_file(const std::string& path, const std::optional<EntryStamp>& seen);
  /// A blob no snapshot leads to; removed with the others.
  void add_blob(const std::string& name) { blobs_.add(name); }
  /// A partial or temporary file, `path` relative to the cache, if it is still dead.
  Result<SweepOutcome> remove_leftover(const std::string& path);
  /// Everything of the repository that a cache writer made.
  Result<SweepOutcome> remove_everything();
  /// Blob entries collected so far, as far as nobody needs them (BlobSweep::run).
  Result<void> remove_blobs() { return blobs_.run(); }
  /// Those of them that were put aside, for the caller to let go of; then this object removes no more blobs.
  [[nodiscard]] bool has_aside() const { return blobs_.has_aside(); }
  BlobSweep take_blobs() { return std::move(blobs_); }
  /// Last: removes the folders of a repository that holds nothing any more, so that no scan ever sees it half gone; then the notes.
  Result<void> finish();

  /// Payloads whose entries were removed: to be swept.
  [[nodiscard]] const std::set<std::string>& payloads() const { return blobs_.payloads(); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Result<SweepOutcome> take_apart(const std::string& folder);
  Result<bool> note_revision(const std::string& folder, RemovalReason reason);
  Result<SweepOutcome> finish_removal(const std::string& name);
  Result<bool> has_entries_in(const std::string& snapshot);
  Result<void> drop_notes();
  Result<std::optional<SweepOutcome>> recheck(const std::string& folder, RemovalReason reason);
  Result<bool> is_used_now(const std::string& folder);
  Result<void> remove_late_refs();
  Result<bool> remove_entries(const std::string& folder);
  Result<std::vector<std::string>> odd_entries_to_go(const std::string& folder, std::vector<FolderStamp>& folders);
  Result<void> remove_blob_links(const std::string& folder);
  Result<std::set<std::string>> snapshot_names();
  Result<bool> remove_folders(const std::string& folder, std::vector<FolderStamp> folders);
  Result<void> remove_marks(const std::string& folder);
  Result<void> remove_no_exist(const std::string& folder);
  Result<void> remove_all_refs();
  Result<SweepOutcome> remove_all_snapshots();
  Result<void> remove_all_blobs();
  Result<void> remove_all_trees();
  Result<void> remove_all_markers();
  Result<void> remove_own();
  Result<void> remove_partial(const std::string& name);
  Result<void> remove_plain_files(const std::string& folder, const std::function<bool(std::string_view)>& is_ours);
  Result<bool> is_folder(const std::string& path);
  Result<bool> is_empty_skeleton();
  Result<bool> remove_if_empty();

  Store& store_;
  RepoLayout layout_;
  RemovalSteps& steps_;
  const CancelToken& cancel_;
  BlobSweep blobs_;
  RefTable refs_;
  UseWatch use_;
  NotedSnapshots noted_;
  std::vector<std::string> gone_;   // snapshots
  std::vector<std::string> notes_;  // paths; they go after the blobs
  std::vector<std::string> warnings_;
};

/// Removes `folder` and the folders below it, as far as they are empty; never a file.
Result<void> remove_empty_folders(Store& store, const std::string& folder);
/// Removes `.locks/<name>`, a repository folder that was never finished, if it is still dead.
Result<SweepOutcome> remove_unfinished_repo(Store& store, const std::string& name);

}  // namespace larder::store
