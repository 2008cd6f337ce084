#include "ops/adopt_cache.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "ops/adopt_commit.hpp"
#include "store/entry_name.hpp"
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

/// What hashing a file there gave.
struct Hashed {
  fs::FileFacts facts;  ///< from before
  std::optional<digest::Digest> digest;
  std::string fault;  ///< why there is none
};

/// One repository of the other cache.
class RepoAdoption {
 public:
  RepoAdoption(Adoption& run, const repo::RepoId& repo, const store::RepoLayout& other) : run_(run), repo_(repo), other_(other) {}

  Result<void> run() {
    const auto snapshots = run_.services.disk.list(other_.snapshots());
    if (!snapshots) leave(other_.snapshots(), snapshots.error());
    auto refs = store::scan_refs(run_.services.disk, other_);
    if (!refs) leave(other_.refs(), refs.error());
    if (refs) refs_ = std::move(*refs);
    for (const std::string& snapshot : snapshots.value_or(std::vector<std::string>{})) {
      if (const auto commit = repo::CommitId::parse(snapshot)) LARDER_CHECK(adopt(*commit));
    }
    return {};
  }

 private:
  using Key = std::pair<std::string, digest::Algorithm>;
  static Key key_of(const AdoptFile& file) { return {file.file, file.digest.algorithm()}; }

  Result<void> adopt(const repo::CommitId& commit) {
    auto tree = store::read_tree(run_.services.disk, other_.tree(commit));
    tree_ = tree ? std::move(*tree) : std::nullopt;  // one that cannot be read is as good as none
    files_.clear();
    LARDER_CHECK(collect(commit));
    LARDER_CHECK(hash());
    AdoptCommit target(run_, repo_, commit);
    for (const AdoptFile& file : files_) LARDER_CHECK(take(target, file));
    LARDER_TRY(const bool is_whole, target.finish(tree_ ? &*tree_ : nullptr, std::nullopt));
    return bring_refs(commit, is_whole);
  }

  /// One that cannot be read hides none of the others.
  void leave(const std::string& path, const Error& error) { run_.leave(run_.below(path), escape_text(error.message)); }
  void leave(const std::string& path, std::string reason) { run_.leave(run_.below(path), std::move(reason)); }

  Result<void> collect(const repo::CommitId& commit) {
    const auto visit = [&](store::SnapshotEntry& entry) -> Result<void> {
      collect_entry(commit, entry);
      return {};
    };
    const std::string name = commit.hex();
    const auto unreadable = [&](const std::string& folder, const Error& error) -> Result<void> {
      leave(folder.empty() ? other_.snapshot(commit) : other_.entry(commit, folder), error);
      return {};
    };
    return store::walk_snapshot({run_.services.disk, other_, name, unreadable}, visit, nullptr, run_.cancel);
  }

  void collect_entry(const repo::CommitId& commit, const store::SnapshotEntry& entry) {
    std::string file = other_.entry(commit, entry.path);
    if (!repo::check_name(entry.path, repo::NamePlace::Cache)) return leave(file, "its name may not be written");
    const auto expected = digest_of(entry);
    if (!expected) return leave(file, "nothing says what its content must be");
    const std::string shown = file;
    if (entry.kind == fs::FileKind::Symlink) file = bytes_of(entry.target.name);
    const auto facts = run_.services.disk.look(file);
    if (!facts) return leave(shown, facts.error());
    if (!*facts || (*facts)->kind != fs::FileKind::Regular) return leave(shown, "its blob is not there");
    files_.push_back({std::move(file), **facts, *expected, entry.path});
    run_.notes.tell([&] { return "looking: " + counted(files_.size(), "file"); });
  }

  /// The listing's word first: some clients name blobs by other hashes.
  std::optional<digest::Digest> digest_of(const store::SnapshotEntry& entry) const {
    const auto listed = tree_ ? tree_->find(entry.path) : std::nullopt;
    if (listed) return tree_->at(*listed).digest();
    if (!entry.is_blob_link() || !store::is_digest_name(entry.target.name)) return std::nullopt;
    return *digest::Digest::from_hex(entry.target.name);
  }

