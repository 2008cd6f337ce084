// Every URL of the Hub that larder asks, in one place. Source: docs/hub-protocol.md.
#pragma once

#include <larder/base/url.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

#include <string>
#include <string_view>

namespace larder::hub {

/// How much a revision answer is to say.
enum class Detail {
  Plain,  ///< all the server likes to tell: what every mirror understands
  Brief,  ///< `expand=sha`: id and commit only (R-208, R-209)
};

// All: errors InvalidArgument, for an endpoint that can't be extended. The repository id is put in as it is, all else is quoted
//

/// `{endpoint}/api/{type}s/{id}/revision/{rev}`.
Result<Url> revision_url(const Url& endpoint, const repo::RepoId& repo, const repo::Revision& revision, Detail detail);
/// `{endpoint}/api/{type}s/{id}/tree/{commit}?recursive=true&expand=false`: the first page.
Result<Url> tree_url(const Url& endpoint, const repo::RepoId& repo, const repo::CommitId& commit);
/// `{endpoint}/api/{type}s/{id}/refs?include_prs=1`.
Result<Url> refs_url(const Url& endpoint, const repo::RepoId& repo);
/// `{endpoint}/api/{type}s/{id}/commits/{rev}`: the first page.
Result<Url> commits_url(const Url& endpoint, const repo::RepoId& repo, std::string_view revision);
/// `{endpoint}/api/whoami-v2`.
Result<Url> whoami_url(const Url& endpoint);
/// `{endpoint}/{prefix}{id}/resolve/{commit}/{path}`.
Result<Url> resolve_url(const Url& endpoint, const repo::RepoId& repo, const repo::CommitId& commit, std::string_view path);
/// `{endpoint}/{prefix}{id}`: the repository's page for people.
std::string page_url(const Url& endpoint, const repo::RepoId& repo);

}  // namespace larder::hub
