#include "store/repo_sweep.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/path.hpp"
#include "store/folders.hpp"
#include "store/pin.hpp"
#include "store/removal_note.hpp"
#include "store/repo_use.hpp"
#include "store/tree_cache.hpp"

#include <fmt/format.h>

#include <utility>

namespace larder::store {
RepoSweep::RepoSweep(Store& store, RepoLayout layout, RemovalSteps& steps, const CancelToken& cancel)
    : store_(store),
      layout_(std::move(layout)),
      steps_(steps),
      cancel_(cancel),
      blobs_(store, layout_, steps, cancel),
      refs_(store, layout_),
      use_(store, layout_),
      noted_(store.disk(), layout_) {}

Result<bool> RepoSweep::is_folder(const std::string& path) {
  LARDER_TRY(const auto facts, store_.disk().look(path));
  return facts && facts->kind == fs::FileKind::Folder;
}

/// I7: somebody may have begun to use it since the plan was made.
Result<bool> RepoSweep::is_used_now(const std::string& folder) {
  LARDER_TRY(const bool is_used, use_.uses(folder));
  if (use_.take_ended()) refs_.doubt();  // a pull writes its ref and then gives up its lease
  return is_used;
}

Result<std::optional<SweepOutcome>> RepoSweep::recheck(const std::string& folder, RemovalReason reason) {
  LARDER_TRY(const bool is_used, is_used_now(folder));
  if (is_used) return SweepOutcome::InUse;
  if (reason == RemovalReason::Asked) return std::optional<SweepOutcome>{};
  if (reason == RemovalReason::Detached) {
    LARDER_TRY(const auto refs, refs_.names_of(folder));
    if (!refs.empty()) return SweepOutcome::InUse;
  }
  const auto commit = repo::CommitId::parse(folder);
  if (!commit) return std::optional<SweepOutcome>{};
  LARDER_TRY(const auto pin, read_pin(store_.disk(), layout_, *commit));
  const bool keeps = pin && (*pin == PinKind::User || reason == RemovalReason::Detached);
  return keeps ? std::optional(SweepOutcome::Pinned) : std::nullopt;
}

Result<SweepOutcome> RepoSweep::remove_revision(const std::string& folder, RemovalReason reason) {
  LARDER_TRY(const auto kept, recheck(folder, reason));
  if (kept) return *kept;
  LARDER_TRY(const bool may_go, note_revision(folder, reason));
  if (!may_go) return SweepOutcome::Recent;
  return take_apart(folder);
}

/// False: another client is filling the snapshot, and nobody asked for just this one to go.
Result<bool> RepoSweep::note_revision(const std::string& folder, RemovalReason reason) {
  std::set<std::string> blobs;
  bool is_empty = true;
  const auto visit = [&](const SnapshotEntry& entry) -> Result<void> {
    steps_.looked();
    is_empty = false;
    if (entry.is_blob_link()) blobs.insert(entry.target.name);
    return {};
  };
  LARDER_TRY(const bool is_there, is_folder(layout_.snapshots() + "/" + folder));
  if (!is_there) return true;
  std::vector<FolderStamp> folders;
  LARDER_CHECK(walk_snapshot({store_.disk(), layout_, folder}, visit, &folders, cancel_));
  if (reason != RemovalReason::Asked) {
    LARDER_TRY(const bool is_filled, is_being_filled(store_, layout_, {folder, newest_change(folders), is_empty}, noted_));
    if (is_filled) return false;
  }
  notes_.push_back(write_removal_note(store_, layout_, folder, blobs));
  return true;
}

/// I2: no ref may outlive its snapshot, not even over a power cut, so their removal is made durable before the first link goes.
Result<SweepOutcome> RepoSweep::take_apart(const std::string& folder) {
  LARDER_CHECK(refs_.remove_refs_of(folder));
  LARDER_TRY(const bool is_gone, remove_entries(folder));
  // What stays of it is not the commit: its listing stays too, so that readers see an incomplete snapshot and not a small one.
  if (is_gone) LARDER_CHECK(remove_marks(folder));
  // The Python client writes its ref before it looks for files, and may have found all of them a moment ago.
  if (is_gone) LARDER_CHECK(refs_.remove_refs_of(folder));
  if (is_gone) gone_.push_back(folder);
  return SweepOutcome::Removed;
}

/// What the table saw too late, unless somebody has begun to fill the snapshot again.
Result<void> RepoSweep::remove_late_refs() {
  if (gone_.empty()) return {};
  refs_.doubt();
  for (const std::string& snapshot : std::exchange(gone_, {})) {
    LARDER_TRY(const auto names, refs_.names_of(snapshot));
    if (names.empty()) continue;
    LARDER_TRY(const auto facts, store_.disk().look(layout_.snapshots() + "/" + snapshot));
    if (!facts) LARDER_CHECK(refs_.remove_refs_of(snapshot));
  }
  return {};
}

/// True: the snapshot's folder is gone.
Result<bool> RepoSweep::remove_entries(const std::string& folder) {
  LARDER_TRY(const bool is_there, is_folder(layout_.snapshots() + "/" + folder));
  if (!is_there) return true;
  std::vector<FolderStamp> folders;
  LARDER_TRY(const auto odd, odd_entries_to_go(folder, folders));
  LARDER_CHECK(remove_blob_links(folder));
  for (const std::string& path : odd) LARDER_CHECK(store_.disk().remove_file(layout_.snapshots() + "/" + folder + "/" + path));
  return remove_folders(folder, std::move(folders));
}

/// What is no link to a blob and goes all the same: judged while the links are there. What stays is warned of, and marked as left where no
/// listing will tell.
Result<std::vector<std::string>> RepoSweep::odd_entries_to_go(const std::string& folder, std::vector<FolderStamp>& folders) {
  const auto commit = repo::CommitId::parse(folder);
  SnapshotContext context{commit.has_value(), false, nullptr};
  std::vector<SnapshotEntry> odd;
  const auto look = [&](SnapshotEntry& entry) -> Result<void> {
    context.has_blob_links = context.has_blob_links || entry.is_blob_link();
    if (!entry.is_blob_link()) odd.push_back(std::move(entry));
    return {};
  };
  LARDER_CHECK(walk_snapshot({store_.disk(), layout_, folder}, look, &folders, cancel_));
  std::vector<std::string> to_go;
  if (odd.empty()) return to_go;
  std::optional<repo::Tree> tree;
  if (commit) {
    LARDER_TRY(tree, read_tree(store_.disk(), layout_.tree(*commit)));
    LARDER_TRY(const bool is_left_over, is_left(store_.disk(), layout_, *commit));
    context.has_blob_links = context.has_blob_links || is_left_over;
  }
  if (tree) context.tree = &*tree;
  for (SnapshotEntry& entry : odd) {
    if (is_cache_entry(entry, context)) to_go.push_back(std::move(entry.path));
  }
  const std::size_t kept = odd.size() - to_go.size();
  if (kept == 0) return to_go;
  warnings_.push_back(fmt::format("{}/snapshots/{}: not of the cache, and left there: {}", escape_text(layout_.folder()),
                                  escape_text(folder), counted(kept, "entry")));
  if (commit && !tree) LARDER_CHECK(mark_left(store_, layout_, *commit));
  return to_go;
}

Result<void> RepoSweep::remove_blob_links(const std::string& folder) {
  const auto remove = [&](const SnapshotEntry& entry) -> Result<void> {
    if (!entry.is_blob_link()) return {};
    blobs_.add(entry.target.name);
    LARDER_CHECK(store_.disk().remove_file(layout_.snapshots() + "/" + folder + "/" + entry.path));
    steps_.removed();
    return {};
  };
  return walk_snapshot({store_.disk(), layout_, folder}, remove, nullptr, cancel_);
}

/// Deepest first; one that is not empty stays. Durable before any blob goes (I3).
Result<bool> RepoSweep::remove_folders(const std::string& folder, std::vector<FolderStamp> folders) {
  for (auto stamp = folders.rbegin(); stamp != folders.rend(); ++stamp) {
    LARDER_TRY(const bool was_empty, store_.disk().remove_folder(stamp->path));
    if (was_empty) continue;
    LARDER_TRY(const auto facts, store_.disk().look(stamp->path));
    if (facts) LARDER_CHECK(store_.disk().sync_folder(stamp->path));
  }
  LARDER_CHECK(store_.disk().sync_folder(layout_.snapshots()));
  LARDER_TRY(const auto left, store_.disk().look(layout_.snapshots() + "/" + folder));
  return !left;
}

Result<void> RepoSweep::remove_marks(const std::string& folder) {
  const auto commit = repo::CommitId::parse(folder);
  if (!commit) return {};
  for (const std::string& path : {layout_.tree(*commit), layout_.pin(*commit), layout_.used(*commit), layout_.left(*commit)}) {
    LARDER_TRY(const bool has_parent, is_folder(fs::parent_of(path)));
    if (has_parent) LARDER_CHECK(store_.disk().remove_file(path));
  }
  return remove_no_exist(folder);
}

/// Markers are empty files; anything that holds bytes is not one.
Result<void> RepoSweep::remove_no_exist(const std::string& folder) {
  std::vector<std::string> folders{layout_.repo() + "/.no_exist/" + folder};
  LARDER_TRY(const bool has_parent, is_folder(layout_.repo() + "/.no_exist"));
  LARDER_TRY(const bool has_markers, is_folder(folders.front()));
  if (!has_parent || !has_markers) return {};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    LARDER_TRY(const auto names, store_.disk().list(folders[i]));
    for (const std::string& name : names) {
      const std::string path = folders[i] + "/" + name;
      LARDER_TRY(const auto facts, store_.disk().look(path));
      if (!facts) continue;
      if (facts->kind == fs::FileKind::Folder) folders.push_back(path);
      if (facts->kind == fs::FileKind::Regular && facts->size == 0) LARDER_CHECK(store_.disk().remove_file(path));
    }
  }
  for (auto path = folders.rbegin(); path != folders.rend(); ++path) LARDER_CHECK(store_.disk().remove_folder(*path));
  return {};
}

