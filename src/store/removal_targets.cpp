#include "store/removal_targets.hpp"

#include "base/text.hpp"
#include "store/pin.hpp"
#include "store/snapshot_walk.hpp"
#include "store/tree_cache.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

namespace larder::store {
namespace {

bool is_at_or_below(std::string_view entry, std::string_view path) {
  return entry == path || (entry.size() > path.size() && entry.starts_with(path) && entry[path.size()] == '/');
}

/// Index of each blob of the repository by its name.
std::unordered_map<std::string_view, std::uint32_t> blob_indices(const RepoRecord& record) {
  std::unordered_map<std::string_view, std::uint32_t> indices;
  indices.reserve(record.blobs.size());
  for (std::uint32_t i = 0; i < record.blobs.size(); ++i) indices.emplace(record.blobs[i].name, i);
  return indices;
}

/// The entries of one snapshot with what is needed to judge them.
struct Snapshot {
  std::vector<SnapshotEntry> entries;
  std::optional<repo::Tree> tree;
  SnapshotContext context;
};

Result<Snapshot> read_snapshot(Store& store, const RepoLayout& layout, const std::string& folder, const CancelToken& cancel) {
  Snapshot snapshot;
  const auto commit = repo::CommitId::parse(folder);
  snapshot.context.is_commit = commit.has_value();
  const auto visit = [&](SnapshotEntry& entry) -> Result<void> {
    if (entry.is_blob_link()) snapshot.context.has_blob_links = true;
    snapshot.entries.push_back(std::move(entry));
    return {};
  };
  LARDER_CHECK(walk_snapshot({store.disk(), layout, folder}, visit, nullptr, cancel));
  if (commit) {
    LARDER_TRY(snapshot.tree, read_tree(store.disk(), layout.tree(*commit)));
    LARDER_TRY(const bool is_left_over, is_left(store.disk(), layout, *commit));
    snapshot.context.has_blob_links = snapshot.context.has_blob_links || is_left_over;
  }
  return snapshot;
}

std::string blob_name(const std::string& folder, const SnapshotEntry& entry) {
  if (entry.is_blob_link()) return entry.target.name;
  if (entry.kind == fs::FileKind::Symlink) return {};
  return "snapshots/" + folder + "/" + entry.path;
}

}  // namespace

std::vector<RevisionKey> revisions_with_prefix(const Inventory& inventory, std::string_view prefix) {
  const std::string wanted = to_lower(prefix);
  std::vector<RevisionKey> found;
  for (const RepoRecord& record : inventory.repos) {
    for (const RevisionRecord& revision : record.revisions) {
      if (revision.commit && revision.folder.starts_with(wanted)) found.push_back({record.repo, revision.folder});
    }
  }
  return found;
}

std::vector<const RepoRecord*> repos_with_id(const Inventory& inventory, std::string_view cache_id) {
  std::vector<const RepoRecord*> found;
  const RepoRecord* exact = nullptr;
  for (const RepoRecord& record : inventory.repos) {
    const std::string id = std::string(repo::name(record.repo.type())) + "/" + record.repo.id();
    if (id == cache_id) exact = &record;
    if (equals_ignoring_case(id, cache_id)) found.push_back(&record);
  }
  return exact != nullptr ? std::vector<const RepoRecord*>{exact} : found;
}

Result<std::vector<FileTarget>> find_files(Store& store, const RepoRecord& record, const RevisionKey& key, const std::string& path,
                                           const CancelToken& cancel) {
  const RepoLayout layout(store.root(), record.folder);
  std::map<std::string, std::uint32_t> uses;  // by blob: entries in all snapshots
  std::vector<FileTarget> found;
  std::vector<std::string> blobs;  // beside `found`
  for (const RevisionRecord& revision : record.revisions) {
    LARDER_TRY(const Snapshot snapshot, read_snapshot(store, layout, revision.folder, cancel));
    SnapshotContext context = snapshot.context;
    context.tree = snapshot.tree ? &*snapshot.tree : nullptr;
    for (const SnapshotEntry& entry : snapshot.entries) {
      std::string blob = blob_name(revision.folder, entry);
      ++uses[blob];
      const bool is_asked = key.commit.empty() || key.commit == revision.folder;
      if (!is_asked || !is_at_or_below(entry.path, path) || !is_cache_entry(entry, context)) continue;
      LARDER_TRY(const auto facts, store.disk().look(layout.snapshots() + "/" + revision.folder + "/" + entry.path));
      if (!facts) continue;
      found.push_back({{record.repo, revision.folder}, entry.path, BlobRecord::kNone, 0, stamp_of(*facts)});
      blobs.push_back(std::move(blob));
    }
  }
  const auto indices = blob_indices(record);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (blobs[i].empty()) continue;
    const auto index = indices.find(blobs[i]);
    if (index != indices.end()) found[i].blob = index->second;
    found[i].uses = uses[blobs[i]];
  }
  return found;
}

}  // namespace larder::store
