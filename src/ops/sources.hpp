// Where the bytes of a repository's files come from.
#pragma once

#include "ops/target.hpp"
#include "transfer/source.hpp"

#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

#include <memory>
#include <string>
#include <vector>

namespace larder::ops {

using Sources = std::vector<std::unique_ptr<transfer::BlobSource>>;

/// The mirrors (base URLs) in the order given, then the Hub: who names a mirror wants it used, and the Hub is where all else fails over to.
/// `object`: how messages name what is fetched. Errors: InvalidArgument for a URL that is none.
Result<Sources> make_sources(Services& services, const std::vector<std::string>& mirrors, const repo::RepoId& repo,
                             const repo::CommitId& commit, const std::string& object);

}  // namespace larder::ops
