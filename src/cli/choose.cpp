#include "cli/choose.hpp"

#include <algorithm>
#include <array>

#include "base/escape.hpp"
#include "base/nearest.hpp"

namespace larder::cli {
namespace {

/// Words of `hf` that have another name here.
struct Renamed {
  std::string_view theirs;
  std::string_view ours;
};
constexpr std::array kRenamed{
    Renamed{"download", "pull"},
    Renamed{"cache list", "cache ls"},
    Renamed{"cache scan", "cache ls"},
    Renamed{"cache delete", "cache rm"},
    Renamed{"models", "files"},
    Renamed{"datasets", "files"},
    Renamed{"spaces", "files"},
    Renamed{"login", "auth login"},
    Renamed{"logout", "auth logout"},
    Renamed{"whoami", "auth whoami"},
    Renamed{"list", "cache ls"},
    Renamed{"ls", "cache ls"},
    Renamed{"get", "pull"},
    Renamed{"fetch", "pull"},
    Renamed{"auth ls", "auth list"},
    Renamed{"version", "--version"},
};

bool is_help(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }

const CommandRow* find_command(std::string_view name) {
  const auto all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const CommandRow& row) { return row.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const GroupRow* find_group(std::string_view name) {
  const auto all = groups();
  const auto found = std::find_if(all.begin(), all.end(), [&](const GroupRow& row) { return row.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// "verify" for "cache verify", where only one group has the word; else empty.
std::string_view command_of_a_group(std::string_view word) {
  std::vector<std::string_view> found;
  for (const auto& row : commands()) {
    const auto group = group_of(row.name);
    if (!group.empty() && row.name.substr(group.size() + 1) == word) found.push_back(row.name);
  }
  return found.size() == 1 ? found.front() : std::string_view();
}

/// Within a group only its own words count: "cache foo" is not near "cache ls" for the "cache" in it.
std::string nearest_command(std::string_view name) {
  const auto group = group_of(name);
  const bool is_in_group = find_group(group) != nullptr;
  std::vector<std::string_view> known;
  for (const auto& row : commands()) {
    if (!is_in_group) known.push_back(row.name);
    if (is_in_group && group_of(row.name) == group) known.push_back(row.name.substr(group.size() + 1));
  }
  if (const auto whole = command_of_a_group(name); !whole.empty()) return std::string(whole);
  const auto near = nearest(is_in_group ? name.substr(group.size() + 1) : name, known);
  return near.empty() || !is_in_group ? std::string(near) : std::string(group) + " " + std::string(near);
}

auto unknown_command(const std::string& name) {
  const auto renamed = std::find_if(kRenamed.begin(), kRenamed.end(), [&](const Renamed& each) { return each.theirs == name; });
  const auto near = renamed != kRenamed.end() ? std::string(renamed->ours) : nearest_command(name);
  const auto group = find_group(group_of(name)) == nullptr ? "" : std::string(group_of(name)) + " ";
  const std::string hint = near.empty() ? "`larder " + group + "--help` lists all commands" : "did you mean `larder " + near + "`?";
  return fail(ErrorCode::InvalidArgument, "unknown command '" + escape_text(name) + "'", hint);
}

Result<Choice> flag_first(const std::string& word) {
  const auto flag = escape_text(word.substr(0, word.find('=')));
  const auto near = nearest(flag, {"--help", "--version"});
  const std::string hint =
      near.empty() ? "flags come behind the command: larder COMMAND " + flag : "did you mean `larder " + std::string(near) + "`?";
  return fail(ErrorCode::InvalidArgument, "a command is expected before '" + flag + "'", hint);
}

/// "larder help pull" is "larder pull --help".
Result<Choice> choose_help(std::vector<std::string> words) {
  words.emplace_back("--help");
  LARDER_TRY(Choice choice, choose(words));
  if (choice.what == Choice::What::Command) choice.words = {"--help"};
  return choice;
}

}  // namespace

bool is_version_flag(std::string_view word) { return word == "--version" || word == "-V"; }

Result<Choice> choose(const std::vector<std::string>& words) {
  Choice choice;
  if (words.empty()) choice.what = Choice::What::BareProgram;
  if (words.empty()) return choice;
  if (words[0] == "help" && words.size() > 1) return choose_help({words.begin() + 1, words.end()});
  if (is_help(words[0])) return choice;
  if (is_version_flag(words[0])) {
    return fail(ErrorCode::InvalidArgument, words[0] + " goes alone, without '" + escape_text(words[1]) + "'",
                "`larder --version` prints it");
  }
  if (words[0].starts_with('-')) return flag_first(words[0]);
  choice.command = find_command(words[0]);
  choice.what = Choice::What::Command;
  choice.words.assign(words.begin() + 1, words.end());
  if (choice.command != nullptr) return choice;
  choice.group = find_group(words[0]);
  if (choice.group == nullptr) return unknown_command(words[0]);
  choice.what = words.size() == 1 ? Choice::What::BareGroup : Choice::What::GroupHelp;
  if (words.size() == 1 || is_help(words[1])) return choice;
  choice.command = find_command(words[0] + " " + words[1]);
  if (choice.command == nullptr) return unknown_command(words[0] + " " + words[1]);
  choice.what = Choice::What::Command;
  choice.words.erase(choice.words.begin());
  return choice;
}

}  // namespace larder::cli
