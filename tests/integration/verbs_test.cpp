// resolve, files, plan, env, doctor, completion, help: the verbs that change nothing.
#include "integration/sandbox.hpp"

#include <algorithm>

using namespace larder::test;

TEST_CASE("resolve: the commit and nothing else", "[integration][verbs]") {
  Sandbox box;
  HubRepo repo = golden_repo();
  repo.tags["v1.0"] = kGoldenCommit;
  box.hub.put(repo);
  for (const std::string reference : {"org/m", "org/m@v1.0", "org/m@1111111", "hf://org/m@main"}) {
    CAPTURE(reference);
    const RunResult result = box.run({"resolve", reference});
    CHECK_EXIT(result, 0);
    CHECK(result.out == kGoldenCommit + "\n");
  }
  const auto json = parse_output(box.run({"resolve", "org/m@v2", "--json"}));
  CHECK(json == nlohmann::json({{"schema", "larder.resolve/1"},
                                {"repo", {{"type", "model"}, {"id", "org/m"}}},
                                {"requested", "v2"},
                                {"commit", std::string(40, '2')}}));
  CHECK_EXIT(box.run({"resolve", "org/m@none"}), 3);
  CHECK_FALSE(exists(box.cache()));
}

TEST_CASE("resolve: a short commit that the server does not know by itself is looked up", "[integration][verbs]") {
  Sandbox box;
  HubRepo repo = golden_repo();
  repo.knows_short_commits = false;
  box.hub.put(repo);
  CHECK(box.run({"resolve", "org/m@2222222"}).out == std::string(40, '2') + "\n");
  CHECK_EXIT(box.run({"resolve", "org/m@3333333"}), 3);
}

TEST_CASE("resolve, files, plan, pull: a moved repository is said to have moved", "[integration][verbs]") {  // T18, R-206
  Sandbox box;
  box.hub.put(golden_repo());
  box.hub.move("model", "old/name", "org/m");
  for (const std::string verb : {"resolve", "files", "plan", "pull"}) {
    const RunResult result = box.run({verb, "old/name"});
    CHECK_EXIT(result, 0);
    CHECK(contains(result.err, "larder: warning: old/name is now called org/m on the Hub"));
  }
}

TEST_CASE("resolve: a branch whose slash was read as the begin of a path", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult path = box.run({"resolve", "org/m@feature/x"});
  CHECK_EXIT(path, 3);
  CHECK(contains(path.err, "a '/' in a branch is written %2F"));
  const RunResult none = box.run({"resolve", "org/m@feature"});
  CHECK_EXIT(none, 3);
  CHECK_FALSE(contains(none.err, "%2F"));
}

TEST_CASE("files: path, size and digest of every file", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult quiet = box.run({"files", "org/m", "--quiet"});
  CHECK_EXIT(quiet, 0);
  CHECK(quiet.out == ".gitattributes\nREADME.md\nconfig.json\nempty.txt\nmodel.bin\nsub dir/deep/a#b.txt\n");
  const auto json = parse_output(box.run({"files", "org/m", "--json", "--include", "model*"}));
  CHECK(json["schema"] == "larder.files/1");
  CHECK(json["commit"] == kGoldenCommit);
  REQUIRE(json["files"].size() == 1);
  CHECK(json["files"][0] == nlohmann::json({{"path", "model.bin"},
                                            {"size", 1048576},
                                            {"blob", "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83"},
                                            {"digest", "sha256:fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83"}}));
  CHECK_FALSE(exists(box.cache() + "/models--org--m"));
}

TEST_CASE("plan: a file in the root folder is told with one slash", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const auto json = parse_output(box.run({"plan", "org/m", "config.json", "--local-dir", "/", "--json"}));
  CHECK(json["path"] == "/config.json");
}

TEST_CASE("plan: says what pull would do and writes nothing", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const auto before = box.everything();
  for (const Words& words :
       {Words{"plan", "org/m", "--json"}, Words{"plan", "org/m", "--dry-run", "--json"}, Words{"pull", "org/m", "--dry-run", "--json"}}) {
    const RunResult result = box.run(words);
    REQUIRE_EXIT(result, 0);
    const auto json = parse_output(result);
    CHECK(json["schema"] == "larder.plan/1");
    CHECK(json["bytes"]["total"] == 1048614);
    CHECK(json["bytes"]["fetch"] == 1048614);
    CHECK(json["free_space"]["present"] > 0);
    for (const auto& file : json["files"]) CHECK(file["action"] == "fetch");
  }
  CHECK(box.everything() == before);
  CHECK(box.hub.cdn().count() == 0);
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  const auto after = parse_output(box.run({"plan", "org/m@v2", "--json"}));
  CHECK(after["bytes"]["fetch"] == 9);  // config.json
  CHECK(after["bytes"]["reuse"] == 1048605);
  CHECK_FALSE(exists(box.repo() + "/refs/v2"));
  CHECK_FALSE(exists(box.repo() + "/trees/" + std::string(40, '2') + ".json"));
}

