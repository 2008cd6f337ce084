#include <larder/ops/cache_adopt.hpp>

#include "base/escape.hpp"
#include "ops/adopt_cache.hpp"
#include "ops/adopt_commit.hpp"
#include "ops/adopt_folder.hpp"
#include "ops/target.hpp"
#include "store/adopt_match.hpp"
#include "store/hash_pool.hpp"
#include "store/tree_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace larder::ops {
namespace {

using digest::Algorithm;
using store::AdoptTarget;

/// Matching a folder's files to listings, by digest.
class FolderAdoption {
 public:
  FolderAdoption(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const CancelToken& cancel)
      : services_(services), options_(options), report_(report), cancel_(cancel), notes_(services.clock, services.progress) {}

  Result<void> run(FolderKind kind) {
    LARDER_CHECK(find_targets());
    LARDER_TRY(files_, list_folder(services_.disk, options_.folder, kind, report_.left, notes_, cancel_));
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
    if (!options_.reference) return find_cached_targets();
    const repo::Reference& reference = *options_.reference;
    if (!reference.path.empty() || !reference.quant.empty()) {
      return fail(ErrorCode::InvalidArgument, fmt::format("{}: adopt takes whole repositories", escape_text(repo::text(reference))));
    }
    TargetQuestion question;
    question.repo = reference.repo;
    question.revision = reference.revision.value_or(repo::Revision());
    question.offline = options_.offline;
    question.local_dir = options_.folder;
    LARDER_TRY(auto target, find_target(services_, question, cancel_));
    if (!target.tree) {
      return fail(ErrorCode::NotInCache, fmt::format("{}: no listing in the cache", escape_text(repo::text(reference))),
                  "run it once without --offline");
    }
    report_.warnings = target.warnings;
    targets_.push_back({reference.repo, target.resolved.commit, std::move(*target.tree)});
    return {};
  }

  Result<void> find_cached_targets() {
    LARDER_TRY(const auto folders, services_.disk.list(services_.store.root()));
    for (const std::string& folder : folders) {
      const auto repo = repo::RepoId::from_folder_name(folder);
      if (!repo) continue;
      const store::RepoLayout layout(services_.store.root(), folder);
      LARDER_TRY(const auto commits, listed_commits(services_.disk, layout));
      for (const repo::CommitId& commit : commits) {
        LARDER_TRY(auto tree, store::read_tree(services_.disk, layout.tree(commit)));
        if (tree) targets_.push_back({*repo, commit, std::move(*tree)});
      }
    }
    if (targets_.empty()) report_.warnings.emplace_back("the cache has no listing to match with; name a repository");
    return {};
  }

  Result<void> hash(const store::AdoptIndex& index) {
    std::vector<store::HashJob> jobs;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const FolderFile& file = files_[i];
      const store::AdoptInterest interest = index.interest(file.facts.size, file.claimed);
      const std::string path = options_.folder + "/" + file.path;
      if (interest.sha256) jobs.push_back({path, Algorithm::Sha256, file.facts.size, i});
      if (interest.git_sha1) jobs.push_back({path, Algorithm::GitSha1, file.facts.size, i});
      if (interest.sha256 || interest.git_sha1) bytes += file.facts.size;
    }
    const TaskId task = services_.progress.begin(TaskKind::Total, "adopt", bytes);
    store::HashListener listener;
    listener.done = [&](const store::HashOutcome& outcome) {
      if (outcome.digest) {
        digests_[outcome.tag].push_back(*outcome.digest);
      } else {
        unreadable_[outcome.tag] = outcome.digest.error().message;
      }
    };
    listener.bytes = [&](std::uint64_t done) { services_.progress.advance(task, done); };
    auto result = hash_through_links(std::move(jobs), listener);
    services_.progress.end(task, result ? TaskEnd::Done : TaskEnd::Failed);
    return result;
  }

