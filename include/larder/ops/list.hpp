// resolve and files: questions about a repository that change nothing.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/path_filter.hpp>
#include <larder/repo/reference.hpp>
#include <larder/repo/tree.hpp>

namespace larder::ops {

struct ResolveReport {
  repo::RepoId repo;
  std::string canonical_id;
  std::string requested;
  repo::CommitId commit;
  std::vector<std::string> warnings = {};  ///< the repository has moved
};
/// Revision → commit; offline from refs/ and snapshots/. Errors: as HubClient::resolve_revision; NotInCache offline.
Result<ResolveReport> resolve(Services& services, const repo::Reference& reference, bool offline, const CancelToken& cancel);

struct FilesReport {
  ResolveReport resolved;
  repo::Tree tree;
  std::vector<std::uint32_t> chosen;  ///< indices in the tree, ascending
};
/// The files at a revision (below the reference's path, passing the filter).
Result<FilesReport> list_files(Services& services, const repo::Reference& reference, const repo::PathFilter& filter, bool offline,
                               const CancelToken& cancel);

}  // namespace larder::ops
