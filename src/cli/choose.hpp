// Which command is meant.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace larder::cli {

/// What the first words ask for.
struct Choice {
  enum class What { ProgramHelp, BareProgram, GroupHelp, BareGroup, Command };
  What what = What::ProgramHelp;
  const CommandRow* command = nullptr;
  const GroupRow* group = nullptr;
  std::vector<std::string> words;  ///< those behind the command's name
};

/// "--version" or "-V".
bool is_version_flag(std::string_view word);

/// Errors: InvalidArgument, with the nearest command or hf's other word for it as the hint.
Result<Choice> choose(const std::vector<std::string>& words);

}  // namespace larder::cli
