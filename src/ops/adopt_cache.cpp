#include "ops/adopt_cache.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "ops/adopt_commit.hpp"
#include "store/entry_name.hpp"
#include "store/hash_pool.hpp"
#include "store/ref_store.hpp"
#include "store/scan_refs.hpp"
#include "store/shared_store.hpp"
#include "store/snapshot_walk.hpp"
#include "store/tree_cache.hpp"

#include <larder/repo/repo_path.hpp>

#include <fmt/format.h>

#include <map>

namespace larder::ops {
namespace {

/// One entry of a snapshot there, and the file with its bytes.
struct Entry {
  std::string path;  ///< in the repository
  std::string file;  ///< absolute
  digest::Digest expected;
  fs::FileFacts facts;
};

/// One snapshot of the other cache.
class SnapshotAdoption {
 public:
  SnapshotAdoption(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const CancelToken& cancel)
      : services_(services), options_(options), report_(report), cancel_(cancel), notes_(services.clock, services.progress) {}

  Result<void> run(const repo::RepoId& repo, const store::RepoLayout& other, const repo::CommitId& commit) {
    LARDER_TRY(tree_, store::read_tree(services_.disk, other.tree(commit)));
    LARDER_CHECK(collect(other, commit));
    LARDER_CHECK(hash());
    const auto hard_links = options_.hard_links ? store::HardLinks::Yes : store::HardLinks::No;
    AdoptCommit target(services_.store, repo, commit, hard_links, cancel_);
    for (const Entry& entry : entries_) LARDER_CHECK(take(target, repo, commit, entry));
    return finish(target, repo, other, commit);
  }

 private:
  Result<void> collect(const store::RepoLayout& other, const repo::CommitId& commit) {
    const auto visit = [&](store::SnapshotEntry& entry) -> Result<void> {
      std::string file = other.entry(commit, entry.path);
      const std::string shown = file.substr(options_.folder.size() + 1);
      if (!repo::check_name(entry.path, repo::NamePlace::Cache)) return leave(shown, "its name may not be written");
      const auto expected = digest_of(entry);
      if (!expected) return leave(shown, "nothing says what its content must be");
      const bool is_link = entry.kind == fs::FileKind::Symlink;
      if (is_link) file = bytes_of(other, entry.target.name);
      LARDER_TRY(const auto facts, services_.disk.look(file));
      if (!facts || facts->kind != fs::FileKind::Regular) return leave(shown, "its blob is not there");
      entries_.push_back({entry.path, std::move(file), *expected, *facts});
      notes_.tell([&] { return "looking: " + counted(entries_.size(), "file"); });
      return {};
    };
    const std::string name = commit.hex();
    return store::walk_snapshot({services_.disk, other, name}, visit, nullptr, cancel_);
  }

  Result<void> leave(const std::string& from, std::string reason) {
    report_.left.push_back({from, std::move(reason)});
    return {};
  }

  /// The listing's word first: some clients name blobs by other hashes.
  std::optional<digest::Digest> digest_of(const store::SnapshotEntry& entry) const {
    const auto listed = tree_ ? tree_->find(entry.path) : std::nullopt;
    if (listed) return tree_->at(*listed).digest();
    if (!entry.is_blob_link() || !store::is_digest_name(entry.target.name)) return std::nullopt;
    return *digest::Digest::from_hex(entry.target.name);
  }

  /// The regular file behind a blob entry: itself, or the payload of that cache's shared store.
  std::string bytes_of(const store::RepoLayout& other, const std::string& blob) const {
    const auto text = services_.disk.read_link(other.blob(blob));
    const auto payload = text && *text ? store::payload_of_entry(other, **text) : std::nullopt;
    return payload ? store::payload_path(other.root(), *payload) : other.blob(blob);
  }

  Result<void> hash() {
    std::map<std::pair<std::string, digest::Algorithm>, std::vector<std::size_t>> by_file;
    for (std::size_t i = 0; i < entries_.size(); ++i) by_file[{entries_[i].file, entries_[i].expected.algorithm()}].push_back(i);
    std::vector<store::HashJob> jobs;
    std::vector<const std::vector<std::size_t>*> users;
    std::uint64_t bytes = 0;
    for (const auto& [key, indices] : by_file) {
      const std::uint64_t size = entries_[indices.front()].facts.size;
      jobs.push_back({key.first, key.second, size, users.size()});
      users.push_back(&indices);
      bytes += size;
    }
    is_right_.assign(entries_.size(), false);
    const TaskId task = services_.progress.begin(TaskKind::Total, "adopt", bytes);
    store::HashListener listener;
    listener.done = [&](const store::HashOutcome& outcome) {
      for (const std::size_t index : *users[outcome.tag]) is_right_[index] = outcome.digest && *outcome.digest == entries_[index].expected;
    };
    listener.bytes = [&](std::uint64_t done) { services_.progress.advance(task, done); };
    auto result = store::hash_files(services_.disk, services_.clock, {std::move(jobs)}, listener, cancel_);
    services_.progress.end(task, result ? TaskEnd::Done : TaskEnd::Failed);
    return result;
  }