TEST_CASE("plan: the number of requests is the one that pull then makes", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const auto planned = parse_output(box.run({"plan", "org/m", "--json"}));
  box.hub.clear_logs();
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(planned["requests"] == box.hub.requests());
}

TEST_CASE("pull ORG/NAME:QUANT: all splits of exactly one quantisation", "[integration][verbs]") {
  Sandbox box;
  HubRepo repo;
  repo.id = "org/m";
  repo.commit({{"m-Q4_K_M-00001-of-00002.gguf", "a"},
               {"m-Q4_K_M-00002-of-00002.gguf", "b"},
               {"m-Q8_0.gguf", "c"},
               {"mmproj-Q8_0.gguf", "d"},
               {"UD-Q2_K/m-00001-of-00002.gguf", "e"},
               {"README.md", "# hi"}});
  box.hub.put(repo);
  const std::string snapshot = box.repo() + "/snapshots/" + repo.branches["main"];
  CHECK_EXIT(box.run({"pull", "org/m:q4_k_m"}), 0);
  CHECK(exists(snapshot + "/m-Q4_K_M-00001-of-00002.gguf"));
  CHECK(exists(snapshot + "/m-Q4_K_M-00002-of-00002.gguf"));
  CHECK_FALSE(exists(snapshot + "/m-Q8_0.gguf"));
  const RunResult none = box.run({"pull", "org/m:Q4_K"});
  CHECK_EXIT(none, 3);
  CHECK(contains(none.err, "Q4_K_M"));
  CHECK_EXIT(box.run({"pull", "org/m:UD-Q2_K"}), 3);  // a split is missing
  for (const std::string verb : {"pull", "plan", "files"}) CHECK_EXIT(box.run({verb, "org/m:Q8_0", "--include", "*"}), 2);
}

TEST_CASE("pull and plan: words that contradict each other, and an empty reference, are exit 2", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  const auto requests = box.hub.requests();
  for (const std::string verb : {"pull", "plan"}) {
    const RunResult force = box.run({verb, "org/m", "--offline", "--force"});
    CHECK_EXIT(force, 2);
    CHECK(contains(force.err, "--force does not go with --offline"));
    const RunResult empty = box.run({verb, ""});
    CHECK_EXIT(empty, 2);
    CHECK(contains(empty.err, "larder: error: " + verb + ": the reference is empty\n"));
    const RunResult file = box.run({verb, "org/m", "config.json", ""});
    CHECK_EXIT(file, 2);
    CHECK(contains(file.err, "a FILE is empty\n"));
  }
  CHECK(box.hub.requests() == requests);
}

TEST_CASE("pull --prefer safetensors leaves out the other formats and says so", "[integration][verbs]") {
  Sandbox box;
  HubRepo repo;
  repo.id = "org/m";
  repo.commit({{"model.safetensors", "s"}, {"pytorch_model.bin", "p"}, {"tf_model.h5", "t"}, {"config.json", "{}"}, {"other/x.bin", "o"}});
  box.hub.put(repo);
  const auto json = parse_output(box.run({"pull", "org/m", "--prefer", "safetensors", "--json"}));
  Words left;
  for (const auto& file : json["left_out"]) left.push_back(file["path"]);
  CHECK(left == Words{"pytorch_model.bin", "tf_model.h5"});
  CHECK(json["files"].size() == 3);
}

