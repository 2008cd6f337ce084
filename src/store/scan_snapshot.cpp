#include "store/scan_snapshot.hpp"

#include "store/pin.hpp"
#include "store/repo_use.hpp"
#include "store/tree_cache.hpp"

#include <algorithm>
#include <utility>

namespace larder::store {
namespace {

/// A blob that is right by itself, in the place of another file: only the listing tells. huggingface.js names blobs by their Xet hash.
bool leads_elsewhere(const repo::FileEntry& file, const std::string& blob) {
  return blob != file.blob_name() && !(file.xet_hash && blob == repo::hex(*file.xet_hash));
}

}  // namespace

ScanWants ScanWants::of(InventoryDepth depth) {
  switch (depth) {
    case InventoryDepth::Sizes:
      return {};
    case InventoryDepth::Completeness:
      return {true, true, false};
    case InventoryDepth::Removal:
      return {false, true, true};
  }
  return {};
}

Result<std::optional<RevisionRecord>> SnapshotScan::run(const std::string& name) {
  Store& store = context_.store;
  const RepoLayout& layout = context_.layout;
  const ScanWants& wants = context_.wants;
  revision_.folder = name;
  revision_.commit = repo::CommitId::parse(name);
  if (wants.completeness && revision_.commit) {
    LARDER_TRY(tree_, read_tree(store.disk(), layout.tree(*revision_.commit)));
    if (tree_) present_.resize(tree_->size());
  }
  const auto visit = [this](SnapshotEntry& entry) { return add_entry(entry); };
  std::vector<FolderStamp> folders;
  LARDER_CHECK(walk_snapshot({store.disk(), layout, name}, visit, wants.judged ? &folders : nullptr, context_.cancel));
  if (wants.judged) {
    const FolderChange change{name, newest_change(folders), revision_.entries == 0};
    LARDER_TRY(revision_.is_being_filled, is_being_filled(store, layout, change, context_.noted));
  }
  LARDER_TRY(const bool is_there, add_up());
  if (!is_there) return std::optional<RevisionRecord>{};
  if (wants.marks) LARDER_CHECK(read_marks());
  return std::optional(std::move(revision_));
}

/// `path`: relative to the repository.
void SnapshotScan::problem(ProblemKind kind, const std::string& path, std::string expected, std::string actual) {
  context_.problems.push_back({kind, context_.layout.folder() + "/" + path, std::move(expected), std::move(actual)});
}

Result<void> SnapshotScan::add_entry(SnapshotEntry& entry) {
  const std::string path = "snapshots/" + revision_.folder + "/" + entry.path;
  LARDER_TRY(const std::uint32_t index, blob_of(path, entry));
  has_blob_links_ = has_blob_links_ || entry.is_blob_link();
  ++revision_.entries;
  ++context_.files_seen;
  // I3, C18: a link that is absolute, or leads to anything but a blob of its repository.
  if (entry.kind == fs::FileKind::Symlink && (!entry.is_blob_link() || entry.target.is_absolute)) {
    problem(ProblemKind::Link, path, "a relative link into blobs/", entry.link_text);
  }
  if (entry.kind == fs::FileKind::Other) problem(ProblemKind::Foreign, path);
  if (index != BlobRecord::kNone) {
    BlobRecord& blob = context_.blobs[index];
    blob.is_linked = true;
    revision_.blobs.push_back(index);
    if (tree_ && blob.place != BlobPlace::Absent) compare_with_listing(path, entry, blob);
  }
  if (!entry.is_blob_link() && context_.wants.judged) odd_.push_back({std::move(entry), index});
  return {};
}

void SnapshotScan::compare_with_listing(const std::string& path, const SnapshotEntry& entry, const BlobRecord& blob) {
  const auto listed = tree_->find(entry.path);
  if (!listed) return;
  const repo::FileEntry file = tree_->at(*listed);
  if (entry.is_blob_link() && !entry.target.is_absolute && leads_elsewhere(file, entry.target.name)) {
    problem(ProblemKind::Link, path, link_text(entry.path, file.blob_name()), entry.link_text);
  }
  if (present_[*listed] || file.size != blob.bytes) return;
  present_[*listed] = true;
  ++present_count_;
}

/// Place of the blob the entry leads to by its first hop; kNone: to nothing that is counted.
Result<std::uint32_t> SnapshotScan::blob_of(const std::string& path, const SnapshotEntry& entry) {
  if (entry.is_blob_link()) return named_blob(entry.target.name);
  if (entry.kind == fs::FileKind::Symlink) return outside_blob(entry);
  if (entry.kind != fs::FileKind::Regular) return BlobRecord::kNone;
  return context_.blobs.copy(path, entry.facts);
}

std::uint32_t SnapshotScan::named_blob(const std::string& name) {
  const BlobTable::Place place = context_.blobs.named(name);
  if (place.is_new) problem(ProblemKind::Missing, "blobs/" + name);
  return place.index;
}

/// A link that leads past blobs/: counted at its target as the Python client does, and never touched there.
Result<std::uint32_t> SnapshotScan::outside_blob(const SnapshotEntry& entry) {
  const std::string& path = entry.target.path;
  const auto target = context_.store.disk().look_through(path);  // too long, in a circle, not ours to enter: nothing that counts
  if (!target || !*target || (*target)->kind != fs::FileKind::Regular) return BlobRecord::kNone;
  return context_.blobs.outside(path, **target).index;
}

void SnapshotScan::judge_odd_entries() {
  if (odd_.empty()) return;
  if (revision_.commit && !tree_) {
    if (auto tree = read_tree(context_.store.disk(), context_.layout.tree(*revision_.commit)); tree && *tree) tree_ = std::move(**tree);
  }
  SnapshotContext snapshot{revision_.commit.has_value(), has_blob_links_, tree_ ? &*tree_ : nullptr};
  if (revision_.commit && !snapshot.has_blob_links) {
    snapshot.has_blob_links = is_left(context_.store.disk(), context_.layout, *revision_.commit).value_or(true);
  }
  for (const OddEntry& odd : odd_) {
    if (is_cache_entry(odd.entry, snapshot)) continue;
    ++revision_.kept_entries;
    if (odd.blob != BlobRecord::kNone) context_.blobs[odd.blob].is_foreign = true;
  }
}

/// False: the folder is gone.
Result<bool> SnapshotScan::add_up() {
  std::sort(revision_.blobs.begin(), revision_.blobs.end());
  revision_.blobs.erase(std::unique(revision_.blobs.begin(), revision_.blobs.end()), revision_.blobs.end());
  revision_.blobs.shrink_to_fit();
  if (tree_ && context_.wants.completeness) revision_.is_complete = present_count_ == tree_->size();
  judge_odd_entries();
  for (const std::uint32_t index : revision_.blobs) {
    const BlobRecord& blob = context_.blobs[index];
    revision_.bytes += blob.bytes;
    revision_.modified_ns = std::max(revision_.modified_ns, blob.mtime_ns);
    revision_.accessed_ns = std::max(revision_.accessed_ns, blob.atime_ns);
  }
  if (!revision_.blobs.empty()) return true;
  LARDER_TRY(const auto facts, context_.store.disk().look(context_.layout.snapshots() + "/" + revision_.folder));
  if (!facts) return false;
  revision_.modified_ns = facts->mtime_ns;
  revision_.accessed_ns = facts->atime_ns;
  return true;
}

Result<void> SnapshotScan::read_marks() {
  if (!revision_.commit) return {};
  fs::Disk& disk = context_.store.disk();
  if (const auto pin = read_pin(disk, context_.layout, *revision_.commit); pin && *pin) {
    revision_.pin = **pin == PinKind::User ? PinState::User : PinState::Commit;
  }
  LARDER_TRY(const auto used, disk.look(context_.layout.used(*revision_.commit)));
  if (used && used->kind == fs::FileKind::Regular) revision_.used_ns = used->mtime_ns;
  return {};
}

}  // namespace larder::store
