#include "hub/endpoints.hpp"

#include <fmt/format.h>

namespace larder::hub {
namespace {

std::string api_of(const Url& endpoint, const repo::RepoId& repo) {
  return fmt::format("{}/api/{}/{}", endpoint.base(), plural(repo.type()), repo.id());
}

}  // namespace

Result<Url> revision_url(const Url& endpoint, const repo::RepoId& repo, const repo::Revision& revision, Detail detail) {
  return Url::parse(fmt::format("{}/revision/{}{}", api_of(endpoint, repo), percent_encode(revision.text()),
                                detail == Detail::Brief ? "?expand=sha" : ""));
}

Result<Url> tree_url(const Url& endpoint, const repo::RepoId& repo, const repo::CommitId& commit) {
  return Url::parse(fmt::format("{}/tree/{}?recursive=true&expand=false", api_of(endpoint, repo), commit.hex()));
}

Result<Url> refs_url(const Url& endpoint, const repo::RepoId& repo) { return Url::parse(api_of(endpoint, repo) + "/refs?include_prs=1"); }

Result<Url> commits_url(const Url& endpoint, const repo::RepoId& repo, std::string_view revision) {
  return Url::parse(fmt::format("{}/commits/{}", api_of(endpoint, repo), percent_encode(revision)));
}

Result<Url> whoami_url(const Url& endpoint) { return Url::parse(endpoint.base() + "/api/whoami-v2"); }

std::string page_url(const Url& endpoint, const repo::RepoId& repo) { return endpoint.base() + "/" + repo.text(); }

Result<Url> resolve_url(const Url& endpoint, const repo::RepoId& repo, const repo::CommitId& commit, std::string_view path) {
  return Url::parse(
      fmt::format("{}/{}{}/resolve/{}/{}", endpoint.base(), url_prefix(repo.type()), repo.id(), commit.hex(), percent_encode_path(path)));
}

}  // namespace larder::hub
