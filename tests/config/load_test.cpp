#include <larder/config/load.hpp>

#include <larder/config/table.hpp>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <fstream>

using namespace larder;
using namespace larder::config;

namespace {

/// A home and a project below a folder that goes away.
class Ground {
 public:
  Ground() {
    dir_.folder("home/work/project/deep");
    inputs.environment = {{"HOME", home()}};
    inputs.working_folder = home() + "/work/project/deep";
  }

  [[nodiscard]] std::string home() const { return dir_ / "home"; }
  [[nodiscard]] std::string root() const { return dir_.path(); }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  void user(const std::string& text) const { write(home() + "/.config/larder/config.toml", text); }
  void project(const std::string& text) const { write(home() + "/work/project/larder.toml", text); }

  LoadInputs inputs;

 private:
  larder::test::TempDir dir_;
};

Loaded good(const LoadInputs& inputs) {
  auto loaded = load(inputs);
  if (!loaded) FAIL(loaded.error().text());
  return std::move(*loaded);
}

/// Message of a load that must fail with exit 2.
std::string bad(const LoadInputs& inputs) {
  const auto loaded = load(inputs);
  REQUIRE_FALSE(loaded);
  CHECK(exit_code(loaded.error().code) == 2);
  return loaded.error().text();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("load: nothing set gives the defaults", "[config][load]") {
  Ground ground;
  const auto loaded = good(ground.inputs);
  CHECK(loaded.settings.cache_dir == ground.home() + "/.cache/huggingface/hub");
  CHECK(loaded.settings.token_file == ground.home() + "/.cache/huggingface/token");
  CHECK(loaded.settings.endpoint == "https://huggingface.co");
  CHECK(loaded.settings.max_memory == 33554432);
  CHECK(loaded.settings.header_timeout == std::chrono::seconds(30));
  CHECK(loaded.places.user_config == ground.home() + "/.config/larder/config.toml");
  CHECK(loaded.places.project_config.empty());
  for (const auto& source : loaded.sources) CHECK(source == Source{});
}

TEST_CASE("load: flag beats environment beats project beats user beats default", "[config][load]") {
  Ground ground;
  ground.user("jobs = 1\nretries = 1\nprefer = \"gguf\"\nno_pickle = true\n");
  CHECK(good(ground.inputs).settings.jobs == 1);
  CHECK(good(ground.inputs).source("jobs") == Source{Origin::User, ground.home() + "/.config/larder/config.toml"});
  ground.project("jobs = 2\nretries = 2\nprefer = \"onnx\"\n");
  CHECK(good(ground.inputs).settings.jobs == 2);
  CHECK(good(ground.inputs).source("jobs") == Source{Origin::Project, ground.home() + "/work/project/larder.toml"});
  ground.inputs.environment["LARDER_JOBS"] = "3";
  ground.inputs.environment["LARDER_RETRIES"] = "3";
  CHECK(good(ground.inputs).settings.jobs == 3);
  CHECK(good(ground.inputs).source("jobs") == Source{Origin::Environment, "LARDER_JOBS"});
  ground.inputs.flags["jobs"] = {"4"};
  const auto loaded = good(ground.inputs);
  CHECK(loaded.settings.jobs == 4);
  CHECK(loaded.source("jobs") == Source{Origin::Flag, "--jobs"});
  CHECK(loaded.settings.retries == 3);
  CHECK(loaded.settings.prefer == "onnx");
  CHECK(loaded.settings.no_pickle);
}

TEST_CASE("load: larder's variable goes before the Hub's, in their order", "[config][load]") {
  struct Case {
    const char* key;
    std::vector<std::pair<const char*, const char*>> variables;  // weakest first
  };
  const std::vector<Case> cases{
      {"cache_dir", {{"HF_HOME", "/h"}, {"HUGGINGFACE_HUB_CACHE", "/old"}, {"HF_HUB_CACHE", "/new"}, {"LARDER_CACHE_DIR", "/own"}}},
      {"endpoint", {{"HF_ENDPOINT", "https://a.example"}, {"HUGGINGFACE_CO_STAGING", "1"}, {"LARDER_ENDPOINT", "https://c.example"}}},
      {"token_file", {{"HF_HOME", "/h"}, {"HF_TOKEN_PATH", "/t"}, {"HUGGINGFACE_CO_STAGING", "true"}, {"LARDER_TOKEN_FILE", "/own"}}},
      {"offline", {{"TRANSFORMERS_OFFLINE", "1"}, {"HF_HUB_OFFLINE", "0"}, {"LARDER_OFFLINE", "1"}}},
      {"stall_timeout", {{"HF_HUB_DOWNLOAD_TIMEOUT", "7"}, {"LARDER_STALL_TIMEOUT", "9"}}},
      {"http_proxy", {{"ALL_PROXY", "http://d"}, {"all_proxy", "http://c"}, {"HTTP_PROXY", "http://b"}, {"http_proxy", "http://a"}}},
      {"https_proxy", {{"ALL_PROXY", "http://d"}, {"all_proxy", "http://c"}, {"HTTPS_PROXY", "http://b"}, {"https_proxy", "http://a"}}},
      {"no_proxy", {{"NO_PROXY", "b"}, {"no_proxy", "a"}}},
  };
  for (const auto& each : cases) {
    Ground ground;
    for (const auto& [name, value] : each.variables) {
      ground.inputs.environment[name] = value;
      INFO(each.key << " by " << name);
      CHECK(good(ground.inputs).source(each.key) == Source{Origin::Environment, name});
    }
  }
}

TEST_CASE("load: set but empty is unset", "[config][load]") {
  Ground ground;
  for (const char* name :
       {"LARDER_CACHE_DIR", "HF_HUB_CACHE", "HF_HOME", "LARDER_JOBS", "HF_ENDPOINT", "HF_HUB_OFFLINE", "XDG_CACHE_HOME"}) {
    ground.inputs.environment[name] = "";
  }
  for (const auto& source : good(ground.inputs).sources) CHECK(source == Source{});
  ground.inputs.environment["TRANSFORMERS_OFFLINE"] = "yes";  // only if the former is unset or empty
  CHECK(good(ground.inputs).settings.offline);
}

TEST_CASE("load: an empty name of the cache folder is said to be unset", "[config][load]") {
  struct Case {
    Variables variables;
    std::size_t warnings;
  };
  for (const auto& each : std::vector<Case>{{{{"HF_HUB_CACHE", ""}}, 1},
                                            {{{"HF_HUB_CACHE", ""}, {"HF_HOME", ""}}, 2},
                                            {{{"HF_HUB_CACHE", "/srv/hub"}, {"HF_HOME", ""}}, 0},
                                            {{{"HF_HUB_CACHE", ""}, {"LARDER_CACHE_DIR", "/srv/hub"}}, 0},
                                            {{{"HF_ENDPOINT", ""}}, 0}}) {
    Ground ground;
    ground.inputs.environment.insert(each.variables.begin(), each.variables.end());
    const auto loaded = good(ground.inputs);
    CHECK(loaded.warnings.size() == each.warnings);
    if (!loaded.warnings.empty())
      CHECK(has(loaded.warnings.front(), "HF_HUB_CACHE is empty and counts as unset: the cache is " + ground.home()));
  }
}

TEST_CASE("load: a key that only hf's variable sets is not ignored in silence under larder's name", "[config][load]") {
  Ground ground;
  ground.inputs.environment["LARDER_DISABLE_XET"] = "1";
  const auto loaded = good(ground.inputs);
  CHECK_FALSE(loaded.settings.disable_xet);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(has(loaded.warnings.front(), "HF_HUB_DISABLE_XET"));
}

TEST_CASE("load: HF_HOME moves cache and token, XDG_CACHE_HOME only the default", "[config][load]") {
  Ground ground;
  ground.user("cache_dir = \"/by/user\"\n");
  ground.inputs.environment["XDG_CACHE_HOME"] = "/xdg";
  auto loaded = good(ground.inputs);
  CHECK(loaded.settings.cache_dir == "/by/user");
  CHECK(loaded.settings.token_file == "/xdg/huggingface/token");
  CHECK(loaded.places.hf_home == "/xdg/huggingface");
  ground.inputs.environment["HF_HOME"] = "$XDG_CACHE_HOME/${NONE}/hf";
  loaded = good(ground.inputs);
  CHECK(loaded.settings.cache_dir == "/xdg/${NONE}/hf/hub");
  CHECK(loaded.settings.token_file == "/xdg/${NONE}/hf/token");
}

TEST_CASE("load: paths are expanded and made absolute against where they are written", "[config][load]") {
  Ground ground;
  ground.inputs.environment["V"] = "vv";
  ground.inputs.environment["HF_HUB_CACHE"] = "~/a/$V";
  CHECK(good(ground.inputs).settings.cache_dir == ground.home() + "/a/vv");
  ground.inputs.environment["HF_HUB_CACHE"] = "rel/";
  CHECK(good(ground.inputs).settings.cache_dir == ground.inputs.working_folder + "/rel");
  ground.inputs.environment.erase("HF_HUB_CACHE");
  ground.project("cache_dir = \"./cache\"\n");
  CHECK(good(ground.inputs).settings.cache_dir == ground.home() + "/work/project/cache");
  ground.inputs.flags["cache_dir"] = {"~/$V"};
  CHECK(good(ground.inputs).settings.cache_dir == ground.home() + "/$V");
}

TEST_CASE("load: the project file is the nearest one, not beyond .git or home", "[config][load]") {
  Ground ground;
  const auto project = ground.home() + "/work/project";
  ground.write(ground.root() + "/larder.toml", "jobs = 9\n");
  CHECK(good(ground.inputs).places.project_config.empty());  // above home
  ground.write(ground.home() + "/larder.toml", "jobs = 1\n");
  CHECK(good(ground.inputs).places.project_config == ground.home() + "/larder.toml");
  std::filesystem::create_directories(project + "/.git");
  CHECK(good(ground.inputs).places.project_config.empty());
  ground.project("jobs = 2\n");
  CHECK(good(ground.inputs).places.project_config == project + "/larder.toml");
  ground.write(project + "/deep/larder.toml", "jobs = 3\n");
  CHECK(good(ground.inputs).settings.jobs == 3);
  ground.inputs.working_folder.clear();  // deleted under our feet
  CHECK(good(ground.inputs).places.project_config.empty());
}

TEST_CASE("load: the project file may not choose a token file", "[config][load]") {
  Ground ground;
  ground.project("jobs = 1\ntoken_file = \"t\"\n");
  const auto text = bad(ground.inputs);
  CHECK(has(text, "larder.toml:2"));
  CHECK(has(text, "token_file"));
  ground.project("");
  ground.user("token_file = \"t\"\n");
  CHECK(good(ground.inputs).settings.token_file == ground.home() + "/.config/larder/t");
}

TEST_CASE("load: what does not parse names its origin", "[config][load]") {
  struct Case {
    const char* user;
    const char* variable;
    const char* value;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"jbos = 1\n", nullptr, nullptr, "config.toml:1"},
      {"\nhttp_proxy = \"x\"\n", nullptr, nullptr, "config.toml:2"},
      {"jobs = \"many\"\n", nullptr, nullptr, "config.toml:1"},
      {"jobs = 1.5\n", nullptr, nullptr, "config.toml:1"},
      {"mirror = \"https://a.example\"\nmirror = 1\n", nullptr, nullptr, "config.toml:2"},
      {"jobs = \n", nullptr, nullptr, "config.toml:1"},
      {"", "LARDER_JOBS", "many", "LARDER_JOBS"},
      {"", "LARDER_OFFLINE", "maybe", "LARDER_OFFLINE"},
      {"", "HF_ENDPOINT", "huggingface.co", "HF_ENDPOINT"},
      {"", "HF_HUB_ETAG_TIMEOUT", "soon", "HF_HUB_ETAG_TIMEOUT"},
  };
  for (const auto& each : cases) {
    Ground ground;
    ground.user(each.user);
    if (each.variable != nullptr) ground.inputs.environment[each.variable] = each.value;
    CHECK(has(bad(ground.inputs), each.expected));
  }
  Ground ground;
  ground.inputs.flags["jobs"] = {"many"};
  CHECK(bad(ground.inputs) == "--jobs: 'many' is not a whole number");
}

TEST_CASE("load: an unknown key is answered with the nearest known one", "[config][load]") {
  Ground ground;
  ground.user("stal_timeout = 1\n");
  const auto loaded = load(ground.inputs);
  REQUIRE_FALSE(loaded);
  CHECK(has(loaded.error().hint, "stall_timeout"));
}

TEST_CASE("load: a variable that nearly is a setting is warned of", "[config][load]") {
  Ground ground;
  ground.inputs.environment["LARDER_JOB"] = "4";
  ground.inputs.environment["LARDER_SOMETHING_OF_OURS"] = "4";
  const auto loaded = good(ground.inputs);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(has(loaded.warnings.front(), "LARDER_JOBS"));
}

TEST_CASE("load: HTTP_PROXY is not believed in a CGI program", "[config][load]") {
  Ground ground;
  ground.inputs.environment["HTTP_PROXY"] = "http://evil";
  ground.inputs.environment["REQUEST_METHOD"] = "GET";
  CHECK(good(ground.inputs).settings.http_proxy.empty());
}

TEST_CASE("load: certificates come from the first variable that is set", "[config][load]") {
  Ground ground;
  auto& environment = ground.inputs.environment;
  environment["CURL_CA_BUNDLE"] = ground.home();
  CHECK(good(ground.inputs).settings.ca_folder == ground.home());
  environment["REQUESTS_CA_BUNDLE"] = "/ca.pem";
  CHECK(good(ground.inputs).settings.ca_file == "/ca.pem");
  CHECK(good(ground.inputs).settings.ca_folder.empty());
  environment["SSL_CERT_DIR"] = "/certs";
  CHECK(good(ground.inputs).settings.ca_folder == "/certs");
  environment["SSL_CERT_FILE"] = "/own.pem";
  const auto loaded = good(ground.inputs);
  CHECK(loaded.settings.ca_file == "/own.pem");
  CHECK(loaded.settings.ca_folder.empty());
  CHECK(loaded.source("ca_file").from == "SSL_CERT_FILE");
}

TEST_CASE("load: terminal facts", "[config][load]") {
  Ground ground;
  auto& environment = ground.inputs.environment;
  CHECK(good(ground.inputs).terminal.is_dumb);
  environment["TERM"] = "xterm";
  environment["CI"] = "true";
  environment["NO_COLOR"] = "0";  // any value, by no-color.org
  environment["COLUMNS"] = "132";
  const auto terminal = good(ground.inputs).terminal;
  CHECK_FALSE(terminal.is_dumb);
  CHECK(terminal.is_ci);
  CHECK(terminal.no_color);
  CHECK(terminal.columns == 132);
  environment["CI"] = "false";
  environment["COLUMNS"] = "wide";
  CHECK_FALSE(good(ground.inputs).terminal.is_ci);
  CHECK(good(ground.inputs).terminal.columns == 0);
}
