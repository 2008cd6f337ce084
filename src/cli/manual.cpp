#include "cli/manual.hpp"

#include <larder/config/table.hpp>
#include <larder/config/token.hpp>

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"

namespace larder::cli {
namespace {

struct ExitRow {
  int code;
  std::string_view meaning;
};
/// docs/manual.md "Exit codes" has the same rows.
constexpr std::array kExitRows{
    ExitRow{0, "done"},
    ExitRow{1, "internal error (a bug)"},
    ExitRow{2, "usage: bad flag, bad reference, bad configuration"},
    ExitRow{3, "not found: repository, revision, file; or not in the cache while offline"},
    ExitRow{4, "access: no token, bad token, gated, forbidden"},
    ExitRow{5, "network: name, connection, TLS, time-out, stall, server error, rate limit, after all retries"},
    ExitRow{6, "protocol: an answer that breaks the rules of the Hub or of HTTP"},
    ExitRow{7, "integrity: a digest does not match, or the size of a stored file"},
    ExitRow{8, "local I/O: disk full, permission, read-only, I/O error"},
    ExitRow{9, "busy: a lock could not be had in time"},
    ExitRow{10, "partial: some items done, some failed"},
    ExitRow{11, "policy: refused by a rule of yours"},
    ExitRow{12, "unsafe: a name, link or redirect that would write or send where it must not"},
    ExitRow{129, "interrupted by SIGHUP"},
    ExitRow{130, "interrupted by SIGINT"},
    ExitRow{141, "standard output was closed by its reader"},
    ExitRow{143, "interrupted by SIGTERM"},
};

/// For man(7): hyphens that are meant to be typed, backslashes, and lines that would begin with a control character.
std::string roff(std::string_view text) {
  constexpr std::string_view kEllipsis = "…";  // the only character outside ASCII in our texts; not every formatter takes UTF-8
  std::string result;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (text.substr(0, kEllipsis.size()) == kEllipsis) {
      result += "...";
      text.remove_prefix(kEllipsis.size() - 1);
      continue;
    }
    const bool at_begin = result.empty() || result.back() == '\n';
    if (at_begin && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string roff_entry(const std::string& title, const std::string& text) { return ".TP\n.B " + roff(title) + "\n" + roff(text) + "\n"; }

std::string command_section(const CommandRow& row) {
  Flags flags;
  row.make()->declare(flags);
  std::string text = ".SS " + roff(usage_line(row, flags)) + "\n" + roff(row.summary) + ".\n";
  if (!row.details.empty()) text += ".PP\n" + roff(row.details);
  text += ".PP\n.nf\n" + roff(row.examples) + ".fi\n";
  for (const auto& argument : flags.argument_rows()) text += roff_entry(std::string(argument.name), std::string(argument.help));
  for (const auto& flag : flags.rows()) text += roff_entry(flag_title(flag), flag_text(flag));
  return text;
}

std::string code(std::string_view text) { return text.empty() ? "" : "`" + std::string(text) + "`"; }

std::string variable_list(const config::Row& row) {
  std::string text = code(row.variable);
  for (const auto name : row.hub_names) {
    if (!name.empty()) text += (text.empty() ? "" : ", ") + code(name);
  }
  return text;
}

std::string_view set_by_text(config::SetBy set_by) {
  switch (set_by) {
    case config::SetBy::AnyFile:
      return "both files";
    case config::SetBy::UserFile:
      return "the user file only";
    case config::SetBy::Environment:
      return "the environment only";
  }
  return {};
}

std::string setting_section(const config::Row& row) {
  std::string text = fmt::format("### `{}`\n\n{}\n\n", row.key, std::string(row.help) + ".");
  if (!row.flag.empty()) {
    text += fmt::format("- flag: `{}{}`\n", row.flag, row.metavar.empty() ? "" : " " + std::string(row.metavar));
  }
  text += fmt::format("- variables, first one first: {}\n", variable_list(row));
  if (!row.choices.empty()) {
    const auto words = choice_words(row.choices);
    text += fmt::format("- one of: {}\n", join({words.begin(), words.end()}, ", "));
  }
  return text + fmt::format("- default: {}\n- may be set in: {}\n\n", row.default_text, set_by_text(row.set_by));
}

}  // namespace

std::string man_page() {
  std::string text =
      ".\\\" Made from the tables of the program; see CONTRIBUTING.md.\n.TH LARDER 1 \"\" \"larder\" \"User Commands\"\n.nh\n.ad l\n.SH "
      "NAME\n";
  text += "larder \\- keeps Hugging Face Hub artifacts at hand\n.SH SYNOPSIS\n.B larder\n.I COMMAND\n[flags] [arguments]\n.SH COMMANDS\n";
  for (const auto& row : commands()) text += command_section(row);
  text += ".SH EXIT STATUS\n";
  for (const auto& row : kExitRows) text += roff_entry(std::to_string(row.code), std::string(row.meaning));
  text += ".SH ENVIRONMENT\nEvery setting has a variable LARDER_KEY; most have those of hf, too. An empty variable counts as unset.\n";
  for (const auto& row : config::table()) {
    std::string names(row.variable);
    for (const auto name : row.hub_names) {
      if (!name.empty()) names += (names.empty() ? "" : ", ") + std::string(name);
    }
    text += roff_entry(names, std::string(row.help));
  }
  for (const auto& variable : config::token_variables()) text += roff_entry(std::string(variable.name), std::string(variable.help));
  text += ".SH FILES\n";
  text += roff_entry("$XDG_CONFIG_HOME/larder/config.toml", "the user's settings");
  text += roff_entry("larder.toml",
                     "a project's settings: the nearest one from the working folder up to a folder with .git, the home folder or /");
  return text;
}

std::string settings_page() {
  std::string text =
      "# Settings\n\n"
      "Made from the settings table of the program (`src/config/table.cpp`); don't edit.\n\n"
      "A value comes from the first of: flag, environment, project file, user file, default. `larder env` prints every setting, its value\n"
      "and where it came from. A variable that is set but empty counts as unset. An unknown key is an error, and so is a value that does\n"
      "not parse.\n\n"
      "- The user file is `$XDG_CONFIG_HOME/larder/config.toml` (usually `~/.config/larder/config.toml`).\n"
      "- The project file is the nearest `larder.toml` from the working folder up to the first folder with `.git`, the home folder or "
      "`/`.\n"
      "  It may come with other people's work: it may not set `token_file`, and an `endpoint` that it sets gets no token but one given by\n"
      "  `--token-file`.\n"
      "- Keys are at the top level of both files. Sizes are numbers with `K M G T` (powers of 1000) or `KiB MiB GiB TiB`; durations are\n"
      "  seconds or numbers with `s m h d w mo y`. Paths may begin with `~` and hold `$VAR`; relative ones are below the file's folder.\n\n"
      "```toml\ncache_dir = \"/srv/models\"\nlimit_rate = \"50M\"\nprefer = \"safetensors\"\nmirror = [\"https://mirror.example\"]\n```\n\n"
      "## All settings\n\n";
  for (const auto& row : config::table()) text += setting_section(row);
  text += "## The token\n\nThe first of: the file of `--token-file` or `LARDER_TOKEN_FILE`, these variables, the file of `token_file`.\n\n";
  for (const auto& variable : config::token_variables()) text += fmt::format("- `{}`: {}\n", variable.name, variable.help);
  return text;
}

}  // namespace larder::cli
