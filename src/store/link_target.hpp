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

}  // namespace larder::store
