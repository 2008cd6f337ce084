#include "cli/completion.hpp"

#include "cli/command.hpp"
#include "support/catch.hpp"

using namespace larder::cli;

TEST_CASE("completion: every flag of every command is in every script", "[cli][completion]") {
  const auto bash = bash_completion();
  const auto zsh = zsh_completion();
  const auto fish = fish_completion();
  for (const auto& row : commands()) {
    Flags flags;
    const auto command = row.make();
    command->declare(flags);
    for (const auto& flag : flags.rows()) {
      const std::string name(long_name(flag.names));
      CHECK(bash.find(name) != std::string::npos);
      CHECK(zsh.find(name) != std::string::npos);
      CHECK(fish.find("-l " + name.substr(2)) != std::string::npos);
    }
  }
}
