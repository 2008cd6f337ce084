// App: from argv to an exit code.
#pragma once

#include <string>
#include <vector>

namespace larder::cli {

/// Runs the program; `words` are argv without the program's name. Returns the exit code. Called once, in the main thread, before any other
/// thread exists.
int run(const std::vector<std::string>& words);

/// Prints "larder 1.0" on stdout. Returns the exit code. For a program that has set nothing up.
int print_version();

/// The words as a shell would need them typed: "larder pull org/name --include '*.json'".
std::string command_line(const std::vector<std::string>& words);

}  // namespace larder::cli
