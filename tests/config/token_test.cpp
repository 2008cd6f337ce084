#include <larder/config/token.hpp>

#include <larder/config/table.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <map>

using namespace larder;
using namespace larder::config;

namespace {

/// Settings by hand and files in memory.
struct Bench {
  Loaded loaded;
  Variables environment;
  std::map<std::string, SmallFile> files;

  Bench() {
    loaded.sources.resize(table().size());
    loaded.settings.token_file = "/home/u/.cache/huggingface/token";
    loaded.places.project_config = "/p/larder.toml";
  }
  void token_file(const std::string& path, Source source) {
    loaded.settings.token_file = path;
    loaded.sources[*find_row("token_file")] = std::move(source);
  }
  Result<TokenChoice> choose() {
    return choose_token(loaded, environment, [this](const std::string& path, FileShape) -> Result<std::optional<SmallFile>> {
      const auto found = files.find(path);
      if (found == files.end()) return std::nullopt;
      return found->second;
    });
  }
  /// "SOURCE:TOKEN", "none" or "error".
  std::string outcome() {
    const auto choice = choose();
    if (!choice) return exit_code(choice.error().code) == 2 ? "error" : "wrong code";
    if (choice->identity) return choice->source + ":" + choice->identity->resource;
    return choice->token ? choice->source + ":" + choice->token->reveal() : "none";
  }
};

const Source kFlag{Origin::Flag, "--token-file"};
const Source kVariable{Origin::Environment, "LARDER_TOKEN_FILE"};

}  // namespace

TEST_CASE("token: the order of the sources", "[config][token]") {
  Bench bench;
  CHECK(bench.outcome() == "none");
  bench.files["/home/u/.cache/huggingface/token"] = {"hf_file", 0600, false};
  CHECK(bench.outcome() == "file:hf_file");
  bench.environment["HUGGING_FACE_HUB_TOKEN"] = "hf_y";
  CHECK(bench.outcome() == "HUGGING_FACE_HUB_TOKEN:hf_y");
  bench.environment["HF_TOKEN"] = "";  // T-38
  CHECK(bench.outcome() == "HUGGING_FACE_HUB_TOKEN:hf_y");
  bench.environment["HF_TOKEN"] = "   ";  // hides the old name, is then nothing
  CHECK(bench.outcome() == "file:hf_file");
  bench.environment["HF_TOKEN"] = "hf_env";
  CHECK(bench.outcome() == "HF_TOKEN:hf_env");
  bench.files["/t"] = {"hf_named\n", 0600, false};
  bench.token_file("/t", {Origin::User, "/home/u/.config/larder/config.toml"});
  CHECK(bench.outcome() == "HF_TOKEN:hf_env");
  bench.token_file("/t", kVariable);
  CHECK(bench.outcome() == "file:hf_named");
  bench.token_file("/t", kFlag);
  CHECK(bench.outcome() == "flag:hf_named");
}

