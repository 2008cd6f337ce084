#include "cli/choose.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::cli;

TEST_CASE("choose: every command is found by its name, the rest is its own", "[cli][choose]") {
  for (const auto& row : commands()) {
    std::vector<std::string> words;
    const auto group = group_of(row.name);
    if (!group.empty()) words.emplace_back(group);
    words.emplace_back(group.empty() ? row.name : row.name.substr(group.size() + 1));
    words.emplace_back("x");
    words.emplace_back("--y");
    const auto chosen = choose(words);
    REQUIRE(chosen);
    CHECK(chosen->what == Choice::What::Command);
    CHECK(chosen->command == &row);
    CHECK(chosen->words == std::vector<std::string>{"x", "--y"});
  }
}

TEST_CASE("choose: help and bare words", "[cli][choose]") {
  CHECK(choose({})->what == Choice::What::BareProgram);
  CHECK(choose({"--help"})->what == Choice::What::ProgramHelp);
  CHECK(choose({"help"})->what == Choice::What::ProgramHelp);
  CHECK(choose({"help", "cache"})->what == Choice::What::GroupHelp);
  for (const auto& words : std::vector<std::vector<std::string>>{{"help", "pull"}, {"help", "cache", "ls"}, {"help", "pull", "x"}}) {
    const auto chosen = choose(words);
    REQUIRE(chosen);
    CHECK(chosen->what == Choice::What::Command);
    CHECK(chosen->words == std::vector<std::string>{"--help"});
  }
  for (const auto& group : groups()) {
    CHECK(choose({std::string(group.name)})->what == Choice::What::BareGroup);  // R-1001
    CHECK(choose({std::string(group.name), "--help"})->what == Choice::What::GroupHelp);
  }
}

TEST_CASE("choose: two ways to ask for the version", "[cli][choose]") {
  CHECK(is_version_flag("--version"));
  CHECK(is_version_flag("-V"));
  CHECK_FALSE(is_version_flag("-v"));
  CHECK_FALSE(is_version_flag("version"));
}

TEST_CASE("choose: every group has commands", "[cli][choose]") {
  for (const auto& group : groups()) {
    const auto all = commands();
    CHECK(std::any_of(all.begin(), all.end(), [&](const CommandRow& row) { return group_of(row.name) == group.name; }));
  }
}

TEST_CASE("choose: a wrong command is a usage error with the right one", "[cli][choose]") {
  struct Case {
    std::vector<std::string> words;
    const char* hint;
  };
  for (const auto& each : std::vector<Case>{{{"download", "org/name"}, "larder pull"},
                                            {{"pul"}, "larder pull"},
                                            {{"resovle"}, "larder resolve"},
                                            {{"version"}, "larder --version"},
                                            {{"cache", "foo"}, "`larder cache --help`"},
                                            {{"cache", "verfy"}, "larder cache verify"},
                                            {{"auth", "token"}, "`larder auth --help`"},
                                            {{"--json", "pull"}, "behind the command"},
                                            {{"--versoin"}, "larder --version"},
                                            {{"--hepl"}, "larder --help"},
                                            {{"-V", "pull"}, "larder --version"},
                                            {{"verify"}, "larder cache verify"},
                                            {{"status"}, "larder auth status"},
                                            {{"list"}, "larder cache ls"},
                                            {{"comp"}, "larder completion"},
                                            {{"help", "pul"}, "larder pull"},
                                            {{"xyzzy"}, "--help"}}) {
    const auto chosen = choose(each.words);
    REQUIRE_FALSE(chosen);
    CHECK(chosen.error().code == ErrorCode::InvalidArgument);
    CHECK(chosen.error().hint.find(each.hint) != std::string::npos);
  }
}
