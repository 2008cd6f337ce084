// repair_local_dir: a --local-dir folder.
#include "base/escape.hpp"
#include "ops/refetch.hpp"
#include "ops/repair.hpp"
#include "ops/target.hpp"
#include "store/local_dir.hpp"
#include "store/store.hpp"
#include "transfer/local_dir_destination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace larder::ops {
namespace {

constexpr std::uint64_t kMaxMetadata = 64 * 1024;

/// The commit a file was downloaded from; nullopt: the user changed the file since, or nothing is known of it.
Result<std::optional<repo::CommitId>> commit_of(Services& services, const store::LocalDirLayout& layout, const std::string& path) {
  LARDER_TRY(const auto facts, services.disk.look(layout.file(path)));
  if (facts && facts->kind == fs::FileKind::Regular) {
    LARDER_TRY(const auto valid, store::read_valid_metadata(services.disk, layout, path, *facts));
    return valid ? repo::CommitId::parse(valid->commit) : std::nullopt;
  }
  if (facts) return std::optional<repo::CommitId>{};  // a link, somebody else's work
  LARDER_TRY(const auto text, services.disk.read_small(layout.metadata(path), kMaxMetadata));
  const auto metadata = text ? store::parse_metadata(*text) : std::nullopt;
  return metadata ? repo::CommitId::parse(metadata->commit) : std::nullopt;
}

using ByCommit = std::map<repo::CommitId, std::vector<store::Finding*>>;

Result<ByCommit> group(Services& services, const store::LocalDirLayout& layout, store::VerifyReport& report) {
  ByCommit groups;
  for (store::Finding& finding : report.findings) {
    if (!store::is_damage(finding.kind) || finding.blob.empty()) continue;
    LARDER_TRY(const auto commit, commit_of(services, layout, finding.path));
    if (commit) groups[*commit].push_back(&finding);
  }
  return groups;
}

Result<void> repair_commit(Services& services, const CacheVerifyOptions& options, const repo::CommitId& commit,
                           const std::vector<store::Finding*>& findings, const CancelToken& cancel) {
  const store::LocalDirLayout layout(*options.local_dir);
  TargetQuestion question;
  question.repo = options.references.front().repo;
  LARDER_TRY(question.revision, repo::Revision::parse(commit.hex()));
  question.local_dir = layout.folder();
  LARDER_TRY(const auto target, find_listed_target(services, question, cancel));
  RefetchOrder order{question.repo, commit, &*target.tree, options.mirrors, {}, options.engine};
  std::map<std::uint32_t, store::Finding*> by_index;
  for (store::Finding* finding : findings) {
    if (const auto index = target.tree->find(finding->path)) by_index[static_cast<std::uint32_t>(*index)] = finding;
  }
  for (const auto& [index, finding] : by_index) order.chosen.push_back(index);
  transfer::LocalDirOptions folder;
  folder.folder = *options.local_dir;
  folder.overwrite = true;  // what the user changed was left out above
  folder.force = true;
  transfer::LocalDirDestination destination(services.store, question.repo, commit, folder);
  transfer::EngineReport fetched;
  LARDER_TRY(const auto right, refetch(services, order, destination, fetched, cancel));
  for (const std::uint32_t index : right) by_index[index]->is_repaired = true;
  if (right.empty() && !fetched.failures.empty()) return fail(fetched.failures.error(0));
  return {};
}

}  // namespace

Result<void> repair_local_dir(Services& services, const CacheVerifyOptions& options, store::VerifyReport& report,
                              const CancelToken& cancel) {
  if (!report.has_damage()) return {};
  if (options.references.size() != 1) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}: which repository it came from is not written in it", escape_text(*options.local_dir)),
                "name it: larder cache verify --repair --local-dir DIR org/name");
  }
  LARDER_TRY(const auto groups, group(services, store::LocalDirLayout(*options.local_dir), report));
  std::optional<Error> failure;
  for (const auto& [commit, findings] : groups) {  // one that fails hides none of the others
    auto repaired = repair_commit(services, options, commit, findings, cancel);
    if (cancel.is_cancelled()) return fail(cancel.error());
    if (!repaired) failure = std::move(repaired.error());
  }
  return conclude_repair(report, std::move(failure));
}

}  // namespace larder::ops
