#include "cli/help.hpp"

#include "cli/manual.hpp"
#include "support/catch.hpp"

#include <larder/config/table.hpp>

#include "base/text.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::cli;

namespace {

std::vector<std::string_view> flag_names(const CommandRow& row) {
  Flags flags;
  const auto command = row.make();
  command->declare(flags);
  std::vector<std::string_view> names;
  for (const auto& flag : flags.rows()) names.push_back(long_name(flag.names));
  std::sort(names.begin(), names.end());
  return names;
}

void check_fits_a_terminal(const std::string& text) {
  constexpr std::size_t kUsualWidth = 80;
  for (const std::string_view line : split(text, '\n')) {
    INFO(line);
    const auto continued = std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
    CHECK(line.size() - static_cast<std::size_t>(continued) <= kUsualWidth);
  }
}

}  // namespace

TEST_CASE("help: examples come first, and every flag and argument is there", "[cli][help]") {
  for (const auto& row : commands()) {
    Flags flags;
    const auto command = row.make();
    command->declare(flags);
    const auto text = command_help(row, flags);
    INFO(text);
    CHECK(text.find("examples:") < text.find("usage:"));
    CHECK(text.find("usage:") < text.find("flags:"));
    CHECK(text.find("larder " + std::string(row.name)) != std::string::npos);
    for (const auto& flag : flags.rows()) CHECK(text.find(flag_title(flag)) != std::string::npos);
    for (const auto& argument : flags.argument_rows()) CHECK(text.find(argument.name) != std::string::npos);
    check_fits_a_terminal(text);
  }
  check_fits_a_terminal(program_help());
  for (const auto& group : groups()) check_fits_a_terminal(group_help(group));
}

TEST_CASE("help: no command names a flag twice, all have help and verbose", "[cli][help]") {
  for (const auto& row : commands()) {
    const auto names = flag_names(row);
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    CHECK(std::binary_search(names.begin(), names.end(), std::string_view("--help")));
    CHECK(std::binary_search(names.begin(), names.end(), std::string_view("--verbose")));
  }
}

TEST_CASE("help: an example's flags exist", "[cli][help]") {
  for (const auto& row : commands()) {
    const auto names = flag_names(row);
    const auto text = std::string(row.examples);
    for (auto at = text.find(" --"); at != std::string::npos; at = text.find(" --", at + 1)) {
      const auto end = text.find_first_of(" \n=", at + 1);
      const auto flag = text.substr(at + 1, end - at - 1);
      INFO(flag);
      CHECK(std::binary_search(names.begin(), names.end(), std::string_view(flag)));
    }
  }
}

TEST_CASE("help: text is broken at blanks", "[cli][help]") {
  CHECK(wrapped("aa bb cc", 5, 2) == "aa bb\n  cc");
  CHECK(wrapped("aaaaaaaa b", 5, 1) == "aaaaaaaa\n b");
  CHECK(wrapped("", 5, 1).empty());
}

TEST_CASE("manual: every command, flag and setting is on its page", "[cli][manual]") {
  const auto man = man_page();
  for (const auto& row : commands()) CHECK(man.find("larder " + std::string(row.name)) != std::string::npos);
  const auto settings = settings_page();
  for (const auto& row : config::table()) CHECK(settings.find("### `" + std::string(row.key) + "`") != std::string::npos);
}
