// Target: the commit a reference means, and its tree, from the cache or from the Hub.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>
#include <larder/repo/tree.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

struct TargetQuestion {
  repo::RepoId repo;
  repo::Revision revision;
  bool offline = false;
  std::optional<std::string> local_dir = std::nullopt;  ///< a folder of `pull --local-dir`, whose listings are known too (R-601)
  std::string path = {};                                ///< what was written behind the revision; only for advice
  bool lists_anew = false;                              ///< a cached listing is not believed
};

struct Target {
  repo::ResolvedRevision resolved;
  std::optional<repo::Tree> tree;  ///< nullopt only offline, when no listing is cached
  bool tree_is_new = false;        ///< came from the Hub in this run: worth writing to trees/
  std::vector<std::string> warnings;
};

/// Revision → commit. A full commit needs no asking; offline the cache decides, trimmed refs.
/// Errors: as HubClient::resolve_revision; NotInCache offline; network errors get a hint to --offline when the cache could serve.
Result<repo::ResolvedRevision> find_commit(Services& services, const TargetQuestion& question, const CancelToken& cancel);

/// That the Hub calls it by another name now (T18, R-206); else none.
std::vector<std::string> moved_warnings(const TargetQuestion& question, const repo::ResolvedRevision& resolved);

/// The same with the tree: trees/<commit>.json first (a commit never changes), then the Hub. Offline: as if not `lists_anew`.
Result<Target> find_target(Services& services, const TargetQuestion& question, const CancelToken& cancel);

/// What is missing of a target without a tree: NotInCache.
tl::unexpected<Error> no_listing();
/// For those who can do nothing without the tree.
Result<Target> find_listed_target(Services& services, const TargetQuestion& question, const CancelToken& cancel);

/// "org/name@main", as messages name it.
std::string object_name(const repo::RepoId& repo, const repo::Revision& revision);

}  // namespace larder::ops
