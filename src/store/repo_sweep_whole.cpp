// RepoSweep, second half: leftovers, and a repository as a whole.
#include "store/repo_sweep.hpp"

#include "fs/path.hpp"
#include "store/entry_name.hpp"
#include "store/folders.hpp"
#include "store/partial_blob.hpp"
#include "store/repo_use.hpp"
#include "store/run_name.hpp"
#include "store/scan_leftovers.hpp"
#include "store/scan_refs.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace larder::store {
namespace {

constexpr std::array<std::string_view, 6> kFolders{"blobs", "refs", "snapshots", "trees", ".no_exist", ".larder"};

bool is_commit_name(std::string_view name) { return repo::CommitId::parse(name).has_value(); }

bool is_tree_name(std::string_view name) { return commit_of_listing(name) || is_temporary_tree(name); }

bool is_run_name(std::string_view name) { return !run_of(name).empty(); }

}  // namespace

Result<SweepOutcome> RepoSweep::remove_leftover(const std::string& path) {
  const std::string own = layout_.folder() + "/.larder/";
  if (!path.starts_with(own)) {  // of another client, in blobs/ or refs/
    const std::string absolute = store_.root() + "/" + path;
    LARDER_CHECK(refuse_link(store_.disk(), fs::parent_of(absolute)));
    LARDER_TRY(const auto facts, store_.disk().look(absolute));
    if (!facts) return SweepOutcome::Removed;
    if (!judge_foreign_temp(store_, layout_, path, *facts, Deadness::Judged).is_dead) return SweepOutcome::InUse;
    LARDER_CHECK(store_.disk().remove_file(absolute));
    return SweepOutcome::Removed;
  }
  LARDER_TRY(const auto still, judge_own_leftover(store_, layout_, std::string_view(path).substr(own.size())));
  if (!still) return SweepOutcome::Removed;
  if (!still->is_dead) return SweepOutcome::InUse;
  const std::string name = path.substr(path.rfind('/') + 1);
  if (path.starts_with(own + "removing/")) return finish_removal(name);
  if (path.starts_with(own + "partial/")) {
    LARDER_CHECK(remove_partial(name));
  } else {
    LARDER_CHECK(store_.disk().remove_file(store_.root() + "/" + path));
  }
  return SweepOutcome::Removed;
}

/// Taken over by a rename first, as a pull would do it: exactly one taker wins, so a pull never loses a partial it has just taken.
Result<void> RepoSweep::remove_partial(const std::string& name) {
  const std::string_view run = run_of(name);
  const std::string taken = layout_.partial(std::string_view(name).substr(0, name.size() - run.size() - 1), store_.run());
  auto renamed = store_.disk().rename(layout_.partials() + "/" + name, taken);
  if (!renamed) {
    LARDER_TRY(const auto facts, store_.disk().look(layout_.partials() + "/" + name));
    return facts ? Result<void>(fail(std::move(renamed).error())) : Result<void>{};
  }
  return PartialBlob::remove_folder(store_.disk(), taken);
}

/// Removes the regular files of `folder` whose names are ours to remove.
Result<void> RepoSweep::remove_plain_files(const std::string& folder, const std::function<bool(std::string_view)>& is_ours) {
  LARDER_TRY(const bool is_there, is_folder(folder));
  if (!is_there) return {};
  LARDER_TRY(const auto names, store_.disk().list(folder));
  for (const std::string& name : names) {
    LARDER_TRY(const auto facts, store_.disk().look(folder + "/" + name));
    const bool is_file = facts && (facts->kind == fs::FileKind::Regular || facts->kind == fs::FileKind::Symlink);
    if (is_file && is_ours(name)) LARDER_CHECK(store_.disk().remove_file(folder + "/" + name));
  }
  return {};
}

Result<void> RepoSweep::remove_own() {
  LARDER_TRY(const bool has_own, is_folder(layout_.own()));
  if (!has_own) return {};
  LARDER_TRY(const bool has_partials, is_folder(layout_.partials()));
  if (has_partials) {
    LARDER_TRY(const auto names, store_.disk().list(layout_.partials()));
    for (const std::string& name : names) {
      LARDER_TRY(const bool is_partial, is_folder(layout_.partials() + "/" + name));
      if (is_partial && is_run_name(name)) LARDER_CHECK(remove_partial(name));
    }
  }
  LARDER_TRY(const auto kept, snapshot_names());
  // Blobs that a removal has put aside wait for who may want them: only where a snapshot is.
  LARDER_CHECK(remove_plain_files(layout_.tmp(),
                                  [&](std::string_view name) { return is_run_name(name) && (kept.empty() || !is_blob_aside(name)); }));
  LARDER_CHECK(remove_plain_files(layout_.removing(), is_run_name));
  LARDER_CHECK(remove_plain_files(layout_.leases(), is_run));
  LARDER_CHECK(remove_plain_files(layout_.pins(), is_commit_name));
  LARDER_CHECK(remove_plain_files(layout_.own() + "/left",
                                  [&](std::string_view name) { return is_commit_name(name) && !kept.contains(std::string(name)); }));
  return remove_plain_files(layout_.own() + "/used", is_commit_name);
}

