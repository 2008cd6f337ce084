// The settings table: one row per setting. Flags, `larder env`, the manual, the completion scripts and docs/settings.md are made from it.
#pragma once

#include <larder/config/settings.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace larder::config {

/// How a value is written and checked.
enum class Kind {
  Path,      ///< `~` and `$VAR` are expanded, relative ones made absolute
  Place,     ///< a path that is taken as written
  Endpoint,  ///< one http(s) URL, trailing "/" cut
  Urls,      ///< several http(s) URLs
  Proxy,     ///< text that may hold a password: never shown
  Switch,    ///< yes or no
  Count,     ///< a whole number
  Size,      ///< bytes: 50M, 64KiB
  Duration,  ///< seconds: 30, 5m
  Choice,    ///< one of `choices`
  Text,
};

/// Who may set a value besides the flag and the environment.
enum class SetBy {
  AnyFile,      ///< the project file and the user file
  UserFile,     ///< never the project file: it may come with other people's work
  Environment,  ///< no file and no flag
};

using Field = std::variant<std::string Settings::*, bool Settings::*, int Settings::*, std::uint64_t Settings::*,
                           std::chrono::seconds Settings::*, std::vector<std::string> Settings::*>;

/// One setting. Views point to static text; empty ones mean "has none".
struct Row {
  std::string_view key;  ///< in files and in `larder env`
  Field field = &Settings::endpoint;
  Kind kind = Kind::Text;
  SetBy set_by = SetBy::AnyFile;
  std::string_view variable = {};                  ///< LARDER_…
  std::array<std::string_view, 4> hub_names = {};  ///< further variables, in order of precedence
  std::string_view flag = {};                      ///< "--jobs"
  std::string_view metavar = {};                   ///< "N"
  std::string_view help = {};                      ///< one line, lower case, no full stop
  std::string_view default_text = {};              ///< as the manual says it
  std::string_view choices = {};                   ///< separated by "|"
  std::int64_t least = 0;                          ///< smallest number allowed
  std::int64_t most = INT64_MAX;                   ///< largest number allowed
};

/// All rows, in the order of the manual. Thread: any.
std::span<const Row> table();
/// Position in table() of `key`; nullopt: no such setting.
std::optional<std::size_t> find_row(std::string_view key);

/// A value as text ("true", "50000000", "a b"); passwords in URLs are cut.
std::string show(const Settings& settings, const Row& row);

}  // namespace larder::config