  Result<void> take(AdoptCommit& target, const repo::RepoId& repo, const repo::CommitId& commit, const Entry& entry) {
    const auto index = static_cast<std::size_t>(&entry - entries_.data());
    const std::string shown = entry.file.substr(options_.folder.size() + 1);
    if (!is_right_[index]) return leave(shown, "its bytes are not what they must be");
    const auto copied = note_of_copy(notes_, shown, entry.facts.size);
    copied(0);
    const auto how = target.take({entry.file, entry.expected, entry.facts.size, entry.facts, copied}, entry.path);
    if (!how) {
      if (how.error().code == ErrorCode::LockBusy || how.error().code == ErrorCode::DigestMismatch) {
        return leave(shown, escape_text(how.error().message));
      }
      return fail(how.error());
    }
    report_.taken.push_back({shown, repo, commit, entry.path, entry.expected, entry.facts.size, *how});
    return {};
  }

  /// The refs that name this commit there come along if the snapshot is whole and the name is free here.
  Result<void> finish(AdoptCommit& target, const repo::RepoId& repo, const store::RepoLayout& other, const repo::CommitId& commit) {
    LARDER_TRY(const bool is_whole, target.finish(tree_ ? &*tree_ : nullptr, std::nullopt));
    if (!is_whole) return {};
    LARDER_TRY(const auto refs, store::scan_refs(services_.disk, other));
    for (const store::RefRecord& ref : refs) {
      const auto revision = repo::Revision::parse(ref.name);
      if (ref.content != commit.hex() || !revision || revision->commit() || store::is_temporary_ref(ref.name)) continue;
      const store::RepoLayout layout = services_.store.layout(repo);
      LARDER_TRY(const auto known, services_.disk.look(layout.ref(*revision)));
      if (known) continue;
      LARDER_TRY(const auto written, store::write_ref(services_.store, layout, *revision, commit));
      if (written == store::RefWrite::Written) ++report_.refs_written;
    }
    return {};
  }

  Services& services_;
  const CacheAdoptOptions& options_;
  CacheAdoptReport& report_;
  const CancelToken& cancel_;
  store::WorkNotes notes_;
  std::optional<repo::Tree> tree_;
  std::vector<Entry> entries_;
  std::vector<bool> is_right_;
};

/// One repository of the other cache, and as what it is adopted.
struct OtherRepo {
  repo::RepoId repo;
  store::RepoLayout layout;
};

/// One that cannot be read hides none of the others.
Result<void> adopt_other_repo(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const OtherRepo& from,
                              const CancelToken& cancel) {
  const auto& [repo, other] = from;
  const auto snapshots = services.disk.list(other.snapshots());
  if (!snapshots) report.left.push_back({other.folder(), escape_text(snapshots.error().message)});
  for (const std::string& snapshot : snapshots.value_or(std::vector<std::string>{})) {
    const auto commit = repo::CommitId::parse(snapshot);
    if (commit) LARDER_CHECK(SnapshotAdoption(services, options, report, cancel).run(repo, other, *commit));
  }
  return {};
}

}  // namespace

Result<std::vector<repo::CommitId>> listed_commits(fs::Disk& disk, const store::RepoLayout& layout) {
  constexpr std::string_view kEnd = ".json";
  std::vector<repo::CommitId> commits;
  LARDER_TRY(const auto facts, disk.look_through(layout.trees()));
  if (!facts || facts->kind != fs::FileKind::Folder) return commits;
  LARDER_TRY(const auto names, disk.list(layout.trees()));
  for (const std::string& name : names) {
    if (!name.ends_with(kEnd)) continue;
    if (const auto commit = repo::CommitId::parse(std::string_view(name).substr(0, name.size() - kEnd.size()))) commits.push_back(*commit);
  }
  return commits;
}

Result<void> adopt_other_cache(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const CancelToken& cancel) {
  LARDER_TRY(const auto folders, services.disk.list(options.folder));
  for (const std::string& folder : folders) {
    const auto parsed = repo::RepoId::from_folder_name(folder);
    const auto repo =
        parsed ? repo::RepoId::make(parsed->type(), parsed->id()) : Result<repo::RepoId>(fail(ErrorCode::InvalidArgument, ""));
    const store::RepoLayout other(options.folder, folder);
    const auto facts = services.disk.look_through(other.snapshots());
    if (!facts || !*facts || (*facts)->kind != fs::FileKind::Folder) continue;  // CACHEDIR.TAG, and whatever else lies there
    if (!repo) {
      report.left.push_back({folder, "its name is no repository's"});
      continue;
    }
    LARDER_CHECK(adopt_other_repo(services, options, report, {*repo, other}, cancel));
  }
  return {};
}

}  // namespace larder::ops
