#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "cli/command.hpp"

namespace larder::cli {
namespace {

/// A command with its flags declared.
struct Declared {
  const CommandRow* row = nullptr;
  std::unique_ptr<Command> command;
  std::unique_ptr<Flags> flags;
};

std::vector<Declared> declared_commands() {
  std::vector<Declared> all;
  for (const auto& row : commands()) {
    Declared one{&row, row.make(), std::make_unique<Flags>()};
    one.command->declare(*one.flags);
    all.push_back(std::move(one));
  }
  return all;
}

/// First words: commands of their own, then groups.
std::vector<std::pair<std::string, std::string>> first_words() {
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& row : commands()) {
    if (group_of(row.name).empty()) words.emplace_back(row.name, row.summary);
  }
  for (const auto& row : groups()) words.emplace_back(row.name, row.summary);
  return words;
}

std::vector<std::pair<std::string, std::string>> second_words(std::string_view group) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& row : commands()) {
    if (group_of(row.name) == group) words.emplace_back(row.name.substr(group.size() + 1), row.summary);
  }
  return words;
}

std::string names_of(const std::vector<std::pair<std::string, std::string>>& words) {
  std::string text;
  for (const auto& [name, summary] : words) text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string spaced(std::string_view list, char separator) {
  const auto words = split(list, separator);
  return join({words.begin(), words.end()}, " ");
}

/// Inside single quotes of any of the three shells.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

/// fish takes \' inside single quotes, not the trick with four.
std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return result + "'";
}

/// What follows a flag that takes a word.
std::string bash_values(const FlagRow& row) {
  if (!row.choices.empty()) return "COMPREPLY=($(compgen -W '" + spaced(row.choices, '|') + "' -- \"$cur\"))";
  if (row.metavar == "DIR") return "_larder_paths -d";
  if (row.metavar == "FILE") return "_larder_paths -f";
  return ":";
}

/// The words an argument can be; empty: any.
std::string argument_words(const Declared& one) {
  for (const auto& row : one.flags->argument_rows()) {
    if (!row.choices.empty()) return spaced(row.choices, '|');
  }
  return {};
}

std::string bash_flags(const Declared& one) {
  std::string values;
  std::string names;
  for (const auto& row : one.flags->rows()) {
    names += (names.empty() ? "" : " ") + spaced(row.names, ',');
    if (row.metavar.empty()) continue;
    std::string pattern(row.names);
    for (std::size_t at = pattern.find(','); at != std::string::npos; at = pattern.find(',')) pattern[at] = '|';
    values += fmt::format("        {}) {}; return ;;\n", pattern, bash_values(row));
  }
  return fmt::format("    {})\n      flags='{}'\n      arguments='{}'\n      case \"$prev\" in\n{}      esac ;;\n", quoted(one.row->name),
                     names, argument_words(one), values);
}

/// `:` separates fields and `[…]` holds the description, so both are escaped.
std::string zsh_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return result;
}

std::string zsh_action(const FlagRow& row) {
  if (row.metavar.empty()) return {};
  const auto metavar = to_lower(row.metavar);
  if (!row.choices.empty()) return fmt::format(":{}:({})", metavar, spaced(row.choices, '|'));
  if (row.metavar == "DIR") return fmt::format(":{}:_files -/", metavar);
  if (row.metavar == "FILE") return fmt::format(":{}:_files", metavar);
  return fmt::format(":{}: ", metavar);
}

std::string zsh_flags(const Declared& one) {
  std::string text = fmt::format("    {})\n      _arguments \\\n", quoted(one.row->name));
  for (const auto& row : one.flags->rows()) {
    for (const auto name : split(row.names, ',')) {
      text += fmt::format("        '*{}[{}]{}' \\\n", name, zsh_escaped(row.help), zsh_action(row));
    }
  }
  const auto words = argument_words(one);
  return text + "        '*:argument:" + (words.empty() ? "_files" : "(" + words + ")") + "' ;;\n";
}

std::string zsh_words(const std::vector<std::pair<std::string, std::string>>& words) {
  std::string text;
  for (const auto& [name, summary] : words) text += fmt::format(" '{}:{}'", name, zsh_escaped(summary));
  return text;
}

std::string fish_flag(const std::string& condition, const FlagRow& row) {
  std::string line = "complete -c larder -n " + fish_quoted(condition);
  for (const auto name : split(row.names, ',')) {
    const bool is_long = name.substr(0, 2) == "--";
    line += (is_long ? " -l " : " -s ") + std::string(name.substr(is_long ? 2 : 1));
  }
  if (!row.choices.empty()) {
    line += " -x -a " + fish_quoted(spaced(row.choices, '|'));
  } else if (row.metavar == "DIR" || row.metavar == "FILE") {
    line += " -r -F";
  } else if (!row.metavar.empty()) {
    line += " -x";
  }
  return line + " -d " + fish_quoted(row.help) + "\n";
}

