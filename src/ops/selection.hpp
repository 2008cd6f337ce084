// Selection: which files of a tree a pull is about. Pure.
#pragma once

#include <larder/ops/pull.hpp>

namespace larder::ops {

/// The chosen files and what to say about the others.
struct Selection {
  std::vector<std::uint32_t> chosen;    ///< indices in the tree, ascending, unique
  std::vector<repo::LeftOut> left_out;  ///< by --prefer
  std::vector<std::string> warnings;
  bool is_single_file = false;  ///< exactly one file was asked for by FILE or PATH, and it is a file
};

/// Applies PATH, FILE…, :QUANT, --include/--exclude, --prefer, --no-pickle, in this order. Errors: EntryNotFound (every FILE that the
/// commit lacks is in the message), InvalidArgument (several quantisations), RefusedByPolicy (pickles listed).
Result<Selection> select_files(const repo::Tree& tree, const PullOptions& options);

/// FILE and PATH arguments that name nothing in the tree: those get a .no_exist marker.
std::vector<std::string> missing_files(const repo::Tree& tree, const PullOptions& options);

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
