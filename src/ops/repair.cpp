#include "ops/repair.hpp"

#include "base/escape.hpp"
#include "ops/refetch.hpp"
#include "ops/target.hpp"
#include "store/blob_sweep.hpp"
#include "store/link_target.hpp"
#include "store/snapshot_writer.hpp"
#include "store/store.hpp"
#include "transfer/cache_destination.hpp"

#include <larder/base/log.hpp>
#include <larder/repo/repo_path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace larder::ops {
namespace {

using store::Finding;
using store::ProblemKind;

bool is_about_bytes(ProblemKind kind) {
  return kind == ProblemKind::Digest || kind == ProblemKind::Size || kind == ProblemKind::Missing || kind == ProblemKind::Misnamed ||
         kind == ProblemKind::Empty;
}

/// "snapshots/<commit>/<path>" of a finding's path, or nothing.
struct EntryPath {
  repo::CommitId commit;
  std::string path;
};
std::optional<EntryPath> entry_of(const Finding& finding) {
  constexpr std::string_view kStart = "/snapshots/";
  const std::size_t start = finding.path.find('/');
  if (start == std::string::npos || finding.path.compare(start, kStart.size(), kStart) != 0) return std::nullopt;
  const std::string_view rest = std::string_view(finding.path).substr(start + kStart.size());
  const std::size_t slash = rest.find('/');
  const auto commit = repo::CommitId::parse(rest.substr(0, slash));
  if (!commit || slash == std::string_view::npos) return std::nullopt;
  return EntryPath{*commit, std::string(rest.substr(slash + 1))};
}

/// The damage of one repository.
class RepoRepair {
 public:
  RepoRepair(Services& services, const CacheVerifyOptions& options, const repo::RepoId& repo, const CancelToken& cancel)
      : services_(services), options_(options), cancel_(cancel), repo_(repo), layout_(services.store.layout(repo)) {}

  void add(Finding& finding) { findings_.push_back(&finding); }

  Result<void> run() {
    LARDER_CHECK(remove_unlinked());
    LARDER_TRY(const auto commits, snapshots());
    for (const repo::CommitId& commit : commits) {
      if (!has_work()) break;
      LARDER_CHECK(repair_commit(commit));
    }
    return {};
  }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  [[nodiscard]] bool has_work() const {
    return std::any_of(findings_.begin(), findings_.end(), [](const Finding* finding) { return !finding->is_repaired; });
  }

  Result<std::vector<repo::CommitId>> snapshots() {
    std::vector<repo::CommitId> commits;
    LARDER_TRY(const auto names, services_.disk.list(layout_.snapshots()));
    for (const std::string& name : names) {
      if (const auto commit = repo::CommitId::parse(name)) commits.push_back(*commit);
    }
    return commits;
  }

  /// Wrong bytes that no snapshot leads to serve nobody, and a later pull would trust their name.
  Result<void> remove_unlinked() {
    store::Reachability reachability(services_.store, layout_);
    store::RemovalSteps steps(services_.clock, services_.progress);
    LARDER_CHECK(reachability.refresh(steps, cancel_));
    store::BlobSweep sweep(services_.store, layout_, steps, cancel_);
    std::vector<Finding*> removed;
    for (Finding* finding : findings_) {
      const bool is_blob = finding->path == layout_.folder() + "/blobs/" + finding->blob;
      if (!is_blob || finding->kind == ProblemKind::Missing || reachability.reaches(finding->blob)) continue;
      sweep.add(finding->blob);
      removed.push_back(finding);
    }
    LARDER_CHECK(sweep.run());
    LARDER_CHECK(sweep.let_go());  // nobody gets damaged bytes back
    for (Finding* finding : removed) {
      LARDER_TRY(const auto facts, services_.disk.look(layout_.blob(finding->blob)));
      finding->is_repaired = !facts;
    }
    return {};
  }

  /// Everything this commit's listing can put right. The listing comes from the cache, else from the Hub.
  Result<void> repair_commit(const repo::CommitId& commit) {
    TargetQuestion question;
    question.repo = repo_;
    LARDER_TRY(question.revision, repo::Revision::parse(commit.hex()));
    auto target = find_target(services_, question, cancel_);
    if (!target || !target->tree) {
      if (cancel_.is_cancelled()) return fail(cancel_.error());
      if (!target) failure_ = target.error();
      return {};
    }
    LARDER_CHECK(fetch_blobs(commit, *target->tree));
    return relink(commit, *target->tree);
  }

