#include "ops/sources.hpp"

#include "transfer/resolve_source.hpp"

#include <larder/base/url.hpp>
#include <larder/hub/hub_client.hpp>

namespace larder::ops {

Result<Sources> make_sources(Services& services, const std::vector<std::string>& mirrors, const repo::RepoId& repo,
                             const repo::CommitId& commit, const std::string& object) {
  Sources sources;
  for (const auto& mirror : mirrors) {
    LARDER_TRY(auto base, Url::parse(mirror));
    sources.push_back(transfer::make_mirror_source(base, services.hub.options(), repo, commit, object));
  }
  sources.push_back(transfer::make_hub_source(services.hub.options(), repo, commit, object));
  return sources;
}

}  // namespace larder::ops