TEST_CASE("env: every setting has a value and an origin, and no secret", "[integration][verbs]") {
  Sandbox box;
  box.environment["HF_TOKEN"] = kMemberToken;
  box.environment["LARDER_JOBS"] = "7";
  const RunResult result = box.run({"env", "--json"});
  REQUIRE_EXIT(result, 0);
  const auto json = parse_output(result);
  CHECK(json["schema"] == "larder.env/1");
  CHECK(json["paths"]["cache"] == box.cache());
  CHECK(json["token"]["present"] == true);
  CHECK(json["token"]["source"] == "HF_TOKEN");
  const auto& settings = json["settings"];
  const auto jobs = std::find_if(settings.begin(), settings.end(), [](const auto& setting) { return setting["key"] == "jobs"; });
  REQUIRE(jobs != settings.end());
  CHECK((*jobs)["origin"] == "environment");
  CHECK((*jobs)["from"] == "LARDER_JOBS");
  CHECK(box.hub.requests() == 0);
}

TEST_CASE("settings: values that don't parse are exit 2 and name their origin", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  box.environment["LARDER_JOBS"] = "many";
  const RunResult result = box.run({"pull", "org/m"});
  CHECK_EXIT(result, 2);
  CHECK(contains(result.err, "LARDER_JOBS"));
  CHECK(box.hub.requests() == 0);
}

TEST_CASE("doctor: one line a check, JSON of the same", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult result = box.run({"doctor", "fs", "--json"});
  CHECK_EXIT(result, 0);
  const auto json = parse_output(result);
  CHECK(json["schema"] == "larder.doctor/1");
  Words names;
  for (const auto& check : json["checks"]) names.push_back(check["name"]);
  for (const char* name :
       {"filesystem", "symlink", "reflink", "hardlink", "flock", "rename", "case", "permissions", "free-space", "inodes"}) {
    CAPTURE(name);
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }
  CHECK(box.findings() == "");
}

TEST_CASE("completion and help go to stdout and are exit 0", "[integration][verbs]") {
  Sandbox box;
  for (const Words& words : std::vector<Words>{{"--help"},
                                               {"pull", "--help"},
                                               {"cache", "--help"},
                                               {"cache", "gc", "--help"},
                                               {"auth", "--help"},
                                               {"completion", "bash"},
                                               {"completion", "zsh"},
                                               {"completion", "fish"}}) {
    CAPTURE(words);
    const RunResult result = box.run(words);
    CHECK_EXIT(result, 0);
    CHECK(result.out.size() > 100);
    CHECK(result.err.empty());
  }
  CHECK_EXIT(box.run({}), 2);
  CHECK_EXIT(box.run({"nonsense"}), 2);
}

TEST_CASE("stdout that is full or closed is exit 8, whatever was asked for", "[integration][verbs]") {  // L26
  Sandbox box;
  box.hub.put(golden_repo());
  for (const Words& words : std::vector<Words>{{"--version"},
                                               {"--help"},
                                               {"cache", "--help"},
                                               {"completion", "bash"},
                                               {"env"},
                                               {"resolve", "org/m"},
                                               {"pull", "org/m"},
                                               {"pull", "org/m", "--json"}}) {
    for (const auto target : {StreamTarget::DevFull, StreamTarget::Closed}) {
      CAPTURE(words);
      const RunResult result = box.run(words, target);
      CHECK_EXIT(result, 8);
      CHECK(contains(result.err, "larder: error: stdout: "));
    }
  }
  CHECK(box.findings() == "");
}

TEST_CASE("-v tells what will be done, -vv every request without its signature", "[integration][verbs]") {  // T42
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult plain = box.run({"pull", "org/m"});
  CHECK_FALSE(contains(plain.err, " info "));
  const RunResult some = box.run({"pull", "org/m", "--force", "-v"});
  CHECK(contains(some.err, "info commit " + kGoldenCommit));
  CHECK_FALSE(contains(some.err, "debug GET"));
  const RunResult all = box.run({"pull", "org/m", "--force", "-vv"});
  CHECK(contains(all.err, "/api/models/org/m/revision/main: 200, "));
  CHECK(contains(all.err, "?…: 200, "));
  CHECK(contains(all.out, kGoldenCommit));
}

TEST_CASE("completion needs no configuration", "[integration][verbs]") {
  Sandbox box;
  box.environment["LARDER_JOBS"] = "many";
  CHECK_EXIT(box.run({"env"}), 2);
  CHECK_EXIT(box.run({"completion", "bash"}), 0);
  CHECK_EXIT(box.run({"completion", "tcsh"}), 2);
}

TEST_CASE("files: a filter that matches nothing is said", "[integration][verbs]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult result = box.run({"files", "org/m", "--include", "*.none"});
  CHECK_EXIT(result, 0);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "no file matched"));
}
