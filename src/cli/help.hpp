// Help texts: made from the tables, examples first.
#pragma once

#include "cli/command.hpp"

#include <string>

namespace larder::cli {

/// `larder --help`.
std::string program_help();
/// `larder cache --help`.
std::string group_help(const GroupRow& group);
/// `larder pull --help`.
std::string command_help(const CommandRow& command, const Flags& flags);

/// "larder pull [flags] REF [FILE…]"
std::string usage_line(const CommandRow& command, const Flags& flags);
/// "--repo-type, --type TYPE"
std::string flag_title(const FlagRow& row);
/// Help, choices and default in one line: "how to show progress: auto bar plain (default: auto)".
std::string flag_text(const FlagRow& row);

/// `text` broken at blanks to `width` columns, each line but the first behind `indent` blanks.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace larder::cli
