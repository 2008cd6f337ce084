// Command: what every subcommand is; and the table of them.
#pragma once

#include "cli/flags.hpp"
#include "cli/session.hpp"

#include <larder/base/result.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace larder::cli {

/// One subcommand: a struct whose fields the flags fill, and a call of its verb.
class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  /// Declares flags and arguments; called once, before `run`.
  virtual void declare(Flags& flags) = 0;
  /// What needs no setting is written here, so that a broken configuration is not in its way. True: that was all, `run` is not called.
  virtual Result<bool> run_alone(Output& /*out*/) { return false; }
  /// Does it and writes the result. Errors: decide the exit code; failed items go to `session.failures`.
  virtual Result<void> run(Session& session) = 0;
};

/// A row of the table of commands: help, completion and manual are made from it.
struct CommandRow {
  std::string_view name;      ///< "pull", "cache ls"
  std::string_view summary;   ///< one line, lower case, no full stop
  std::string_view examples;  ///< lines of "COMMAND  # what it does"
  std::string_view details;   ///< paragraphs for the manual, lines as they are; may be empty
  std::unique_ptr<Command> (*make)();
};
/// All commands, in the order of the manual.
std::span<const CommandRow> commands();

/// A first word that only groups: "cache", "auth".
struct GroupRow {
  std::string_view name;
  std::string_view summary;
};
std::span<const GroupRow> groups();

/// "cache" of "cache ls"; empty for a command of its own.
std::string_view group_of(std::string_view command);

// One maker per command, each in its cmd_….cpp.
std::unique_ptr<Command> make_pull();
std::unique_ptr<Command> make_plan();
std::unique_ptr<Command> make_resolve();
std::unique_ptr<Command> make_files();
std::unique_ptr<Command> make_env();
std::unique_ptr<Command> make_auth_login();
std::unique_ptr<Command> make_auth_logout();
std::unique_ptr<Command> make_auth_whoami();
std::unique_ptr<Command> make_auth_status();
std::unique_ptr<Command> make_auth_list();
std::unique_ptr<Command> make_auth_switch();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_completion();
std::unique_ptr<Command> make_cache_ls();
std::unique_ptr<Command> make_cache_rm();
std::unique_ptr<Command> make_cache_prune();
std::unique_ptr<Command> make_cache_gc();
std::unique_ptr<Command> make_cache_verify();
std::unique_ptr<Command> make_cache_adopt();
std::unique_ptr<Command> make_cache_pin();
std::unique_ptr<Command> make_cache_unpin();

}  // namespace larder::cli
