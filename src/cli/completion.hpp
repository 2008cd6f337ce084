// Completion scripts, made from the tables of commands and flags.
#pragma once

#include <string>

namespace larder::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace larder::cli
