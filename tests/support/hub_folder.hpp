// Repositories of a fake Hub read from folders: descriptions in repo.json, or any folder as it is.
#pragma once

#include "support/hub_repo.hpp"

#include <string>
#include <utility>
#include <vector>

namespace larder::test {

/// What a root folder holds: `<root>/<type>s/<org>/<name>/repo.json`.
struct HubFolder {
  std::vector<HubRepo> repos;
  struct Move {
    std::string type, from, to;
  };
  std::vector<Move> moves;
};

/// Reads all descriptions below `root`. Each repo.json has
///   "commits": [{"title": …, "id": 40 hex (optional), "from": index of the commit it builds on (optional), "branch": "main" (optional),
///               "files": [{"folder": F} | {"path": P, "source": F} | {"path": P, "text": T} | {"path": P, "size": N, "seed": S}]}, …]
///   "branches", "tags", "refs": {name: index of a commit};  "access": "public" | "gated" | "private" | "disabled";
///   "moved_to": "other/name" instead of all that.
/// Files and folders are relative to the description; "lfs": true | false overrides suffix and size, "xet": 64 hex is listed as its Xet
/// hash; a folder's files keep their names.
/// Throws std::runtime_error naming the file that is wrong.
HubFolder read_hub_folder(const std::string& root);

/// Every file below `folder` as one commit of the repository `id`.
HubRepo repo_of_folder(const std::string& folder, const std::string& id, const std::string& type = "model");

}  // namespace larder::test
