// Near names: which files of a commit a mistyped name may have meant.
#pragma once

#include <larder/repo/tree.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::ops {

/// Those written with other letter cases, else those of that name in other folders, else the one spelled nearest; at most three. Pure.
std::vector<std::string> near_names(const repo::Tree& tree, std::string_view name);

}  // namespace larder::ops
