// Sources that answer `resolve`: the Hub's endpoint, and mirrors of it.
#pragma once

#include "transfer/source.hpp"

#include <larder/hub/hub_client.hpp>

#include <memory>
#include <string>

namespace larder::transfer {

/// The endpoint itself, with its token. `object`: what the user asked for ("org/name@main"), put before its messages; empty where the
/// caller names it.
std::unique_ptr<BlobSource> make_hub_source(const hub::HubOptions& options, const repo::RepoId& repo, const repo::CommitId& commit,
                                            std::string object);

/// A `--mirror` at `base`. It gets the endpoint's token only if it has the endpoint's origin (T47).
std::unique_ptr<BlobSource> make_mirror_source(const Url& base, const hub::HubOptions& endpoint, const repo::RepoId& repo,
                                               const repo::CommitId& commit, std::string object);

}  // namespace larder::transfer