  std::set<std::string> damaged_blobs() const {
    std::set<std::string> blobs;
    for (const Finding* finding : findings_) {
      if (!finding->is_repaired && is_about_bytes(finding->kind) && !finding->blob.empty()) blobs.insert(finding->blob);
    }
    return blobs;
  }

  Result<void> fetch_blobs(const repo::CommitId& commit, const repo::Tree& tree) {
    std::set<std::string> wanted = damaged_blobs();
    RefetchOrder order{repo_, commit, &tree, options_.mirrors, {}, options_.engine};
    for (std::uint32_t i = 0; i < tree.size() && !wanted.empty(); ++i) {
      if (wanted.erase(tree.at(i).blob_name()) > 0) order.chosen.push_back(i);
    }
    if (order.chosen.empty()) return {};
    LARDER_CHECK(services_.store.prepare(layout_));
    transfer::CacheDestination destination(services_.store, layout_, commit,
                                           {.force = true, .lock_timeout = options_.engine.lock_timeout, .cancel = cancel_});
    transfer::EngineReport fetched;
    LARDER_TRY(const auto right, refetch(services_, order, destination, fetched, cancel_));
    for (const std::uint32_t index : right) mark_blob(tree.at(index).blob_name());
    if (!fetched.failures.empty()) failure_ = fetched.failures.error(0);
    return {};
  }

  void mark_blob(const std::string& blob) {
    for (Finding* finding : findings_) {
      if (!is_about_bytes(finding->kind) || finding->blob != blob) continue;
      finding->is_repaired = true;
      if (const auto entry = entry_of(*finding)) relinks_.insert({entry->commit.hex(), entry->path});
    }
  }

  /// Wrong links to listed files, and copies whose blob has just come: linked to the blob that the listing names, if it is here.
  Result<void> relink(const repo::CommitId& commit, const repo::Tree& tree) {
    std::optional<store::SnapshotWriter> writer;
    for (Finding* finding : findings_) {
      const auto entry = entry_of(*finding);
      const bool is_copy = entry && relinks_.contains({entry->commit.hex(), entry->path});
      const bool is_link = finding->kind == ProblemKind::Link && !finding->is_repaired;
      if (!entry || entry->commit != commit || !(is_copy || is_link)) continue;
      const auto index = tree.find(entry->path);
      if (!index || !repo::check_name(entry->path, repo::NamePlace::Cache)) continue;
      const repo::FileEntry file = tree.at(*index);
      LARDER_TRY(const auto blob, services_.disk.look_through(layout_.blob(file.blob_name())));
      if (!blob || blob->size != file.size) continue;
      if (!writer) writer.emplace(services_.store, layout_, commit);
      LARDER_CHECK(writer->place(file.path, file.blob_name(), store::BlobOrigin::WasHere));
      finding->is_repaired = true;
    }
    return writer ? writer->sync() : Result<void>{};
  }

  Services& services_;
  const CacheVerifyOptions& options_;
  const CancelToken& cancel_;
  repo::RepoId repo_;
  store::RepoLayout layout_;
  std::vector<Finding*> findings_;
  std::set<std::pair<std::string, std::string>> relinks_;  // (commit, path) of copies whose bytes were wrong
  std::optional<Error> failure_;
};

}  // namespace

Result<void> repair_cache(Services& services, const CacheVerifyOptions& options, store::VerifyReport& report, const CancelToken& cancel) {
  std::map<repo::RepoId, RepoRepair> repairs;
  for (Finding& finding : report.findings) {
    if (!finding.repo || !store::is_damage(finding.kind)) continue;
    const auto [place, is_new] = repairs.try_emplace(*finding.repo, services, options, *finding.repo, cancel);
    place->second.add(finding);
  }
  std::optional<Error> failure;
  for (auto& [repo, repair] : repairs) {
    if (auto done = repair.run(); !done) {
      if (cancel.is_cancelled()) return done;
      failure = done.error();
    }
    if (repair.failure()) failure = repair.failure();
  }
  return conclude_repair(report, std::move(failure));
}

Result<void> conclude_repair(const store::VerifyReport& report, std::optional<Error> failure) {
  if (!failure) return {};
  const auto is_repaired = [](const Finding& one) { return one.is_repaired; };
  if (std::none_of(report.findings.begin(), report.findings.end(), is_repaired)) return fail(std::move(*failure));
  log::warn("repair: " + failure->text());
  return {};
}

}  // namespace larder::ops
