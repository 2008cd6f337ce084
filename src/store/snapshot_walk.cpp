#include "store/snapshot_walk.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr int kMaxDepth = 64;

std::string join(const std::string& folder, const std::string& name) { return folder.empty() ? name : folder + "/" + name; }

std::string absolute_path(const SnapshotPlace& snapshot, const std::string& path) {
  const std::string folder = snapshot.layout.snapshots() + "/" + snapshot.name;
  return path.empty() ? folder : folder + "/" + path;
}

/// Names in a folder of the snapshot; nullopt: it is not there any more.
Result<std::optional<std::vector<std::string>>> list_names(const SnapshotPlace& snapshot, const std::string& folder) {
  const std::string absolute = absolute_path(snapshot, folder);
  auto names = snapshot.disk.list(absolute);
  if (names) return std::optional(std::move(*names));
  LARDER_TRY(const auto facts, snapshot.disk.look(absolute));
  if (!facts) return std::optional<std::vector<std::string>>{};
  return fail(std::move(names).error());
}

/// Fills `entry` for what is at its path; false: a folder, or gone.
Result<bool> read_entry(const SnapshotPlace& snapshot, SnapshotEntry& entry, bool& is_folder) {
  const std::string path = absolute_path(snapshot, entry.path);
  const std::string below_repo = "snapshots/" + snapshot.name + "/" + entry.path;
  is_folder = false;
  // The common entry is a link: one call tells that and its text.
  LARDER_TRY(auto text, snapshot.disk.read_link(path));
  if (text) {
    entry.kind = fs::FileKind::Symlink;
    entry.target = classify_link(snapshot.layout, below_repo, *text);
    entry.link_text = std::move(*text);
    return true;
  }
  LARDER_TRY(const auto facts, snapshot.disk.look(path));
  if (!facts) return false;
  is_folder = facts->kind == fs::FileKind::Folder;
  entry.kind = facts->kind;
  entry.facts = *facts;
  return !is_folder;
}

}  // namespace

Result<bool> list_snapshot_folder(const SnapshotPlace& snapshot, const std::string& folder,
                                  const std::function<Result<void>(SnapshotEntry&)>& visit, std::vector<std::string>& subfolders) {
  auto listed = list_names(snapshot, folder);
  if (!listed) {
    if (!snapshot.unreadable) return fail(std::move(listed).error());
    LARDER_CHECK(snapshot.unreadable(folder, listed.error()));
    return true;
  }
  if (!*listed) return false;
  for (const std::string& name : **listed) {
    SnapshotEntry entry;
    entry.path = join(folder, name);
    bool is_folder = false;
    LARDER_TRY(const bool is_entry, read_entry(snapshot, entry, is_folder));
    if (is_folder) subfolders.push_back(entry.path);
    if (is_entry) LARDER_CHECK(visit(entry));
  }
  return true;
}

EntryStamp stamp_of(const fs::FileFacts& facts) {
  return {facts.device, facts.inode, facts.size, facts.mtime_ns, facts.kind == fs::FileKind::Symlink};
}

std::int64_t newest_change(const std::vector<FolderStamp>& folders) {
  std::int64_t newest = 0;
  for (const FolderStamp& stamp : folders) newest = std::max(newest, stamp.mtime_ns);
  return newest;
}

Result<void> walk_snapshot(const SnapshotPlace& snapshot, const std::function<Result<void>(SnapshotEntry&)>& visit,
                           std::vector<FolderStamp>* folders, const CancelToken& cancel) {
  std::vector<std::string> waiting{""};
  while (!waiting.empty()) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    const std::string folder = std::move(waiting.back());
    waiting.pop_back();
    if (folders != nullptr) {
      const std::string absolute = absolute_path(snapshot, folder);
      LARDER_TRY(const auto facts, snapshot.disk.look(absolute));
      if (!facts || facts->kind != fs::FileKind::Folder) continue;
      folders->push_back({absolute, facts->mtime_ns, facts->inode});
    }
    std::vector<std::string> subfolders;
    LARDER_CHECK(list_snapshot_folder(snapshot, folder, visit, subfolders));
    for (auto sub = subfolders.rbegin(); sub != subfolders.rend(); ++sub) {
      if (std::count(sub->begin(), sub->end(), '/') < kMaxDepth) waiting.push_back(std::move(*sub));
    }
  }
  return {};
}

bool is_cache_entry(const SnapshotEntry& entry, const SnapshotContext& context) {
  if (entry.is_blob_link()) return true;
  const auto listed = context.tree != nullptr ? context.tree->find(entry.path) : std::nullopt;
  if (entry.kind == fs::FileKind::Symlink) return listed.has_value();
  if (entry.kind != fs::FileKind::Regular) return false;
  // A file the user edited has another size than the listing says: that one is the user's now.
  if (context.tree != nullptr) return listed && context.tree->at(*listed).size == entry.facts.size;
  return context.is_commit && !context.has_blob_links;
}

}  // namespace larder::store