/// All of them, also those that name nothing.
Result<void> RepoSweep::remove_all_refs() {
  LARDER_TRY(const bool has_refs, is_folder(layout_.refs()));
  if (!has_refs) return {};
  LARDER_TRY(const auto refs, scan_refs(store_.disk(), layout_));
  for (const RefRecord& ref : refs) {
    // A file that holds anything but a commit is no ref a cache writer makes (I6); an empty one is what a crash leaves of one.
    const bool is_ours = ref.shape == RefShape::Good || ref.shape == RefShape::Trimmable || is_temporary_ref(ref.name) ||
                         (ref.shape == RefShape::Bad && ref.facts.size == 0);
    if (is_ours) LARDER_CHECK(store_.disk().remove_file(layout_.refs() + "/" + ref.name));
  }
  return store_.disk().sync_folder(layout_.refs());
}

Result<SweepOutcome> RepoSweep::remove_all_snapshots() {
  LARDER_TRY(const bool has_snapshots, is_folder(layout_.snapshots()));
  if (!has_snapshots) return SweepOutcome::Removed;
  LARDER_TRY(const auto names, store_.disk().list(layout_.snapshots()));
  for (const std::string& name : names) {
    LARDER_TRY(const bool is_snapshot, is_folder(layout_.snapshots() + "/" + name));
    if (!is_snapshot) continue;
    LARDER_TRY(const bool is_used, is_used_now(name));
    if (is_used) return SweepOutcome::InUse;
    LARDER_TRY(const SweepOutcome outcome, take_apart(name));  // without a note: a run again finds all that is left by itself
    if (outcome != SweepOutcome::Removed) return outcome;
  }
  return SweepOutcome::Removed;
}

Result<void> RepoSweep::remove_all_blobs() {
  LARDER_TRY(const bool has_blobs, is_folder(layout_.blobs()));
  if (!has_blobs) return {};
  LARDER_TRY(const auto names, store_.disk().list(layout_.blobs()));
  for (const std::string& name : names) {
    if (is_digest_name(name)) add_blob(name);
  }
  LARDER_CHECK(remove_blobs());
  return remove_plain_files(layout_.blobs(), [](std::string_view name) {
    const BlobsName shape = classify_blobs_name(name);
    return shape == BlobsName::Incomplete || shape == BlobsName::Temporary;
  });
}

Result<std::set<std::string>> RepoSweep::snapshot_names() {
  LARDER_TRY(const bool has_snapshots, is_folder(layout_.snapshots()));
  if (!has_snapshots) return std::set<std::string>{};
  LARDER_TRY(const auto names, store_.disk().list(layout_.snapshots()));
  return std::set<std::string>(names.begin(), names.end());
}

/// A snapshot that stays because of somebody's own files keeps its listing: without it they would look like copies the next time (I6).
Result<void> RepoSweep::remove_all_trees() {
  LARDER_TRY(const auto kept, snapshot_names());
  return remove_plain_files(layout_.trees(), [&](std::string_view name) {
    const auto commit = commit_of_listing(name);
    return is_tree_name(name) && !(commit && kept.contains(commit->hex()));
  });
}

Result<void> RepoSweep::remove_all_markers() {
  const std::string folder = layout_.repo() + "/.no_exist";
  LARDER_TRY(const bool has_markers, is_folder(folder));
  if (!has_markers) return {};
  LARDER_TRY(const auto names, store_.disk().list(folder));
  for (const std::string& name : names) {
    if (is_commit_name(name)) LARDER_CHECK(remove_no_exist(name));
  }
  return {};
}

