// Leftovers of a repository: unfinished downloads and temporary files, and which of them are dead (docs/cache-layout.md "Whose turn it is
// to delete").
#pragma once

#include "store/lease.hpp"

#include <larder/store/inventory.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// After this time nobody can still mean to use a foreign temp, or one of ours whose lease is void.
constexpr std::chrono::hours kTempGrace{24};
/// After this time a partial of a dead run is not worth keeping for a resume.
constexpr std::chrono::hours kPartialGrace{24 * 7};
/// A blob no snapshot leads to may be just about to be linked by a client that takes no lease (C7).
constexpr std::chrono::hours kBlobGrace{24};

enum class Deadness { NotAsked, Judged };

/// Is `name` one that a blob has in `.larder/tmp/`: "<blob>.<run>"? A pull's, on its way in, or one that a removal put aside (BlobSweep).
/// Pure.
bool is_blob_aside(std::string_view name);

/// What lies in `.larder/` of the repository: partial/, tmp/, void leases, removals that were cut off. Sizes are bytes on disk.
Result<std::vector<Leftover>> scan_own_leftovers(Store& store, const RepoLayout& layout, Deadness deadness);

/// One of them, `below`: relative to `.larder/`, judged as it is now. nullopt: it is gone, or nothing of ours.
Result<std::optional<Leftover>> judge_own_leftover(Store& store, const RepoLayout& layout, std::string_view below);

/// One temporary file of another client, `name` in blobs/ (R-517, R-518, R-522), or a ref's. `relative`: path from the cache root.
/// Dead after 24 h when nobody holds a lock on it or on its blob (R-519, C14).
Leftover judge_foreign_temp(Store& store, const RepoLayout& layout, std::string relative, const fs::FileFacts& facts, Deadness deadness);

/// Is `relative`, a path below the cache's root, a temp of the shared store by its name: the marker's or a manifest's? Pure.
bool is_store_temp(std::string_view relative);
/// One of those. Dead after 24 h, when nobody holds the payload's lock.
Leftover judge_store_temp(Store& store, std::string relative, const fs::FileFacts& facts, Deadness deadness);

/// Is `relative`, a path below the cache's root, the manifest of a payload: "blobs/<2 hex>/<XET>.refs"? Pure.
bool is_manifest(std::string_view relative);

/// Folders `.locks/.larder-new.<run>/`: repositories whose making was cut off (step 0). Dead with their owner, or after 24 h.
Result<std::vector<Leftover>> scan_unfinished_repos(Store& store, Deadness deadness);

}  // namespace larder::store