Result<void> RepoSweep::begin_files(const std::vector<std::string>& paths) {
  std::set<std::string> blobs;
  for (const std::string& path : paths) {
    LARDER_TRY(const auto text, store_.disk().read_link(layout_.repo() + "/" + path));
    if (!text) continue;
    const LinkTarget target = classify_link(layout_, path, *text);
    if (target.kind == LinkKind::Blob) blobs.insert(target.name);
  }
  notes_.push_back(write_removal_note(store_, layout_, "", blobs));
  return {};
}

/// The blobs of the note are items of their own; here go the listing and the marks of a revision whose entries are gone.
Result<SweepOutcome> RepoSweep::finish_removal(const std::string& name) {
  LARDER_TRY(const auto note, read_removal_note(store_.disk(), layout_, name));
  if (!note) return SweepOutcome::Removed;
  notes_.push_back(layout_.removing() + "/" + name);
  const auto commit = repo::CommitId::parse(note->snapshot);
  if (!commit) return SweepOutcome::Removed;
  LARDER_TRY(const bool has_entries, has_entries_in(note->snapshot));
  LARDER_TRY(const auto listing, store_.disk().look(layout_.tree(*commit)));
  LARDER_TRY(const bool is_used, is_used_now(note->snapshot));
  // Entries: it was cut off before their end, and is still there to be removed by its name. The rest: somebody downloads it again.
  if (has_entries || is_used || (listing && listing->mtime_ns > note->made_ns)) return SweepOutcome::Removed;
  return take_apart(note->snapshot);  // its empty folders and its marks
}