Result<SweepOutcome> RepoSweep::remove_everything() {
  LARDER_TRY(const RepoUse use, read_use(store_, layout_));
  if (!use.is_idle()) return SweepOutcome::InUse;
  LARDER_CHECK(remove_all_refs());
  LARDER_TRY(const SweepOutcome snapshots, remove_all_snapshots());
  if (snapshots != SweepOutcome::Removed) return snapshots;
  LARDER_CHECK(remove_all_blobs());
  LARDER_CHECK(remove_all_trees());
  LARDER_CHECK(remove_all_markers());
  LARDER_CHECK(remove_own());
  return SweepOutcome::Removed;
}

/// True when nothing but folders of the layout is left.
Result<bool> RepoSweep::is_empty_skeleton() {
  LARDER_TRY(const auto names, store_.disk().list(layout_.repo()));
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    if (std::find(kFolders.begin(), kFolders.end(), name) == kFolders.end()) return false;
    folders.push_back(layout_.repo() + "/" + name);
  }
  for (std::size_t i = 0; i < folders.size(); ++i) {
    LARDER_TRY(const bool is_plain, is_folder(folders[i]));
    if (!is_plain) return false;
    LARDER_TRY(const auto below, store_.disk().list(folders[i]));
    if (folders[i] == layout_.removing() && std::all_of(below.begin(), below.end(), is_run_name)) continue;
    const bool may_have_folders = folders[i] == layout_.own() || folders[i].starts_with(layout_.refs());
    if (!below.empty() && !may_have_folders) return false;
    for (const std::string& name : below) folders.push_back(folders[i] + "/" + name);
  }
  return true;
}

/// Out of the way in one step, so that no scan finds a repository without snapshots/ (R-802), then folder by folder. The name is that of
/// a repository never finished: if this is cut off, `prune` takes the rest away.
Result<bool> RepoSweep::remove_if_empty() {
  LARDER_TRY(const bool is_there, is_folder(layout_.repo()));
  if (!is_there) return true;
  LARDER_TRY(const bool is_empty, is_empty_skeleton());
  if (!is_empty) return false;
  const std::string aside = unfinished_repo(store_.root(), store_.run());
  LARDER_CHECK(store_.make_folders(store_.root() + "/.locks"));
  LARDER_TRY(const bool moved, store_.disk().rename_new(layout_.repo(), aside));
  if (!moved) return false;
  LARDER_CHECK(store_.disk().sync_folder(store_.root()));
  // A pull that came in between has left its lease: it gets its folder back.
  LARDER_TRY(const auto leases, store_.disk().list(aside + "/.larder/leases"));
  if (!leases.empty()) {
    LARDER_CHECK(store_.disk().rename_new(aside, layout_.repo()));
    return false;
  }
  LARDER_CHECK(remove_plain_files(aside + "/.larder/removing", is_run_name));
  LARDER_CHECK(remove_empty_folders(store_, aside));
  return true;
}

/// Removes `folder` and the folders in it, as far as they are empty; never a file.
Result<void> remove_empty_folders(Store& store, const std::string& folder) {
  std::vector<std::string> folders{folder};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    LARDER_TRY(const auto names, store.disk().list(folders[i]));
    for (const std::string& name : names) {
      LARDER_TRY(const auto facts, store.disk().look(folders[i] + "/" + name));
      if (facts && facts->kind == fs::FileKind::Folder) folders.push_back(folders[i] + "/" + name);
    }
  }
  for (auto path = folders.rbegin(); path != folders.rend(); ++path) LARDER_CHECK(store.disk().remove_folder(*path));
  return {};
}

Result<SweepOutcome> remove_unfinished_repo(Store& store, const std::string& name) {
  LARDER_TRY(const auto known, scan_unfinished_repos(store, Deadness::Judged));
  const auto found = std::find_if(known.begin(), known.end(), [&](const Leftover& leftover) { return leftover.path == ".locks/" + name; });
  if (found == known.end()) return SweepOutcome::Removed;
  if (!found->is_dead) return SweepOutcome::InUse;
  const std::string folder = store.root() + "/.locks/" + name;
  LARDER_CHECK(store.disk().remove_file(folder + "/CACHEDIR.TAG"));
  for (const std::string& sub : {folder + "/.larder/leases", folder + "/.larder/tmp", folder + "/.larder/removing"}) {
    LARDER_TRY(const auto facts, store.disk().look(sub));
    if (!facts || facts->kind != fs::FileKind::Folder) continue;
    LARDER_TRY(const auto files, store.disk().list(sub));
    for (const std::string& file : files) {
      if (is_run(file) || is_run_name(file)) LARDER_CHECK(store.disk().remove_file(sub + "/" + file));
    }
  }
  LARDER_CHECK(remove_empty_folders(store, folder));
  return SweepOutcome::Removed;
}

}  // namespace larder::store
