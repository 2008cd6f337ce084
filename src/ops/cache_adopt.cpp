#include <larder/ops/cache_adopt.hpp>

#include "base/escape.hpp"
#include "ops/adopt_cache.hpp"
#include "ops/adopt_commit.hpp"
#include "ops/adopt_folder.hpp"
#include "ops/target.hpp"
#include "repo/file_name.hpp"
#include "store/adopt_match.hpp"
#include "store/entry_name.hpp"
#include "store/store.hpp"
#include "store/tree_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace larder::ops {
namespace {

using digest::Algorithm;
using store::AdoptTarget;

/// Commits that have a listing.
Result<std::vector<repo::CommitId>> listed_commits(fs::Disk& disk, const store::RepoLayout& layout) {
  std::vector<repo::CommitId> commits;
  LARDER_TRY(const auto facts, disk.look_through(layout.trees()));
  if (!facts || facts->kind != fs::FileKind::Folder) return commits;
  LARDER_TRY(const auto names, disk.list(layout.trees()));
  for (const std::string& name : names) {
    if (const auto commit = store::commit_of_listing(name)) commits.push_back(*commit);
  }
  return commits;
}

/// Matching a folder's files to listings, by digest.
class FolderAdoption {
 public:
  explicit FolderAdoption(Adoption& run) : run_(run) {}

  Result<void> adopt(FolderKind kind) {
    LARDER_CHECK(find_targets());
    LARDER_TRY(files_, list_folder(run_, kind));
    const store::AdoptIndex index(targets_);
    LARDER_CHECK(hash(index));
    match(index);
    return take();
  }

 private:
  struct Match {
    std::size_t file = 0;
    std::uint32_t entry = 0;
    digest::Digest digest;
  };

  /// REF's listing, or all listings of the cache.
  Result<void> find_targets() {
    if (!run_.options.reference) return find_cached_targets();
    const repo::Reference& reference = *run_.options.reference;
    if (!reference.path.empty() || !reference.quant.empty()) {
      return fail(ErrorCode::InvalidArgument, fmt::format("{}: adopt takes whole repositories", escape_text(repo::text(reference))));
    }
    TargetQuestion question;
    question.repo = reference.repo;
    question.revision = reference.revision.value_or(repo::Revision());
    question.offline = run_.options.offline;
    question.local_dir = run_.options.folder;
    LARDER_TRY(auto target,
               with_context(find_listed_target(run_.services, question, run_.cancel), object_name(question.repo, question.revision)));
    run_.report.warnings = target.warnings;
    targets_.push_back({reference.repo, target.resolved.commit, std::move(*target.tree)});
    return {};
  }

  Result<void> find_cached_targets() {
    store::Store& store = run_.services.store;
    LARDER_TRY(const auto folders, store.disk().list(store.root()));
    for (const std::string& folder : folders) {
      const auto repo = repo::RepoId::from_folder_name(folder);
      if (!repo) continue;
      const store::RepoLayout layout(store.root(), folder);
      LARDER_TRY(const auto commits, listed_commits(store.disk(), layout));
      for (const repo::CommitId& commit : commits) {
        LARDER_TRY(auto tree, store::read_tree(store.disk(), layout.tree(commit)));
        if (tree) targets_.push_back({*repo, commit, std::move(*tree)});
      }
    }
    if (targets_.empty()) run_.report.warnings.emplace_back("the cache has no listing to match with; name a repository");
    return {};
  }

  Result<void> hash(const store::AdoptIndex& index) {
    std::vector<store::HashJob> jobs;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const FolderFile& file = files_[i];
      const store::AdoptInterest interest = index.interest(file.facts.size, file.claimed);
      if (!interest.sha256 && !interest.git_sha1) continue;
      LARDER_TRY(const std::string path, hashable_path(absolute(file)));
      if (interest.sha256) jobs.push_back({path, Algorithm::Sha256, file.facts.size, i});
      if (interest.git_sha1) jobs.push_back({path, Algorithm::GitSha1, file.facts.size, i});
    }
    return run_.hash(std::move(jobs), [&](const store::HashOutcome& outcome) {
      if (outcome.digest) {
        digests_[outcome.tag].push_back(*outcome.digest);
      } else {
        unreadable_[outcome.tag] = escape_text(outcome.digest.error().message);
      }
    });
  }

  [[nodiscard]] std::string absolute(const FolderFile& file) const { return run_.options.folder + "/" + file.path; }

  /// Hashing opens no links; in a folder of the user's they are followed, one step.
  Result<std::string> hashable_path(std::string path) const {
    LARDER_TRY(const auto text, run_.services.disk.read_link(path));
    if (!text) return path;
    return text->starts_with("/") ? *text : path.substr(0, path.rfind('/') + 1) + *text;
  }

