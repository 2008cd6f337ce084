// load: defaults, user file, project file, environment, flags, in this order; every value keeps its origin.
#pragma once

#include <larder/base/result.hpp>
#include <larder/config/settings.hpp>

#include <map>
#include <string>
#include <vector>

namespace larder::config {

/// Variables by name.
using Variables = std::map<std::string, std::string, std::less<>>;
/// The process's environment: the only place of the program that reads it.
Variables process_environment();

/// Settings given as flags: key → words as typed (one, but for lists). A switch has the word "true".
using FlagValues = std::map<std::string, std::vector<std::string>, std::less<>>;

struct LoadInputs {
  Variables environment;
  std::string working_folder;  ///< absolute; empty: it is gone, then there is no project file
  std::string account_home;    ///< home folder by the password file, for when HOME is unset
  FlagValues flags;
};
/// Of this process, without flags.
LoadInputs process_inputs();

/// What `larder env` shows besides the settings. Absolute paths; empty: none.
struct Places {
  std::string home;
  std::string hf_home;
  std::string user_config;     ///< where it would be, whether there or not
  std::string project_config;  ///< the nearest larder.toml; empty: there is none
};

struct Loaded {
  Settings settings;
  std::vector<Source> sources;  ///< one per row of table()
  Places places;
  TerminalFacts terminal;
  std::vector<std::string> warnings;  ///< for stderr

  /// Source of `key`, which must be one of the table's.
  [[nodiscard]] const Source& source(std::string_view key) const;
};

/// Reads the two configuration files and judges everything. Errors: InvalidConfig (a file or a variable; the message begins with its
/// name and line), InvalidArgument (a flag).
Result<Loaded> load(const LoadInputs& inputs);

}  // namespace larder::config
