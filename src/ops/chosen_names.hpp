// May the chosen names be written where they go? Judged before a byte is fetched.
#pragma once

#include <larder/base/result.hpp>
#include <larder/repo/repo_path.hpp>
#include <larder/repo/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace larder::ops {

/// What fits into the destination, in bytes.
struct NameRoom {
  std::size_t path = 0;    ///< a whole path below the destination folder
  std::size_t part = 255;  ///< one name, as its file system takes it
};

/// Judges the chosen names for the place they go to (T1–T7, T9), in a local folder also against what it keeps of each file. Errors:
/// UnsafePath naming every bad name, escaped.
Result<void> judge_names(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen, repo::NamePlace place, NameRoom room);

/// Judges names that larder itself makes of a reference: the repository's folder, a branch. `name` may have several parts. Errors:
/// UnsafePath.
Result<void> judge_length(std::string_view name, NameRoom room);

}  // namespace larder::ops