  /// The pool opens no links; in a folder of the user's they are followed, one step.
  Result<void> hash_through_links(std::vector<store::HashJob> jobs, const store::HashListener& listener) {
    for (store::HashJob& job : jobs) {
      LARDER_TRY(const auto text, services_.disk.read_link(job.path));
      if (text) job.path = text->starts_with("/") ? *text : job.path.substr(0, job.path.rfind('/') + 1) + *text;
    }
    return store::hash_files(services_.disk, services_.clock, {std::move(jobs)}, listener, cancel_);
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
      if (is_wanted) continue;
      const auto unreadable = unreadable_.find(i);
      const std::string reason = unreadable != unreadable_.end() ? escape_text(unreadable->second) : "no listing asks for this content";
      report_.left.push_back({files_[i].path, reason});
    }
  }

  Result<void> take() {
    for (const auto& [index, matches] : matches_) {
      const AdoptTarget& target = targets_[index];
      const auto hard_links = options_.hard_links ? store::HardLinks::Yes : store::HardLinks::No;
      AdoptCommit commit(services_.store, target.repo, target.commit, hard_links, cancel_);
      std::map<std::uint32_t, bool> is_taken;  // two copies in DIR are one file of the repository
      for (const Match& match : matches) {
        if (is_taken[match.entry]) continue;
        LARDER_TRY(is_taken[match.entry], take_one(commit, target, match));
      }
      const auto ref = options_.reference ? std::optional(options_.reference->revision.value_or(repo::Revision())) : std::nullopt;
      LARDER_TRY(const bool is_whole, commit.finish(&target.tree, ref));
      if (is_whole && ref && !ref->commit()) ++report_.refs_written;
      if (!is_whole) {
        report_.warnings.push_back(
            fmt::format("{}@{}: incomplete: `larder pull` fetches the rest", escape_text(target.repo.text()), target.commit.hex()));
      }
    }
    return {};
  }

  /// False: left, and why is in the report.
  Result<bool> take_one(AdoptCommit& commit, const AdoptTarget& target, const Match& match) {
    const FolderFile& file = files_[match.file];
    const repo::FileEntry entry = target.tree.at(match.entry);
    const auto copied = note_of_copy(notes_, file.path, file.facts.size);
    copied(0);
    const auto how = commit.take({options_.folder + "/" + file.path, match.digest, file.facts.size, file.facts, copied}, entry.path);
    if (!how) {
      const ErrorCode code = how.error().code;
      if (code != ErrorCode::LockBusy && code != ErrorCode::DigestMismatch && code != ErrorCode::NotInCache) return fail(how.error());
      report_.left.push_back({file.path, escape_text(how.error().message)});
      return false;
    }
    report_.taken.push_back({file.path, target.repo, target.commit, std::string(entry.path), match.digest, file.facts.size, *how});
    return true;
  }

  Services& services_;
  const CacheAdoptOptions& options_;
  CacheAdoptReport& report_;
  const CancelToken& cancel_;
  store::WorkNotes notes_;
  std::vector<AdoptTarget> targets_;
  std::vector<FolderFile> files_;
  std::map<std::size_t, std::vector<digest::Digest>> digests_;  // by file
  std::map<std::size_t, std::string> unreadable_;
  std::map<std::uint32_t, std::vector<Match>> matches_;  // by target
};

Result<void> check_folder(Services& services, const std::string& folder) {
  LARDER_TRY(const auto facts, services.disk.look_through(folder));
  if (!facts || facts->kind != fs::FileKind::Folder) {
    return fail(ErrorCode::EntryNotFound, fmt::format("{}: no such folder", escape_text(folder)));
  }
  LARDER_TRY(const auto root, services.disk.look_through(services.store.root()));
  const bool is_root = root && root->inode == facts->inode && root->device == facts->device;
  if (is_root || folder.starts_with(services.store.root() + "/")) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{}: is the cache itself", escape_text(folder)));
  }
  return {};
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
  auto result = kind == FolderKind::Cache && !options.reference ? adopt_other_cache(services, options, report, cancel)
                                                                : FolderAdoption(services, options, report, cancel).run(kind);
  std::sort(report.taken.begin(), report.taken.end(), [](const AdoptedFile& a, const AdoptedFile& b) {
    return std::tie(a.from, a.repo, a.commit, a.path) < std::tie(b.from, b.repo, b.commit, b.path);
  });
  std::sort(report.left.begin(), report.left.end(), [](const LeftFile& a, const LeftFile& b) { return a.from < b.from; });
  return result;
}

}  // namespace larder::ops
