// entry_name: what the name of an entry in the cache says about it, whichever client made it. Pure.
#pragma once

#include <larder/repo/revision.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace larder::store {

/// 40 or 64 lower-case hex digits: the name of a blob whose bytes can be judged (I1).
bool is_digest_name(std::string_view name);

/// Names other clients leave in blobs/ while they work.
enum class BlobsName : std::uint8_t { Digest, Incomplete, Temporary, Other };
BlobsName classify_blobs_name(std::string_view name);
/// The blob that a temporary name belongs to; empty: cannot be told.
std::string_view blob_of_temporary(std::string_view name);

/// "<ref>.<8 hex>.tmp", the Python client's temporary ref.
bool is_temporary_ref(std::string_view name);
/// "tmp????????.tmp", the Python client's temporary listing in trees/ (R-531).
bool is_temporary_tree(std::string_view name);
/// Names file managers leave behind, which scans pass over at the root, in refs/ and in snapshots/ (R-801).
bool is_helper_name(std::string_view name);
/// The commit that `name`, an entry of trees/, is the listing of: "<commit>.json"; nullopt: no listing.
std::optional<repo::CommitId> commit_of_listing(std::string_view name);

}  // namespace larder::store
