#include "store/scan_repo.hpp"

#include "store/entry_name.hpp"
#include "store/pin.hpp"
#include "store/removal_note.hpp"
#include "store/repo_use.hpp"
#include "store/scan_shared.hpp"
#include "store/tree_cache.hpp"

#include <algorithm>

namespace larder::store {
namespace {

BlobRecord blob_record(std::string name, const fs::FileFacts& facts, BlobPlace place) {
  BlobRecord record;
  record.name = std::move(name);
  record.bytes = facts.size;
  record.device = facts.device;
  record.inode = facts.inode;
  record.mtime_ns = facts.mtime_ns;
  record.atime_ns = facts.atime_ns;
  record.ctime_ns = facts.ctime_ns;
  record.links = static_cast<std::uint32_t>(std::min<std::uint64_t>(facts.links, 0xFFFFFFFFU));
  record.place = place;
  return record;
}

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

RepoScan::RepoScan(Store& store, ScanWants wants, const std::vector<PayloadRecord>& payloads, const CancelToken& cancel)
    : store_(store), wants_(wants), payloads_(payloads), cancel_(cancel), layout_(store.root(), "") {}

Result<std::optional<RepoRecord>> RepoScan::run(const repo::RepoId& repo, const std::string& folder) {
  layout_ = RepoLayout(store_.root(), folder);
  record_ = RepoRecord{};
  record_.repo = repo;
  record_.folder = folder;
  others_.clear();
  LARDER_CHECK(look_at_folders());
  LARDER_CHECK(scan_blobs());
  LARDER_CHECK(scan_ref_files());
  LARDER_CHECK(scan_snapshots());
  join_refs();
  LARDER_CHECK(finish());
  LARDER_TRY(const auto still_there, store_.disk().look(layout_.repo()));
  if (!still_there) return std::optional<RepoRecord>{};
  return std::optional<RepoRecord>(std::move(record_));
}

void RepoScan::problem(ProblemKind kind, std::string path_in_repo, std::string expected, std::string actual) {
  record_.problems.push_back({kind, layout_.folder() + "/" + std::move(path_in_repo), std::move(expected), std::move(actual)});
}

// C20, T49: a link in place of a layout folder is read, but then nothing of the repository is ever removed.
Result<void> RepoScan::look_at_folders() {
  LARDER_TRY(const auto repo, store_.disk().look(layout_.repo()));
  record_.is_link = repo && repo->kind == fs::FileKind::Symlink;
  for (const char* name : {"blobs", "refs", "snapshots", "trees", ".larder", ".no_exist"}) {
    LARDER_TRY(const auto facts, store_.disk().look(layout_.repo() + "/" + name));
    if (facts && facts->kind == fs::FileKind::Symlink) {
      record_.is_link = true;
      problem(ProblemKind::Link, name, "a folder", "a link");
    }
    if (!facts && std::string_view(name) == "snapshots") problem(ProblemKind::Missing, name, "a folder");
    if (std::string_view(name) == "trees") has_trees_ = facts && facts->kind == fs::FileKind::Folder;
  }
  return {};
}

Result<void> RepoScan::scan_blobs() {
  LARDER_TRY(const auto names, store_.disk().list(layout_.blobs()));
  record_.blobs.reserve(names.size());
  for (const std::string& name : names) LARDER_CHECK(add_blob_entry(name));
  named_ = record_.blobs.size();
  return {};
}

Result<void> RepoScan::add_blob_entry(const std::string& name) {
  if (cancel_.is_cancelled()) return fail(cancel_.error());
  LARDER_TRY(const auto facts, store_.disk().look(layout_.blob(name)));
  if (!facts) return {};
  const BlobsName shape = classify_blobs_name(name);
  const bool is_file = facts->kind == fs::FileKind::Regular || facts->kind == fs::FileKind::Symlink;
  if (is_file && (shape == BlobsName::Incomplete || shape == BlobsName::Temporary)) {
    record_.leftovers.push_back(judge_foreign_temp(store_, layout_, layout_.folder() + "/blobs/" + name, *facts, deadness()));
    return {};
  }
  if (facts->kind == fs::FileKind::Symlink) return add_blob_link(blob_record(name, *facts, BlobPlace::Outside));
  if (facts->kind == fs::FileKind::Regular) {
    record_.blobs.push_back(blob_record(name, *facts, BlobPlace::Local));
    return {};
  }
  // C17: a folder or a fifo where a blob belongs; opening it is never tried.
  record_.blobs.push_back(blob_record(name, fs::FileFacts{}, BlobPlace::Absent));
  if (shape == BlobsName::Digest) {
    problem(ProblemKind::Missing, "blobs/" + name, "a file", facts->kind == fs::FileKind::Folder ? "a folder" : "a special file");
  } else {
    problem(ProblemKind::Foreign, "blobs/" + name);
  }
  return {};
}

Result<void> RepoScan::add_blob_link(BlobRecord record) {
  LARDER_TRY(const auto text, store_.disk().read_link(layout_.blob(record.name)));
  const auto looked = store_.disk().look_through(layout_.blob(record.name));
  const auto target = looked ? *looked : std::nullopt;  // a circle, or a name that is too long: dangling like any other
  const std::int64_t ctime_ns = record.ctime_ns;
  const std::string payload = text ? payload_of_entry(layout_, *text).value_or("") : std::string();
  const std::string path = "blobs/" + record.name;
  if (target && target->kind == fs::FileKind::Regular) {
    record = blob_record(std::move(record.name), *target, payload.empty() ? BlobPlace::Outside : BlobPlace::Shared);
    record.ctime_ns = ctime_ns;
    if (payload.empty()) problem(ProblemKind::Link, path, "a file, or a link into the shared store", text.value_or(""));
  } else {
    record.bytes = 0;
    record.place = payload.empty() ? BlobPlace::Absent : BlobPlace::Shared;  // dangling counts as absent
    problem(ProblemKind::Missing, path, text.value_or(""));
  }
  const auto found = std::lower_bound(payloads_.begin(), payloads_.end(), payload,
                                      [](const PayloadRecord& known, const std::string& name) { return known.name < name; });
  if (!payload.empty() && found != payloads_.end() && found->name == payload) {
    record.payload = static_cast<std::uint32_t>(found - payloads_.begin());
  }
  record_.blobs.push_back(std::move(record));
  return {};
}

Result<void> RepoScan::scan_ref_files() {
  LARDER_TRY(const auto folder, store_.disk().look_through(layout_.refs()));
  refs_.clear();
  if (folder && folder->kind != fs::FileKind::Folder) {
    problem(ProblemKind::Ref, "refs", "a folder", "a file");
    return {};
  }
  LARDER_TRY(refs_, store::scan_refs(store_.disk(), layout_));
  return {};
}

/// R-802 (8), per ref instead of per repository: one bad ref does not hide the rest.
void RepoScan::join_refs() {
  for (const RefRecord& ref : refs_) {
    record_.refs.push_back(ref.name);
    const std::string path = "refs/" + ref.name;
    if (is_temporary_ref(ref.name)) {
      record_.leftovers.push_back(judge_foreign_temp(store_, layout_, layout_.folder() + "/" + path, ref.facts, deadness()));
      problem(ProblemKind::Ref, path, "no temporary name", "left by a client that was cut off");  // I4: scans take it for a ref
    }
    const auto revision = std::lower_bound(record_.revisions.begin(), record_.revisions.end(), ref.content,
                                           [](const RevisionRecord& known, const std::string& wanted) { return known.folder < wanted; });
    if (revision != record_.revisions.end() && revision->folder == ref.content && !ref.content.empty()) {
      revision->refs.push_back(ref.name);
      if (ref.shape == RefShape::Trimmable) problem(ProblemKind::Ref, path, ref.content, ref.content + " and white space");
      continue;
    }
    switch (ref.shape) {
      case RefShape::Unreadable:
        problem(ProblemKind::Ref, path, "a commit", "unreadable");
        break;
      case RefShape::Bad:
        problem(ProblemKind::Ref, path, "a commit", ref.content);
        break;
      case RefShape::Good:
      case RefShape::Trimmable:
        problem(ProblemKind::Ref, path, "a snapshot that is here", ref.content);
        break;
    }
  }
}

Result<void> RepoScan::scan_snapshots() {
  LARDER_TRY(const auto names, store_.disk().list(layout_.snapshots()));
  for (const std::string& name : names) {
    LARDER_TRY(const auto facts, store_.disk().look(layout_.snapshots() + "/" + name));
    if (!facts) continue;
    if (facts->kind == fs::FileKind::Folder) {
      LARDER_CHECK(scan_snapshot(name));
    } else if (facts->kind == fs::FileKind::Symlink) {
      problem(ProblemKind::Link, "snapshots/" + name, "a folder", "a link");
    } else if (!is_helper_name(name)) {
      problem(ProblemKind::Foreign, "snapshots/" + name);
    }
  }
  return {};
}

Result<void> RepoScan::scan_snapshot(const std::string& name) {
  Walk walk;
  walk.revision.folder = name;
  walk.revision.commit = repo::CommitId::parse(name);
  if (wants_.completeness && walk.revision.commit) {
    LARDER_TRY(walk.tree, read_tree(store_.disk(), layout_.tree(*walk.revision.commit)));
    if (walk.tree) walk.present.resize(walk.tree->size());
  }
  const auto visit = [&](SnapshotEntry& entry) { return add_entry(walk, entry); };
  std::vector<FolderStamp> folders;
  LARDER_CHECK(walk_snapshot({store_.disk(), layout_, name}, visit, wants_.judged ? &folders : nullptr, cancel_));
  if (wants_.judged) {
    LARDER_TRY(walk.revision.is_being_filled, is_being_filled(store_, layout_, name, newest_change(folders)));
  }
  return finish_revision(walk, name);
}

Result<void> RepoScan::add_entry(Walk& walk, SnapshotEntry& entry) {
  const std::string path = "snapshots/" + walk.revision.folder + "/" + entry.path;
  LARDER_TRY(const std::uint32_t index, blob_of_entry(path, entry));
  const bool is_blob_link = entry.kind == fs::FileKind::Symlink && entry.target.kind == LinkKind::Blob;
  walk.has_blob_links = walk.has_blob_links || is_blob_link;
  ++walk.revision.entries;
  // I3, C18: a link that is absolute, or leads to anything but a blob of its repository.
  const bool is_plain_link = is_blob_link && !entry.target.is_absolute;
  if (entry.kind == fs::FileKind::Symlink && !is_plain_link)
    problem(ProblemKind::Link, path, "a relative link into blobs/", entry.link_text);
  if (entry.kind == fs::FileKind::Other) problem(ProblemKind::Foreign, path);
  if (index != BlobRecord::kNone) {
    BlobRecord& blob = record_.blobs[index];
    blob.is_linked = true;
    walk.revision.blobs.push_back(index);
    const auto listed = walk.tree && blob.place != BlobPlace::Absent ? walk.tree->find(entry.path) : std::nullopt;
    if (listed && is_plain_link && leads_elsewhere(walk.tree->at(*listed), entry.target.name)) {
      problem(ProblemKind::Link, path, link_text(entry.path, walk.tree->at(*listed).blob_name()), entry.link_text);
    }
    if (listed && !walk.present[*listed] && walk.tree->at(*listed).size == blob.bytes) {
      walk.present[*listed] = true;
      ++walk.present_count;
    }
  }
  if (!is_blob_link && wants_.judged) walk.odd.push_back({std::move(entry), index});
  return {};
}

/// Index of the blob the entry leads to by its first hop; kNone: to nothing that is counted.
Result<std::uint32_t> RepoScan::blob_of_entry(const std::string& path, const SnapshotEntry& entry) {
  if (entry.kind == fs::FileKind::Symlink) {
    return entry.target.kind == LinkKind::Blob ? Result<std::uint32_t>(named_blob(entry.target.name)) : outside_blob(entry);
  }
  if (entry.kind != fs::FileKind::Regular) return BlobRecord::kNone;
  record_.blobs.push_back(blob_record(path, entry.facts, BlobPlace::InSnapshot));
  return static_cast<std::uint32_t>(record_.blobs.size() - 1);
}

std::uint32_t RepoScan::named_blob(const std::string& name) {
  const auto end = record_.blobs.begin() + static_cast<std::ptrdiff_t>(named_);
  const auto found = std::lower_bound(record_.blobs.begin(), end, name,
                                      [](const BlobRecord& blob, const std::string& wanted) { return blob.name < wanted; });
  if (found != end && found->name == name) return static_cast<std::uint32_t>(found - record_.blobs.begin());
  const auto [other, is_new] = others_.try_emplace("blobs/" + name, static_cast<std::uint32_t>(record_.blobs.size()));
  if (is_new) {
    record_.blobs.push_back(blob_record(name, fs::FileFacts{}, BlobPlace::Absent));
    problem(ProblemKind::Missing, "blobs/" + name);
  }
  return other->second;
}

/// A link that leads past blobs/: counted at its target as the Python client does, and never touched there.
Result<std::uint32_t> RepoScan::outside_blob(const SnapshotEntry& entry) {
  const std::string& path = entry.target.path;
  const auto target = store_.disk().look_through(path);  // too long, in a circle, not ours to enter: nothing that counts
  if (!target || !*target || (*target)->kind != fs::FileKind::Regular) return BlobRecord::kNone;
  const auto [other, is_new] = others_.try_emplace(path, static_cast<std::uint32_t>(record_.blobs.size()));
  if (is_new) record_.blobs.push_back(blob_record(path, **target, BlobPlace::Outside));
  return other->second;
}

void RepoScan::judge_odd_entries(Walk& walk) {
  if (walk.odd.empty()) return;
  if (walk.revision.commit && !walk.tree) {
    if (auto tree = read_tree(store_.disk(), layout_.tree(*walk.revision.commit)); tree && *tree) walk.tree = std::move(**tree);
  }
  const SnapshotContext context{walk.revision.commit.has_value(), walk.has_blob_links, walk.tree ? &*walk.tree : nullptr};
  for (const OddEntry& odd : walk.odd) {
    if (is_cache_entry(odd.entry, context)) continue;
    ++walk.revision.kept_entries;
    if (odd.blob != BlobRecord::kNone) record_.blobs[odd.blob].is_foreign = true;
  }
}

Result<void> RepoScan::finish_revision(Walk& walk, const std::string& name) {
  RevisionRecord& revision = walk.revision;
  std::sort(revision.blobs.begin(), revision.blobs.end());
  revision.blobs.erase(std::unique(revision.blobs.begin(), revision.blobs.end()), revision.blobs.end());
  revision.blobs.shrink_to_fit();
  if (walk.tree && wants_.completeness) revision.is_complete = walk.present_count == walk.tree->size();
  judge_odd_entries(walk);
  for (const std::uint32_t index : revision.blobs) {
    const BlobRecord& blob = record_.blobs[index];
    revision.bytes += blob.bytes;
    revision.modified_ns = std::max(revision.modified_ns, blob.mtime_ns);
    revision.accessed_ns = std::max(revision.accessed_ns, blob.atime_ns);
  }
  if (revision.blobs.empty()) {
    LARDER_TRY(const auto facts, store_.disk().look(layout_.snapshots() + "/" + name));
    if (!facts) return {};
    revision.modified_ns = facts->mtime_ns;
    revision.accessed_ns = facts->atime_ns;
  }
  if (wants_.marks) LARDER_CHECK(read_marks(revision));
  record_.revisions.push_back(std::move(revision));
  return {};
}

Result<void> RepoScan::read_marks(RevisionRecord& revision) {
  if (!revision.commit) return {};
  if (const auto pin = read_pin(store_.disk(), layout_, *revision.commit); pin && *pin) {
    revision.pin = **pin == PinKind::User ? PinState::User : PinState::Commit;
  }
  LARDER_TRY(const auto used, store_.disk().look(layout_.used(*revision.commit)));
  if (used && used->kind == fs::FileKind::Regular) revision.used_ns = used->mtime_ns;
  return {};
}

/// "trees/tmp????????.tmp": what the Python client leaves when it dies while it writes a listing (R-531, I4).
Result<void> RepoScan::scan_tree_temps() {
  if (!has_trees_) return {};
  LARDER_TRY(const auto names, store_.disk().list(layout_.trees()));
  for (const std::string& name : names) {
    if (!is_temporary_tree(name)) continue;
    LARDER_TRY(const auto facts, store_.disk().look(layout_.trees() + "/" + name));
    if (!facts || facts->kind != fs::FileKind::Regular) continue;
    record_.leftovers.push_back(judge_foreign_temp(store_, layout_, layout_.folder() + "/trees/" + name, *facts, deadness()));
  }
  return {};
}

Result<void> RepoScan::finish() {
  LARDER_TRY(auto own, scan_own_leftovers(store_, layout_, deadness()));
  std::move(own.begin(), own.end(), std::back_inserter(record_.leftovers));
  LARDER_CHECK(scan_tree_temps());
  for (const BlobRecord& blob : record_.blobs) {
    if (!blob.is_linked) {
      if (blob.place == BlobPlace::Local && !is_digest_name(blob.name)) problem(ProblemKind::Foreign, "blobs/" + blob.name);
      continue;
    }
    if (blob.place == BlobPlace::Absent) continue;
    record_.bytes += blob.bytes;
    ++record_.files;
    record_.modified_ns = std::max(record_.modified_ns, blob.mtime_ns);
    record_.accessed_ns = std::max(record_.accessed_ns, blob.atime_ns);
  }
  if (record_.files == 0) {  // then the folder's own times
    LARDER_TRY(const auto facts, store_.disk().look_through(layout_.repo()));
    if (facts) record_.modified_ns = facts->mtime_ns;
    if (facts) record_.accessed_ns = facts->atime_ns;
  }
  if (!wants_.judged) return {};
  LARDER_TRY(const auto use, read_use(store_, layout_));
  apply_use(store_, layout_, use, record_);
  return apply_removal_notes();
}

Result<void> RepoScan::apply_removal_notes() {
  LARDER_TRY(const auto notes, read_removal_notes(store_.disk(), layout_));
  for (const RemovalNote& note : notes) {
    for (BlobRecord& blob : record_.blobs) {
      blob.is_condemned = blob.is_condemned || (!blob.is_linked && blob.ctime_ns <= note.made_ns && note.blobs.contains(blob.name));
    }
  }
  return {};
}

}  // namespace larder::store