std::string fish_arguments(const std::string& condition, const Declared& one) {
  const auto begin = "complete -c larder -n " + fish_quoted(condition);
  if (const auto words = argument_words(one); !words.empty()) return begin + " -a " + fish_quoted(words) + "\n";
  const auto& rows = one.flags->argument_rows();
  const bool takes_folder = std::any_of(rows.begin(), rows.end(), [](const ArgumentRow& row) { return row.name == "DIR"; });
  return takes_folder ? begin + " -F\n" : std::string();
}

}  // namespace

std::string bash_completion() {
  std::string text =
      "# larder completion for bash, made by `larder completion bash`\n"
      "_larder_paths() {  # -d: folders only; one name a line, names may hold spaces\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
      "}\n"
      "_larder() {\n"
      "  local cur prev command flags arguments\n"
      "  COMPREPLY=()\n"
      "  cur=\"${COMP_WORDS[COMP_CWORD]}\"\n"
      "  prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  # bash makes three words of --flag=value\n"
      "  [ \"$cur\" = = ] && cur=\n"
      "  [ \"$prev\" = = ] && prev=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
      "  command=\"${COMP_WORDS[1]}\"\n";
  text +=
      fmt::format("  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W '{} --help --version' -- \"$cur\"))\n    return\n  fi\n",
                  names_of(first_words()));
  text += "  case \"$command\" in\n";
  for (const auto& group : groups()) {
    text += fmt::format(
        "    {0})\n      if [ \"$COMP_CWORD\" = 2 ]; then\n        COMPREPLY=($(compgen -W '{1}' -- \"$cur\"))\n        return\n      fi\n"
        "      command=\"{0} ${{COMP_WORDS[2]}}\" ;;\n",
        group.name, names_of(second_words(group.name)));
  }
  text += "  esac\n  flags='' arguments=''\n  case \"$command\" in\n";
  for (const auto& one : declared_commands()) text += bash_flags(one);
  return text +
         "  esac\n"
         "  case \"$cur\" in\n"
         "    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\")) ;;\n"
         "    *) [ -z \"$arguments\" ] || COMPREPLY=($(compgen -W \"$arguments\" -- \"$cur\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o default -F _larder larder\n";
}

std::string zsh_completion() {
  std::string text =
      "#compdef larder\n"
      "# larder completion for zsh, made by `larder completion zsh`\n"
      "_larder() {\n"
      "  local command=\"${words[2]}\"\n"
      "  local -a choices\n"
      "  if (( CURRENT == 2 )); then\n"
      "    choices=(" +
      zsh_words(first_words()).substr(1) + ")\n    _describe command choices\n    return\n  fi\n  case \"$command\" in\n";
  for (const auto& group : groups()) {
    text += fmt::format(
        "    {0})\n      if (( CURRENT == 3 )); then\n        choices=({1})\n        _describe command choices\n        return\n      fi\n"
        "      command=\"{0} ${{words[3]}}\"\n      shift words\n      (( CURRENT-- )) ;;\n",
        group.name, zsh_words(second_words(group.name)).substr(1));
  }
  text += "  esac\n  shift words\n  (( CURRENT-- ))\n  case \"$command\" in\n";
  for (const auto& one : declared_commands()) text += zsh_flags(one);
  return text + "  esac\n}\nif [ \"$funcstack[1]\" = _larder ]; then\n  _larder \"$@\"\nelse\n  compdef _larder larder\nfi\n";
}

std::string fish_completion() {
  std::string text =
      "# larder completion for fish, made by `larder completion fish`\n"
      "function __larder_words_are\n"
      "    set -l words (commandline -opc)\n"
      "    set -l last (math (count $argv) + 1)\n"
      "    test (count $words) -ge $last; and test \"$words[2..$last]\" = \"$argv\"\n"
      "end\n"
      "function __larder_at\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -eq (math (count $argv) + 1); and test \"$words[2..-1]\" = \"$argv\"\n"
      "end\n"
      "complete -c larder -f\n";
  for (const auto& [name, summary] : first_words()) {
    text += fmt::format("complete -c larder -n 'test (count (commandline -opc)) -eq 1' -a {} -d {}\n", name, fish_quoted(summary));
  }
  for (const auto& group : groups()) {
    for (const auto& [name, summary] : second_words(group.name)) {
      text += fmt::format("complete -c larder -n '__larder_at {}' -a {} -d {}\n", group.name, name, fish_quoted(summary));
    }
  }
  for (const auto& one : declared_commands()) {
    const auto condition = "__larder_words_are " + std::string(one.row->name);
    for (const auto& row : one.flags->rows()) text += fish_flag(condition, row);
    text += fish_arguments(condition, one);
  }
  return text;
}

}  // namespace larder::cli
