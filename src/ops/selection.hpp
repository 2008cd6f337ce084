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

}  // namespace larder::ops
