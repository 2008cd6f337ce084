#include "ops/cached_revision.hpp"

#include "base/escape.hpp"
#include "store/ref_store.hpp"
#include "store/store.hpp"

#include <fmt/format.h>

namespace larder::ops {
namespace {

tl::unexpected<Error> not_here(const repo::Reference& reference) {
  return fail(ErrorCode::NotInCache, fmt::format("{}: not in the cache", escape_text(repo::text(reference))),
              "see `larder cache ls --revisions`");
}

Result<bool> has_snapshot(Services& services, const store::RepoLayout& layout, const repo::CommitId& commit) {
  LARDER_TRY(const auto facts, services.disk.look(layout.snapshot(commit)));
  return facts && facts->kind == fs::FileKind::Folder;
}

/// The only commit in snapshots/, if there is exactly one.
Result<std::optional<repo::CommitId>> only_snapshot(Services& services, const store::RepoLayout& layout) {
  LARDER_TRY(const auto names, services.disk.list(layout.snapshots()));
  std::optional<repo::CommitId> only;
  for (const std::string& name : names) {
    const auto commit = repo::CommitId::parse(name);
    if (commit && only) return std::optional<repo::CommitId>{};
    if (commit) only = commit;
  }
  return only;
}

}  // namespace

Result<repo::CommitId> find_cached_commit(Services& services, const repo::Reference& reference) {
  LARDER_CHECK(services.store.check_root());
  const store::RepoLayout layout = services.store.layout(reference.repo);
  const repo::Revision revision = reference.revision.value_or(repo::Revision());
  LARDER_TRY(const auto named, store::read_ref(services.store, layout, revision));
  if (named) {
    LARDER_TRY(const bool is_here, has_snapshot(services, layout, *named));
    if (is_here) return *named;
  }
  if (!reference.revision) {
    LARDER_TRY(const auto only, only_snapshot(services, layout));
    if (only) return *only;
  }
  if (!revision.may_be_short_commit()) return not_here(reference);
  LARDER_TRY(const auto commits, store::commits_with_prefix(services.store, layout, revision.text()));
  if (commits.size() > 1) {
    return fail(ErrorCode::RevisionNotFound, fmt::format("{}: fits several cached commits", escape_text(repo::text(reference))));
  }
  if (commits.empty()) return not_here(reference);
  LARDER_TRY(const bool is_here, has_snapshot(services, layout, commits.front()));
  return is_here ? Result<repo::CommitId>(commits.front()) : not_here(reference);
}

}  // namespace larder::ops