  /// The regular file behind a blob entry: itself, or the payload of that cache's shared store.
  std::string bytes_of(const std::string& blob) const {
    const auto text = run_.services.disk.read_link(other_.blob(blob));
    const auto payload = text && *text ? store::payload_of_entry(other_, **text) : std::nullopt;
    return payload ? store::payload_path(other_.root(), *payload) : other_.blob(blob);
  }

  /// What an earlier snapshot of the repository has had hashed already is not hashed again.
  Result<void> hash() {
    std::vector<store::HashJob> jobs;
    std::vector<Hashed*> users;
    for (const AdoptFile& file : files_) {
      const auto [place, is_new] = hashed_.try_emplace(key_of(file), Hashed{file.facts, std::nullopt, ""});
      if (!is_new) continue;
      jobs.push_back({file.file, file.digest.algorithm(), file.facts.size, users.size()});
      users.push_back(&place->second);
    }
    return run_.hash(std::move(jobs), [&](const store::HashOutcome& outcome) {
      Hashed& hashed = *users[outcome.tag];
      if (outcome.digest) hashed.digest = *outcome.digest;
      if (!outcome.digest) hashed.fault = escape_text(outcome.digest.error().message);
    });
  }

  Result<void> take(AdoptCommit& target, AdoptFile file) {
    const Hashed& hashed = hashed_.at(key_of(file));
    if (!hashed.digest || *hashed.digest != file.digest) {
      leave(file.file, hashed.digest ? "its bytes are not what they must be" : hashed.fault);
      return {};
    }
    file.facts = hashed.facts;
    LARDER_TRY([[maybe_unused]] const bool is_taken, target.take(file));
    return {};
  }

  /// The refs that name this commit there come along if the snapshot is whole and the name is free here.
  Result<void> bring_refs(const repo::CommitId& commit, bool is_whole) {
    const store::RepoLayout layout = run_.services.store.layout(repo_);
    for (const store::RefRecord& ref : refs_) {
      const auto revision = repo::Revision::parse(ref.name);
      if (ref.content != commit.hex() || !revision || revision->commit() || store::is_temporary_ref(ref.name)) continue;
      LARDER_TRY(const auto known, run_.services.disk.look(layout.ref(*revision)));
      if (known) continue;
      if (!is_whole) {
        warn_of_ref(*revision, commit);
        continue;
      }
      LARDER_TRY(const auto written, store::write_ref(run_.services.store, layout, *revision, commit));
      if (written == store::RefWrite::Written) ++run_.report.refs_written;
    }
    return {};
  }

  void warn_of_ref(const repo::Revision& ref, const repo::CommitId& commit) {
    const std::string why =
        tree_ ? fmt::format("commit {} is not complete", commit.hex()) : fmt::format("nothing lists the files of commit {}", commit.hex());
    run_.report.warnings.push_back(
        fmt::format("{}@{}: not taken over, {}: `larder pull` fetches the rest", escape_text(repo_.text()), escape_text(ref.text()), why));
  }

  Adoption& run_;
  const repo::RepoId& repo_;
  const store::RepoLayout& other_;
  std::vector<store::RefRecord> refs_;
  std::map<Key, Hashed> hashed_;
  // Of the snapshot at hand:
  std::optional<repo::Tree> tree_;
  std::vector<AdoptFile> files_;
};

}  // namespace

Result<void> adopt_other_cache(Adoption& run) {
  const std::string& root = run.options.folder;
  LARDER_TRY(const auto folders, run.services.disk.list(root));
  for (const std::string& folder : folders) {
    const auto parsed = repo::RepoId::from_folder_name(folder);
    const store::RepoLayout other(root, folder);
    const auto facts = run.services.disk.look_through(other.snapshots());
    if (!facts || !*facts || (*facts)->kind != fs::FileKind::Folder) continue;  // CACHEDIR.TAG, and whatever else lies there
    const auto repo =
        parsed ? repo::RepoId::make(parsed->type(), parsed->id()) : Result<repo::RepoId>(fail(ErrorCode::InvalidArgument, ""));
    if (!repo) {
      run.leave(folder, "its name is no repository's");
      continue;
    }
    LARDER_CHECK(RepoAdoption(run, *repo, other).run());
  }
  return {};
}

}  // namespace larder::ops
