// Fields that several documents share.
#pragma once

#include "cli/json_writer.hpp"

#include <larder/repo/repo_id.hpp>

#include <string_view>

namespace larder::cli {

/// `"repo":{"type":"model","id":"org/name"}`, with "canonical" when that is not empty.
void write_repo(JsonWriter& json, const repo::RepoId& repo, std::string_view canonical = {});

}  // namespace larder::cli
