// The configuration files (TOML), read but not judged.
#pragma once

#include "config/assign.hpp"

#include <larder/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::config {

/// One key at the top level of a file.
struct FileValue {
  std::string key;
  std::optional<Value> value;  ///< nullopt: of a kind no setting has (float, date, table, mixed array)
  std::size_t line = 0;        ///< 1-based
};

/// All top-level keys but `model` and `remote`, which later commands read; those are checked for their shape only ([[model]],
/// [remote.NAME]). `name`: the file's path, for messages. Errors: InvalidConfig, "NAME:LINE: reason".
Result<std::vector<FileValue>> parse_file(std::string_view text, const std::string& name);

/// The nearest larder.toml from `folder` up to and including the first folder with `.git`, `home` or `/`; empty: none. `folder` is
/// absolute.
std::string find_project_file(const std::string& folder, const std::string& home);

}  // namespace larder::config
