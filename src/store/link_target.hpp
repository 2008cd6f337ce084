// Where a snapshot link leads, read from its text alone.
#pragma once

#include <larder/store/layout.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::store {

enum class LinkKind : std::uint8_t {
  Blob,       ///< an entry of this repository's blobs/
  Elsewhere,  ///< inside the repository, but no blob
  Outside,    ///< leaves the repository's folder
};

/// The first hop of a link: never more than its text, so nothing is followed.
struct LinkTarget {
  LinkKind kind = LinkKind::Outside;
  std::string name;           ///< Blob: its name
  std::string path;           ///< else: the absolute path, "." and ".." taken out by text
  bool is_canonical = false;  ///< exactly as R-515 writes it
  bool is_absolute = false;   ///< the text begins with "/"
};

/// `entry`: path of the link relative to the repository's folder, "snapshots/<commit>/<path>". Pure.
LinkTarget classify_link(const RepoLayout& layout, std::string_view entry, std::string_view text);

/// 40 or 64 lower-case hex digits: the name of a blob whose bytes can be judged (I1).
bool is_digest_name(std::string_view name);

/// Names other clients leave in blobs/ while they work. Pure.
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

}  // namespace larder::store