TEST_CASE("token: a job's own identity goes before every token but a named file", "[config][token]") {
  Bench bench;
  bench.environment = {{"HF_OIDC_RESOURCE", ""}, {"HF_TOKEN", "hf_env"}};
  CHECK(bench.outcome() == "HF_TOKEN:hf_env");
  bench.environment = {{"HF_OIDC_RESOURCE", "acme/m"},
                       {"HF_TOKEN", "hf_env"},
                       {"HF_OIDC_ID_TOKEN", " id\n"},
                       {"ACTIONS_ID_TOKEN_REQUEST_URL", "https://mint.example"},
                       {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ghs_x"}};
  CHECK(bench.outcome() == "oidc:acme/m");
  CHECK(bench.choose()->identity->id_token.reveal() == "id");
  CHECK(bench.choose()->identity->mint_url.empty());  // not on GitHub
  bench.environment["GITHUB_ACTIONS"] = "true";
  CHECK(bench.choose()->identity->mint_url == "https://mint.example");
  CHECK(bench.choose()->identity->mint_token.reveal() == "ghs_x");
  bench.environment["HF_OIDC_ID_TOKEN"] = "id\ttoken";
  CHECK(bench.outcome() == "error");
  bench.environment["HF_OIDC_ID_TOKEN"] = "";
  bench.loaded.settings.disable_implicit_token = true;
  CHECK(bench.outcome() == "none");
  bench.files["/t"] = {"hf_named\n", 0600, false};
  bench.token_file("/t", kFlag);
  CHECK(bench.outcome() == "flag:hf_named");
}

TEST_CASE("token: no implicit token when that is switched off", "[config][token]") {
  Bench bench;
  bench.loaded.settings.disable_implicit_token = true;
  bench.environment["HF_TOKEN"] = "hf_env";
  CHECK(bench.outcome() == "none");
  bench.files["/t"] = {"hf_named", 0600, false};
  bench.token_file("/t", kFlag);
  CHECK(bench.outcome() == "flag:hf_named");
}

TEST_CASE("token: an endpoint of the project file gets only a token given by flag", "[config][token]") {  // T47
  Bench bench;
  bench.loaded.sources[*find_row("endpoint")] = {Origin::Project, "/p/larder.toml"};
  bench.environment["HF_TOKEN"] = "hf_env";
  bench.files["/t"] = {"hf_named", 0600, false};
  CHECK(bench.outcome() == "none");
  CHECK(bench.choose()->warnings.size() == 1);
  bench.token_file("/t", kVariable);
  CHECK(bench.outcome() == "none");
  bench.token_file("/t", kFlag);
  CHECK(bench.outcome() == "flag:hf_named");
}

TEST_CASE("token: a file named on purpose must hold one", "[config][token]") {
  for (const auto& source : {kFlag, kVariable}) {
    Bench bench;
    bench.token_file("/t", source);
    CHECK(bench.outcome() == "error");
    bench.files["/t"] = {" \n", 0600, false};
    CHECK(bench.outcome() == "error");
  }
}

TEST_CASE("token: a file that is there and can't be read is an error, not none", "[config][token]") {
  Bench bench;
  const std::string path = "/home/u/.cache/huggingface/token";
  int reason = 0;
  const auto read = [&](const std::string&, FileShape) -> Result<std::optional<SmallFile>> { return fail_os(reason, path); };
  for (const int one : {EMFILE, EACCES, EIO}) {
    reason = one;
    const auto choice = choose_token(bench.loaded, bench.environment, read);
    REQUIRE_FALSE(choice);
    CHECK(exit_code(choice.error().code) == 8);
    CHECK(choice.error().os_error == one);
    CHECK(choice.error().text().find(path) != std::string::npos);
    CHECK((choice.error().hint.find("HF_HUB_DISABLE_IMPLICIT_TOKEN") != std::string::npos) == (one != EMFILE));
  }
  bench.environment["HF_TOKEN"] = "hf_variable";  // then nobody reads it
  CHECK(choose_token(bench.loaded, bench.environment, read)->source == "HF_TOKEN");
  bench.environment.erase("HF_TOKEN");
  bench.loaded.settings.disable_implicit_token = true;
  CHECK_FALSE(choose_token(bench.loaded, bench.environment, read)->is_there());
}

TEST_CASE("token: characters that no token has are refused and not repeated", "[config][token]") {  // T34
  for (const char* raw : {"hf_a\tb", "hf_a\x1b[31m", "hf_\x7f", "hf_\xc2\xa0x"}) {
    Bench bench;
    bench.environment["HF_TOKEN"] = raw;
    CHECK(bench.outcome() == "error");
    const auto choice = bench.choose();
    CHECK(choice.error().text().find("hf_") == std::string::npos);
    CHECK(choice.error().text().find("HF_TOKEN") != std::string::npos);
  }
}

TEST_CASE("token: files that others can read or own are warned of", "[config][token]") {  // T44
  struct Case {
    std::uint32_t mode;
    bool is_foreign;
    std::size_t warnings;
  };
  for (const auto& each :
       std::vector<Case>{{0600, false, 0}, {0400, false, 0}, {0644, false, 1}, {0640, false, 1}, {0600, true, 1}, {0644, true, 2}}) {
    Bench bench;
    bench.files["/home/u/.cache/huggingface/token"] = {"hf_file", each.mode, each.is_foreign};
    CHECK(bench.choose()->warnings.size() == each.warnings);
  }
}