Result<bool> RepoSweep::has_entries_in(const std::string& snapshot) {
  LARDER_TRY(const bool is_there, is_folder(layout_.snapshots() + "/" + snapshot));
  if (!is_there) return false;
  bool has_any = false;
  const auto visit = [&](const SnapshotEntry&) -> Result<void> {
    has_any = true;
    return {};
  };
  LARDER_CHECK(walk_snapshot({store_.disk(), layout_, snapshot}, visit, nullptr, cancel_));
  return has_any;
}

Result<void> RepoSweep::finish() {
  LARDER_CHECK(remove_late_refs());
  LARDER_TRY(const bool is_gone, remove_if_empty());
  return is_gone ? Result<void>{} : drop_notes();
}

Result<void> RepoSweep::drop_notes() {
  for (const std::string& note : std::exchange(notes_, {})) {
    if (!note.empty()) LARDER_CHECK(store_.disk().remove_file(note));
  }
  return {};
}

Result<SweepOutcome> RepoSweep::remove_file(const std::string& path, const std::optional<EntryStamp>& seen) {
  const std::string_view below = std::string_view(path).substr(std::string_view("snapshots/").size());
  const std::string snapshot(below.substr(0, below.find('/')));
  LARDER_TRY(const bool is_used, is_used_now(snapshot));
  if (is_used) return SweepOutcome::InUse;
  const std::string absolute = layout_.repo() + "/" + path;
  for (std::string folder = fs::parent_of(absolute); folder.size() > layout_.repo().size(); folder = fs::parent_of(folder)) {
    LARDER_CHECK(refuse_link(store_.disk(), folder));
  }
  LARDER_TRY(const auto facts, store_.disk().look(absolute));
  if (!facts) return SweepOutcome::Removed;
  if (seen && stamp_of(*facts) != *seen) {
    return fail(ErrorCode::LocalChanges, "it changed since it was looked at: left alone", "look at it, and remove it again");
  }
  LARDER_TRY(const auto text, store_.disk().read_link(absolute));
  if (text) {
    const LinkTarget target = classify_link(layout_, path, *text);
    if (target.kind == LinkKind::Blob) blobs_.add(target.name);
    if (const auto commit = repo::CommitId::parse(snapshot)) LARDER_CHECK(mark_left(store_, layout_, *commit));
  }
  LARDER_CHECK(store_.disk().remove_file(absolute));
  steps_.removed();
  LARDER_CHECK(store_.disk().sync_folder(fs::parent_of(absolute)));
  const std::string root = layout_.snapshots() + "/" + snapshot;
  for (std::string folder = fs::parent_of(absolute); folder.size() > root.size(); folder = fs::parent_of(folder)) {
    LARDER_TRY(const bool was_empty, store_.disk().remove_folder(folder));
    if (!was_empty) break;
  }
  return SweepOutcome::Removed;
}

}  // namespace larder::store
