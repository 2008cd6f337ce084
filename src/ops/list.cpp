#include <larder/ops/list.hpp>

#include "ops/selection.hpp"
#include "ops/target.hpp"

namespace larder::ops {

Result<ResolveReport> resolve(Services& services, const repo::Reference& reference, bool offline, const CancelToken& cancel) {
  const TargetQuestion question{reference.repo, reference.revision.value_or(repo::Revision()), offline, {}, reference.path};
  const auto object = "resolve " + object_name(question.repo, question.revision);
  LARDER_TRY(auto resolved, with_context(find_commit(services, question, cancel), object));
  auto warnings = moved_warnings(question, resolved);
  return ResolveReport{reference.repo, std::move(resolved.canonical_id), question.revision.text(), resolved.commit, std::move(warnings)};
}

Result<FilesReport> list_files(Services& services, const repo::Reference& reference, const repo::PathFilter& filter, bool offline,
                               const CancelToken& cancel) {
  const TargetQuestion question{reference.repo, reference.revision.value_or(repo::Revision()), offline, {}, reference.path};
  const auto object = "files " + object_name(question.repo, question.revision);
  LARDER_TRY(auto target, with_context(find_listed_target(services, question, cancel), object));
  PullOptions options;
  options.reference = reference;
  LARDER_TRY(auto selection, with_context(select_files(*target.tree, options), object));
  FilesReport report;
  report.resolved = {reference.repo, target.resolved.canonical_id, question.revision.text(), target.resolved.commit,
                     std::move(target.warnings)};
  for (const auto index : selection.chosen) {
    if (filter.keeps(target.tree->at(index).path)) report.chosen.push_back(index);
  }
  report.tree = std::move(*target.tree);
  return report;
}

}  // namespace larder::ops