  void match(const store::AdoptIndex& index) {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      bool is_wanted = false;
      for (const digest::Digest& digest : digests_[i]) {
        for (const store::AdoptPlace& place : index.places(digest, files_[i].facts.size)) {
          matches_[place.target].push_back({i, place.entry, digest});
          is_wanted = true;
        }
      }
      if (is_wanted) {
        untried_.insert(i);
        continue;
      }
      const auto unreadable = unreadable_.find(i);
      run_.leave(files_[i].path, unreadable != unreadable_.end() ? unreadable->second : "no listing asks for this content");
    }
  }

  Result<void> take() {
    for (auto& [index, matches] : matches_) LARDER_CHECK(take_target(targets_[index], matches));
    for (const std::size_t file : untried_) run_.leave(files_[file].path, "another file of DIR with this content was taken");
    return {};
  }

  /// Of several files with the bytes the one with the listed path comes first, then one with the listed name.
  [[nodiscard]] int distance(const AdoptTarget& target, const Match& match) const {
    const std::string_view wanted = target.tree.at(match.entry).path;
    const std::string& path = files_[match.file].path;
    if (path == wanted) return 0;
    return repo::base_name(path) == repo::base_name(wanted) ? 1 : 2;
  }

  Result<void> take_target(const AdoptTarget& target, std::vector<Match>& matches) {
    AdoptCommit commit(run_, target.repo, target.commit);
    std::stable_sort(matches.begin(), matches.end(),
                     [&](const Match& a, const Match& b) { return distance(target, a) < distance(target, b); });
    std::map<std::uint32_t, bool> is_taken;  // two copies in DIR are one file of the repository
    for (const Match& match : matches) {
      if (is_taken[match.entry]) continue;
      untried_.erase(match.file);
      const FolderFile& file = files_[match.file];
      const std::string path(target.tree.at(match.entry).path);
      LARDER_TRY(is_taken[match.entry], commit.take({absolute(file), file.facts, match.digest, path}));
    }
    const auto& reference = run_.options.reference;
    const auto ref = reference ? std::optional(reference->revision.value_or(repo::Revision())) : std::nullopt;
    LARDER_TRY(const bool is_whole, commit.finish(&target.tree, ref));
    if (is_whole && ref && !ref->commit()) ++run_.report.refs_written;
    if (!is_whole) {
      run_.report.warnings.push_back(
          fmt::format("{}@{}: incomplete: `larder pull` fetches the rest", escape_text(target.repo.text()), target.commit.hex()));
    }
    return {};
  }

  Adoption& run_;
  std::vector<AdoptTarget> targets_;
  std::vector<FolderFile> files_;
  std::map<std::size_t, std::vector<digest::Digest>> digests_;  // by file
  std::map<std::size_t, std::string> unreadable_;
  std::map<std::uint32_t, std::vector<Match>> matches_;  // by target
  std::set<std::size_t> untried_;                        // files that a target asks for, as long as none was taken or failed
};

Result<void> check_folder(Services& services, const std::string& folder) {
  LARDER_TRY(const auto facts, services.disk.look_through(folder));
  if (!facts || facts->kind != fs::FileKind::Folder) {
    return fail(ErrorCode::EntryNotFound, escape_text(folder) + (facts ? ": is no folder" : ": no such folder"));
  }
  LARDER_TRY(const auto root, services.disk.look_through(services.store.root()));
  const bool is_root = root && root->inode == facts->inode && root->device == facts->device;
  if (is_root) return fail(ErrorCode::InvalidArgument, escape_text(folder) + ": is the cache itself");
  if (folder.starts_with(services.store.root() + "/")) {
    return fail(ErrorCode::InvalidArgument, escape_text(folder) + ": is a folder of the cache itself");
  }
  return {};
}

/// A file of DIR that two snapshots there have is left once.
void sort(CacheAdoptReport& report) {
  std::sort(report.taken.begin(), report.taken.end(), [](const AdoptedFile& a, const AdoptedFile& b) {
    return std::tie(a.from, a.repo, a.commit, a.path) < std::tie(b.from, b.repo, b.commit, b.path);
  });
  const auto key = [](const LeftFile& file) { return std::tie(file.from, file.reason); };
  std::sort(report.left.begin(), report.left.end(), [&](const LeftFile& a, const LeftFile& b) { return key(a) < key(b); });
  const auto is_same = [&](const LeftFile& a, const LeftFile& b) { return key(a) == key(b); };
  report.left.erase(std::unique(report.left.begin(), report.left.end(), is_same), report.left.end());
}

}  // namespace

std::string_view name(AdoptHow how) {
  switch (how) {
    case AdoptHow::Reflink:
      return "reflink";
    case AdoptHow::HardLink:
      return "hardlink";
    case AdoptHow::Copy:
      return "copy";
    case AdoptHow::Reused:
      return "reused";
  }
  return "";
}

Result<void> cache_adopt(Services& services, const CacheAdoptOptions& asked, CacheAdoptReport& report, const CancelToken& cancel) {
  CacheAdoptOptions options = asked;
  while (options.folder.size() > 1 && options.folder.ends_with('/')) options.folder.pop_back();
  LARDER_CHECK(services.store.check_root());
  LARDER_CHECK(check_folder(services, options.folder));
  const FolderKind kind = folder_kind(services.disk, options.folder);
  Adoption run(services, options, report, cancel);
  auto result = kind == FolderKind::Cache && !options.reference ? adopt_other_cache(run) : FolderAdoption(run).adopt(kind);
  sort(report);
  return result;
}

}  // namespace larder::ops
