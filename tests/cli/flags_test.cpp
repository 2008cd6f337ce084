#include "cli/flags.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::cli;

namespace {

/// A command with one flag of each kind.
struct Sample {
  std::string ref;
  std::vector<std::string> files;
  std::optional<std::string> revision;
  std::optional<std::string> type;
  std::optional<std::vector<std::string>> include;
  std::vector<std::string> exclude;
  bool force = false;
  Flags flags;

  Sample() {
    flags.argument("REF", &ref, "what");
    flags.arguments("FILE", &files, "files");
    flags.text("--revision", "REV", &revision, "which");
    flags.text("--repo-type,--type", "TYPE", &type, "kind", "model|dataset");
    flags.texts("--include", "GLOB", &include, "take");
    flags.texts("--exclude", "GLOB", &exclude, "leave");
    flags.toggle("--force,-f", &force, "again");
    flags.settings({"jobs", "offline", "mirror"});
    flags.json();
    flags.quiet("less");
    flags.common();
  }
  Result<void> parse(const std::vector<std::string>& words) { return flags.parse("pull", words); }
};

}  // namespace

TEST_CASE("flags: words end up where they belong", "[cli][flags]") {
  Sample sample;
  REQUIRE(sample.parse({"org/name", "--include", "*.json", "a.bin", "--include=[ab]", "--type", "dataset", "b.bin", "-f", "-vv", "--jobs",
                        "4", "--offline", "--mirror", "https://a", "--mirror", "https://b", "--json", "-q"}));
  CHECK(sample.ref == "org/name");
  CHECK(sample.files == std::vector<std::string>{"a.bin", "b.bin"});
  CHECK(sample.include == std::vector<std::string>{"*.json", "[ab]"});
  CHECK(sample.exclude.empty());
  CHECK(sample.type == "dataset");
  CHECK(sample.force);
  CHECK_FALSE(sample.revision);
  CHECK(sample.flags.verbosity() == 2);
  CHECK(sample.flags.is_json());
  CHECK(sample.flags.is_quiet());
  CHECK(sample.flags.setting_values().at("jobs") == std::vector<std::string>{"4"});
  CHECK(sample.flags.setting_values().at("offline") == std::vector<std::string>{"true"});
  CHECK(sample.flags.setting_values().at("mirror") == std::vector<std::string>{"https://a", "https://b"});
}

TEST_CASE("flags: words that look special are taken as they are", "[cli][flags]") {
  for (const std::string word : {"[a,b]", "[x]", "{}", "a b", "-", "%%", "a=b", "\"q\""}) {
    Sample sample;
    REQUIRE(sample.parse({"org/name", word, "--exclude=" + word}));
    CHECK(sample.files == std::vector<std::string>{word});
    CHECK(sample.exclude == std::vector<std::string>{word});
  }
  Sample empty;
  REQUIRE(empty.parse({"org/name", "", "--exclude", ""}));
  CHECK(empty.files == std::vector<std::string>{""});
  CHECK(empty.exclude == std::vector<std::string>{""});
  Sample value;
  REQUIRE(value.parse({"org/name", "--exclude", "--include=", "--", "--revision="}));
  CHECK(value.exclude == std::vector<std::string>{"--include="});
  CHECK(value.files == std::vector<std::string>{"--revision="});
  Sample sample;
  REQUIRE(sample.parse({"--force", "--", "--org", "--include", "-x"}));
  CHECK(sample.ref == "--org");
  CHECK(sample.files == std::vector<std::string>{"--include", "-x"});
  CHECK_FALSE(sample.include);
}

TEST_CASE("flags: what is wrong is a usage error that names it", "[cli][flags]") {
  struct Case {
    std::vector<std::string> words;
    const char* message;
    const char* hint;
  };
  const std::vector<Case> cases{
      {{}, "pull: REF is missing", "larder pull --help"},
      {{"--force"}, "REF is missing", ""},
      {{"org/name", "--inclde", "x"}, "unknown flag '--inclde'", "--include"},
      {{"org/name", "--token", "hf_secretsecret"}, "unknown flag '--token'", "HF_TOKEN"},
      {{"org/name", "--token=hf_secretsecret"}, "unknown flag '--token'", "--token-file"},
      {{"org/name", "--tokn", "hf_secretsecret"}, "unknown flag '--tokn'", "HF_TOKEN"},
      {{"org/name", "--max-workers", "8"}, "unknown flag '--max-workers'", "--jobs"},
      {{"org/name", "--force-download"}, "unknown flag '--force-download'", "--force"},
      {{"org/name", "-x"}, "unknown flag '-x'", ""},
      {{"org/name", "--revision"}, "--revision needs a value", ""},
      {{"org/name", "--revision=", "a.bin"}, "--revision needs a value", ""},  // not a.bin: an unset variable of a script
      {{"--exclude=", "org/name"}, "--exclude needs a value", ""},
      {{"org/name", "--jobs=", "4"}, "--jobs needs a value", ""},
      {{"org/name", "--revision", "a", "--revision", "b"}, "--revision is given more than once", ""},
      {{"org/name", "--jobs", "1", "--jobs", "2"}, "--jobs is given more than once", ""},
      {{"org/name", "--offline=no"}, "--offline takes no value", ""},
      {{"org/name", "--force=false"}, "--force takes no value", ""},
      {{"org/name", "--inc", "x"}, "unknown flag '--inc'", "did you mean --include?"},
      {{"org/name", "--type", "bucket"}, "pull: --repo-type: 'bucket' is not one of: model dataset", ""},
  };
  for (const auto& each : cases) {
    Sample sample;
    const auto parsed = sample.parse(each.words);
    REQUIRE_FALSE(parsed);
    INFO(parsed.error().text() << " / " << parsed.error().hint);
    CHECK(parsed.error().code == ErrorCode::InvalidArgument);
    CHECK(parsed.error().text().find(each.message) != std::string::npos);
    CHECK(parsed.error().hint.find(each.hint) != std::string::npos);
    CHECK(parsed.error().text().find("secret") == std::string::npos);
  }
}

TEST_CASE("flags: one argument too many is refused", "[cli][flags]") {
  std::string shell;
  Flags flags;
  flags.argument("SHELL", &shell, "which");
  const auto parsed = flags.parse("completion", {"bash", "zsh"});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().text() == "completion: unexpected argument 'zsh'");
}

TEST_CASE("flags: help needs no arguments", "[cli][flags]") {
  Sample sample;
  REQUIRE(sample.parse({"--help"}));
  CHECK(sample.flags.is_help());
}
