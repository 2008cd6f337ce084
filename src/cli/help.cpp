#include "cli/help.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace larder::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kWidestTitle = 24;

struct Entry {
  std::string title;
  std::string text;
};

/// "  TITLE   TEXT", the texts beginning at the same column; under very long titles on lines of their own.
std::string block(std::string_view heading, const std::vector<Entry>& entries) {
  if (entries.empty()) return {};
  std::size_t column = 0;
  for (const auto& entry : entries) column = std::max(column, std::min(entry.title.size(), kWidestTitle));
  column += 4;  // two blanks on each side of the title
  std::string result = "\n" + std::string(heading) + ":\n";
  for (const auto& entry : entries) {
    std::string line = "  " + entry.title;
    if (line.size() + 2 > column) {
      result += line + "\n";
      line.clear();
    }
    line.append(column - line.size(), ' ');
    result += line + wrapped(entry.text, kWidth - column, column) + "\n";
  }
  return result;
}

std::string indented(std::string_view lines) {
  std::string result;
  for (const auto line : split(lines, '\n')) {
    if (!line.empty()) result += "  " + std::string(line) + "\n";
  }
  return result;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = 0;
  for (const auto word : split(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      result += "\n" + std::string(indent, ' ');
      column = 0;
    }
    if (column > 0) result += " ";
    result += word;
    column += word.size() + (column > 0 ? 1 : 0);
  }
  return result;
}

std::string flag_title(const FlagRow& row) {
  const auto names = split(row.names, ',');
  std::string title = join({names.begin(), names.end()}, ", ");
  if (!row.metavar.empty()) title += " " + std::string(row.metavar);
  return title;
}

std::string flag_text(const FlagRow& row) {
  std::string text(row.help);
  if (!row.choices.empty()) {
    const auto words = choice_words(row.choices);
    text += ": " + join({words.begin(), words.end()}, " ");
  }
  const bool has_default = !row.metavar.empty() && !row.default_text.empty();
  return has_default ? text + " (default: " + std::string(row.default_text) + ")" : text;
}

std::string usage_line(const CommandRow& command, const Flags& flags) {
  std::string line = "larder " + std::string(command.name) + " [flags]";
  for (const auto& row : flags.argument_rows()) {
    const std::string word = std::string(row.name) + (row.is_repeatable ? "…" : "");
    line += row.is_required ? " " + word : " [" + word + "]";
  }
  return line;
}

std::string command_help(const CommandRow& command, const Flags& flags) {
  std::string text = "larder " + std::string(command.name) + ": " + std::string(command.summary) + "\n\nexamples:\n";
  text += indented(command.examples) + "\nusage: " + usage_line(command, flags) + "\n";
  std::vector<Entry> arguments;
  for (const auto& row : flags.argument_rows()) arguments.push_back({std::string(row.name), std::string(row.help)});
  text += block("arguments", arguments);
  std::vector<Entry> entries;
  for (const auto& row : flags.rows()) entries.push_back({flag_title(row), flag_text(row)});
  return text + block("flags", entries);
}

std::string group_help(const GroupRow& group) {
  std::string text = "larder " + std::string(group.name) + ": " + std::string(group.summary) + "\n\nusage: larder " +
                     std::string(group.name) + " COMMAND [flags]\n";
  std::vector<Entry> entries;
  for (const auto& row : commands()) {
    if (group_of(row.name) == group.name) entries.push_back({std::string(row.name), std::string(row.summary)});
  }
  return text + block("commands", entries) + "\nlarder " + std::string(group.name) + " COMMAND --help says more.\n";
}

std::string program_help() {
  std::string text =
      "larder keeps Hugging Face Hub artifacts at hand.\n\n"
      "examples:\n"
      "  larder pull org/name                     # into the cache; prints the folder\n"
      "  larder pull org/name config.json         # one file; prints its path\n"
      "  larder pull datasets/org/name@v1.0 --local-dir data\n"
      "  larder plan org/name --prefer safetensors\n\n"
      "usage: larder COMMAND [flags] [arguments]\n";
  std::vector<Entry> entries;
  for (const auto& row : commands()) entries.push_back({std::string(row.name), std::string(row.summary)});
  text += block("commands", entries);
  return text + "\nlarder COMMAND --help says more; larder --version prints the version.\n";
}

}  // namespace larder::cli
