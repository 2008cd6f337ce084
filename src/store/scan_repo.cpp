#include "store/scan_repo.hpp"

#include "store/entry_name.hpp"
#include "store/removal_note.hpp"
#include "store/repo_use.hpp"
#include "store/scan_shared.hpp"

#include <algorithm>
#include <unordered_map>

namespace larder::store {

RepoScan::RepoScan(Store& store, ScanWants wants, const std::vector<PayloadRecord>& payloads, std::atomic<std::uint64_t>& files_seen,
                   const CancelToken& cancel)
    : store_(store), wants_(wants), payloads_(payloads), files_seen_(files_seen), cancel_(cancel), layout_(store.root(), "") {}

Result<std::optional<RepoRecord>> RepoScan::run(const repo::RepoId& repo, const std::string& folder) {
  layout_ = RepoLayout(store_.root(), folder);
  record_.repo = repo;
  record_.folder = folder;
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
  return {};
}

Result<void> RepoScan::add_blob_entry(const std::string& name) {
  if (cancel_.is_cancelled()) return fail(cancel_.error());
  ++files_seen_;
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
    blobs_.add_entry(blob_record(name, *facts, BlobPlace::Local));
    return {};
  }
  // C17: a folder or a fifo where a blob belongs; opening it is never tried.
  blobs_.add_entry(blob_record(name, fs::FileFacts{}, BlobPlace::Absent));
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
  blobs_.add_entry(std::move(record));
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
  NotedSnapshots noted(store_.disk(), layout_);
  for (const std::string& name : names) {
    LARDER_TRY(const auto facts, store_.disk().look(layout_.snapshots() + "/" + name));
    if (!facts) continue;
    if (facts->kind == fs::FileKind::Folder) {
      LARDER_TRY(auto revision, SnapshotScan({store_, layout_, blobs_, record_.problems, noted, files_seen_, cancel_, wants_}).run(name));
      if (revision) record_.revisions.push_back(std::move(*revision));
    } else if (facts->kind == fs::FileKind::Symlink) {
      problem(ProblemKind::Link, "snapshots/" + name, "a folder", "a link");
    } else if (!is_helper_name(name)) {
      problem(ProblemKind::Foreign, "snapshots/" + name);
    }
  }
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
  std::unordered_map<std::string_view, std::int64_t> named;  // blob: its newest note
  for (const RemovalNote& note : notes) {
    for (const std::string& blob : note.blobs) {
      std::int64_t& made_ns = named.try_emplace(blob, note.made_ns).first->second;
      made_ns = std::max(made_ns, note.made_ns);
    }
  }
  for (BlobRecord& blob : record_.blobs) {
    const auto note = named.find(blob.name);
    blob.is_condemned = note != named.end() && !blob.is_linked && blob.ctime_ns <= note->second;
  }
  return {};
}

}  // namespace larder::store
