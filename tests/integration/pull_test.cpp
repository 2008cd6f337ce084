// pull against a well-behaved Hub: what lands on disk, what is printed, how many requests it takes.
#include "integration/sandbox.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace larder::test;
namespace fs = std::filesystem;

namespace {

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

std::string sha256_of(const std::string& bytes) { return Body::text(bytes).sha256(); }

unsigned int mode_of(const std::string& path) {
  struct stat facts {};
  ::lstat(path.c_str(), &facts);
  return facts.st_mode & 0777U;
}

}  // namespace

TEST_CASE("pull: an empty cache becomes what the real client makes of it", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult result = box.run({"pull", "org/m"});
  REQUIRE_EXIT(result, 0);
  const std::string snapshot = box.repo() + "/snapshots/" + kGoldenCommit;
  CHECK(result.out == snapshot + "\n");
  CHECK(box.ref() == kGoldenCommit);
  CHECK(read_all(box.cache() + "/CACHEDIR.TAG").size() == 191);  // R-503
  const std::string tree = read_all(box.repo() + "/trees/" + kGoldenCommit + ".json");
  CHECK(tree.size() == 731);
  CHECK(sha256_of(tree) == "9db7804c3104ad19508e28e28cbbe4a6dade38b06a36ecaa58909b95774a8956");  // R-530
  const HubRepo repo = golden_repo();
  for (const HubFile& file : repo.commits[0].files) {
    CAPTURE(file.path);
    CHECK(box.has_blob(file));
    const auto depth = static_cast<std::size_t>(std::count(file.path.begin(), file.path.end(), '/'));
    std::string text;
    for (std::size_t i = 0; i < depth + 2; ++i) text += "../";
    CHECK(fs::read_symlink(snapshot + "/" + file.path).string() == text + "blobs/" + file.blob());  // R-515
    CHECK(mode_of(box.repo() + "/blobs/" + file.blob()) == (0666U & ~022U));                        // R-508
  }
  CHECK(box.findings() == "");
  CHECK_FALSE(exists(box.repo() + "/.larder/partial"));
  // The empty file costs no GET (R-318), HEADs are never sent (R-333).
  CHECK(box.hub.server().count([](const LogEntry& entry) { return entry.request.method == "HEAD"; }) == 0);
  CHECK(box.hub.server().count([](const LogEntry& entry) { return contains(entry.request.target, "empty.txt"); }) == 0);
}

TEST_CASE("pull: what is here already is not asked for again", "[integration][pull]") {  // R-221, R-222
  Sandbox box;
  box.hub.put(golden_repo());
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  box.hub.clear_logs();
  SECTION("by branch: one request") {
    const RunResult again = box.run({"pull", "org/m"});
    CHECK_EXIT(again, 0);
    CHECK(again.out == box.repo() + "/snapshots/" + kGoldenCommit + "\n");
    CHECK(box.hub.requests() == 1);
  }
  SECTION("by commit: none at all") {
    CHECK_EXIT(box.run({"pull", "org/m@" + kGoldenCommit}), 0);
    CHECK(box.hub.requests() == 0);
  }
  SECTION("offline: no connection") {  // N47
    CHECK_EXIT(box.run({"pull", "org/m", "--offline"}), 0);
    box.environment["HF_HUB_OFFLINE"] = "1";
    CHECK_EXIT(box.run({"pull", "org/m"}), 0);
    CHECK(box.hub.requests() == 0);
  }
  SECTION("another commit: only what changed") {
    CHECK_EXIT(box.run({"pull", "org/m", "--revision", "v2"}), 0);
    CHECK(box.hub.file_bytes(*golden_repo().commits[0].find("model.bin")) == 0);
    CHECK(read_all(box.repo() + "/snapshots/" + std::string(40, '2') + "/config.json") == "{\"a\": 2}\n");
    CHECK(box.ref("main") == kGoldenCommit);
    CHECK(box.ref("v2") == std::string(40, '2'));
  }
  SECTION("with --force: again") {
    CHECK_EXIT(box.run({"pull", "org/m", "--force"}), 0);
    CHECK(box.hub.file_bytes(*golden_repo().commits[0].find("model.bin")) == 1048576);
  }
  CHECK(box.findings() == "");
}

TEST_CASE("pull: offline with an empty cache is exit 3 and no request", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  CHECK_EXIT(box.run({"pull", "org/m", "--offline"}), 3);
  CHECK_EXIT(box.run({"pull", "org/m@" + kGoldenCommit, "--offline"}), 3);
  CHECK(box.hub.requests() == 0);
}

TEST_CASE("every command: a cache folder that is a file is said to be one, before any request", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string file = box.root() + "/file";
  std::ofstream(file) << "mine";
  for (const Words& words : std::vector<Words>{{"pull", "org/m"},
                                               {"plan", "org/m"},
                                               {"pull", "org/m", "--offline"},
                                               {"resolve", "org/m", "--offline"},
                                               {"cache", "ls"},
                                               {"cache", "verify"},
                                               {"cache", "verify", "org/m@main"},
                                               {"cache", "prune"},
                                               {"cache", "pin", "org/m"},
                                               {"cache", "adopt", box.root(), "org/m"}}) {
    CAPTURE(words);
    Words all = words;
    all.insert(all.end(), {"--cache-dir", file});
    const RunResult result = box.run(all);
    CHECK_EXIT(result, 8);
    CHECK(
        contains(result.err, file + ": is a file where a folder belongs\nhint: move it away, or choose another folder with --cache-dir\n"));
  }
  CHECK(box.hub.requests() == 0);
  CHECK(read_all(file) == "mine");
}

TEST_CASE("resolve: a commit in capitals is told how it is written", "[integration][pull]") {  // R-107
  Sandbox box;
  HubRepo repo = golden_repo();
  repo.commits[0].id = std::string(40, 'a');
  repo.branches["main"] = repo.commits[0].id;
  box.hub.put(repo);
  for (const Words& words :
       std::vector<Words>{{"resolve", "org/m@" + std::string(40, 'A')}, {"resolve", "org/m@" + std::string(40, 'A'), "--offline"}}) {
    const RunResult result = box.run(words);
    CHECK_EXIT(result, 3);
    CHECK(contains(result.err, "a commit is written in small letters: " + std::string(40, 'a')));
  }
  CHECK_EXIT(box.run({"resolve", "org/m@AAAAAAA"}), 0);
}

TEST_CASE("pull: every form of a reference", "[integration][pull]") {  // R-116, R-117
  Sandbox box;
  HubRepo repo = golden_repo();
  repo.tags["v1.0"] = kGoldenCommit;
  repo.refs["refs/pr/1"] = kGoldenCommit;
  repo.branches["feature/x"] = kGoldenCommit;
  box.hub.put(repo);
  for (const char* type : {"dataset", "space", "kernel"}) {
    HubRepo other = golden_repo();
    other.type = type;
    other.id = "org/d";
    box.hub.put(other);
  }
  HubRepo legacy = golden_repo();
  legacy.id = "gpt2";
  box.hub.put(legacy);
  struct Case {
    Words reference;
    std::string folder;
    std::string ref;  // empty: none is written
  };
  const std::string host = box.hub.endpoint();
  for (const Case& c :
       {Case{{"org/m"}, "models--org--m", "main"}, Case{{"hf://org/m"}, "models--org--m", "main"},
        Case{{"models/org/m"}, "models--org--m", "main"}, Case{{"org/m@v1.0"}, "models--org--m", "v1.0"},
        Case{{"org/m@refs/pr/1"}, "models--org--m", "refs/pr/1"}, Case{{"org/m@feature%2Fx"}, "models--org--m", "feature/x"},
        Case{{"org/m", "--revision", "feature/x"}, "models--org--m", "feature/x"}, Case{{"org/m@" + kGoldenCommit}, "models--org--m", ""},
        Case{{"org/m@1111111"}, "models--org--m", ""}, Case{{"datasets/org/d"}, "datasets--org--d", "main"},
        Case{{"hf://spaces/org/d"}, "spaces--org--d", "main"}, Case{{"org/d", "--type", "kernel"}, "kernels--org--d", "main"},
        Case{{"org/d", "--repo-type", "dataset"}, "datasets--org--d", "main"}, Case{{"gpt2"}, "models--gpt2", "main"},
        Case{{host + "/org/m"}, "models--org--m", "main"}, Case{{host + "/org/m/tree/v1.0"}, "models--org--m", "v1.0"},
        Case{{host + "/datasets/org/d/tree/main"}, "datasets--org--d", "main"}}) {
    CAPTURE(c.reference);
    fs::remove_all(box.cache());
    Words words{"pull"};
    words.insert(words.end(), c.reference.begin(), c.reference.end());
    const RunResult result = box.run(words);
    CHECK_EXIT(result, 0);
    CHECK(result.out == box.cache() + "/" + c.folder + "/snapshots/" + kGoldenCommit + "\n");
    CHECK(exists(box.cache() + "/" + c.folder + "/refs/" + (c.ref.empty() ? "main" : c.ref)) == !c.ref.empty());
    CHECK(box.findings() == "");
  }
}

TEST_CASE("pull: references that are none are exit 2 before any request", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  for (const Words& words : std::vector<Words>{{"-a"},
                                               {"org/m@"},
                                               {"org/m@../x"},
                                               {"org/m", "--revision", "-x"},
                                               {"hf://gpt2"},
                                               {"org/m@main", "--revision", "v2"},
                                               {"datasets/org/m", "--type", "model"},
                                               {"a--b"},
                                               {"org/m.git"},
                                               {"https://example.com/a/b"},
                                               {"org/m", "--no-such-flag"},
                                               {"org/m", "config.json", "--include", "*"}}) {
    CAPTURE(words);
    Words all{"pull"};
    all.insert(all.end(), words.begin(), words.end());
    const RunResult result = box.run(all);
    CHECK_EXIT(result, 2);
    CHECK(result.out.empty());
    CHECK_FALSE(result.err.empty());
  }
  CHECK(box.hub.requests() == 0);
  CHECK_FALSE(exists(box.cache()));
}

TEST_CASE("pull: chosen files only, and the line on stdout for one of them", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string snapshot = box.repo() + "/snapshots/" + kGoldenCommit;
  SECTION("one FILE prints its own path") {
    const RunResult result = box.run({"pull", "org/m", "sub dir/deep/a#b.txt"});
    CHECK_EXIT(result, 0);
    CHECK(result.out == snapshot + "/sub dir/deep/a#b.txt\n");
    CHECK(read_all(snapshot + "/sub dir/deep/a#b.txt") == "nested\n");
    CHECK_FALSE(exists(snapshot + "/README.md"));
  }
  SECTION("a folder is everything below it") {
    CHECK_EXIT(box.run({"pull", "org/m", "sub dir"}), 0);
    CHECK(exists(snapshot + "/sub dir/deep/a#b.txt"));
    CHECK_FALSE(exists(snapshot + "/config.json"));
  }
  SECTION("two FILEs print the folder") {
    const RunResult result = box.run({"pull", "org/m", "README.md", "config.json"});
    CHECK_EXIT(result, 0);
    CHECK(result.out == snapshot + "\n");
  }
  SECTION("--include and --exclude") {
    CHECK_EXIT(box.run({"pull", "org/m", "--include", "*.json", "--include", "*.md", "--exclude", "README*"}), 0);
    CHECK(exists(snapshot + "/config.json"));
    CHECK_FALSE(exists(snapshot + "/README.md"));
    CHECK_FALSE(exists(snapshot + "/model.bin"));
  }
  SECTION("a filter that matches nothing: a warning, the folder, exit 0") {
    const RunResult result = box.run({"pull", "org/m", "--include", "*.none"});
    CHECK_EXIT(result, 0);
    CHECK(result.out == snapshot + "\n");
    CHECK_FALSE(result.err.empty());
  }
  SECTION("a FILE that is not there: exit 3, and a marker for it") {  // R-520
    const RunResult result = box.run({"pull", "org/m", "none.txt"});
    CHECK_EXIT(result, 3);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "none.txt"));
    CHECK(exists(box.repo() + "/.no_exist/" + kGoldenCommit + "/none.txt"));
  }
  CHECK(box.findings("") == "");
}

TEST_CASE("pull: names with spaces, signs and letters of all kinds", "[integration][pull]") {  // R-112
  Sandbox box;
  HubRepo repo;
  repo.id = "org/m";
  const std::vector<std::string> names{
      "a b.txt", "c#d?e.txt", "100%.txt", "a+b&c=d;e,f!$'()*[].txt", "\xc3\xa9/~x.txt", "\xe6\x97\xa5\xe6\x9c\xac.bin", "a%2Fb.txt",
      "con",     "....",      ".hidden",  "deep/1/2/3/4/5/6/7/f"};
  std::vector<HubFile> files;
  for (const std::string& name : names) files.emplace_back(name, Body::text("content of " + name));
  files.emplace_back("spaced model.bin", Body::pattern(200'000));
  repo.commit(files);
  box.hub.put(repo);
  const RunResult result = box.run({"pull", "org/m"});
  REQUIRE_EXIT(result, 0);
  const std::string snapshot = result.out.substr(0, result.out.size() - 1);
  for (const std::string& name : names) CHECK(read_all(snapshot + "/" + name) == "content of " + name);
  CHECK(read_all(snapshot + "/spaced model.bin") == Body::pattern(200'000).all());
  CHECK(box.findings() == "");
}

TEST_CASE("pull: many files, many pages, one connection for many requests", "[integration][pull]") {  // N48, R-213
  Sandbox box({.page_size = 100});
  HubRepo repo;
  repo.id = "org/m";
  std::vector<HubFile> files;
  for (int i = 0; i < 450; ++i) files.emplace_back("f/" + std::to_string(i) + ".txt", Body::text(std::to_string(i)));
  repo.commit(files);
  box.hub.put(repo);
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.hub.server().count([](const LogEntry& entry) { return contains(entry.request.target, "/tree/"); }) == 5);
  CHECK(box.hub.server().connections() <= 45);  // reuse of at least 95 % of some 900 requests
  CHECK(box.findings() == "");
}

TEST_CASE("pull --json: one document that says what happened", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult first = box.run({"pull", "org/m", "--json"});
  REQUIRE_EXIT(first, 0);
  const auto json = parse_output(first);
  CHECK(json["schema"] == "larder.pull/1");
  CHECK(json["repo"] == nlohmann::json({{"type", "model"}, {"id", "org/m"}}));
  CHECK(json["requested"] == "main");
  CHECK(json["commit"] == kGoldenCommit);
  CHECK(json["path"] == box.repo() + "/snapshots/" + kGoldenCommit);
  CHECK(json["files"].size() == 6);
  std::uint64_t total = 0;
  for (const auto& file : json["files"]) {
    CHECK(file["status"] == "fetched");
    const bool is_lfs = file["blob"].get<std::string>().size() == 64;
    CHECK(file["digest"] == (is_lfs ? "sha256:" : "git-sha1:") + file["blob"].get<std::string>());
    total += file["size"].get<std::uint64_t>();
  }
  CHECK(json["bytes"]["total"] == total);
  CHECK(json["bytes"]["fetched"] == total);
  CHECK(json["bytes"]["reused"] == 0);
  CHECK(json["requests"] == box.hub.requests());
  CHECK(json["left_out"].empty());
  const auto again = parse_output(box.run({"pull", "org/m", "--json"}));
  for (const auto& file : again["files"]) CHECK(file["status"] == "reused");
  CHECK(again["bytes"]["fetched"] == 0);
  CHECK(again["bytes"]["reused"] == total);
}

TEST_CASE("pull: --quiet prints the path alone, and progress never goes to stdout", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const RunResult quiet = box.run({"pull", "org/m", "--quiet"});
  CHECK_EXIT(quiet, 0);
  CHECK(lines(quiet.out) == 1);
  const RunResult events = box.run({"pull", "org/m", "--force", "--progress", "json", "-vv"});
  CHECK_EXIT(events, 0);
  CHECK(lines(events.out) == 1);
  CHECK(contains(events.err, "\"event\""));
}

TEST_CASE("pull: a moved repository is pulled under the id that was typed", "[integration][pull]") {  // R-206, R-504
  Sandbox box;
  HubRepo repo = golden_repo();
  repo.id = "new/name";
  box.hub.put(repo);
  box.hub.move("model", "old/name", "new/name");
  const auto json = parse_output(box.run({"pull", "old/name", "--json"}));
  CHECK(json["repo"]["id"] == "old/name");
  CHECK(json["repo"]["canonical"] == "new/name");
  CHECK(exists(box.repo("models--old--name") + "/refs/main"));
  CHECK(box.findings() == "");
}

TEST_CASE("pull --local-dir: real files, the metadata of hf, the cache untouched", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string folder = box.root() + "/home/model";
  const RunResult result = box.run({"pull", "org/m", "--local-dir", folder});
  REQUIRE_EXIT(result, 0);
  CHECK(result.out == folder + "\n");
  const HubRepo repo = golden_repo();
  for (const HubFile& file : repo.commits[0].files) {
    CAPTURE(file.path);
    CHECK(fs::is_regular_file(fs::symlink_status(folder + "/" + file.path)));
    CHECK(read_all(folder + "/" + file.path) == file.body.all());
    CHECK(exists(folder + "/.cache/huggingface/download/" + file.path + ".metadata"));
  }
  CHECK_FALSE(exists(box.cache() + "/models--org--m"));  // R-514
  SECTION("again: nothing is fetched") {
    box.hub.clear_logs();
    CHECK_EXIT(box.run({"pull", "org/m", "--local-dir", folder}), 0);
    CHECK(box.hub.requests() <= 2);
  }
  SECTION("a file the user edited is not overwritten") {
    std::ofstream(folder + "/config.json") << "mine";
    CHECK_EXIT(box.run({"pull", "org/m", "--local-dir", folder}), 11);
    CHECK(read_all(folder + "/config.json") == "mine");
    CHECK_EXIT(box.run({"pull", "org/m", "--local-dir", folder, "--overwrite"}), 0);
    CHECK(read_all(folder + "/config.json") == "{\"a\": 1}\n");
  }
}

TEST_CASE("pull: policies of the user are exit 11 and touch nothing", "[integration][pull]") {
  Sandbox box;
  box.hub.put(golden_repo());
  CHECK_EXIT(box.run({"pull", "org/m", "--require-pinned"}), 11);
  CHECK_EXIT(box.run({"pull", "org/m", "--no-pickle"}), 11);  // model.bin
  CHECK_FALSE(exists(box.repo() + "/refs/main"));
  CHECK_EXIT(box.run({"pull", "org/m", "--no-pickle", "--exclude", "*.bin"}), 0);
  CHECK_EXIT(box.run({"pull", "org/m@" + kGoldenCommit, "--require-pinned"}), 0);
}

TEST_CASE("pull: http and https, IPv4 and IPv6, one-step servers", "[integration][pull]") {  // R-310, N46
  FakeHubOptions options;
  SECTION("https") { options.certificate = CertificateKind::Good; }
  SECTION("IPv6") { options.uses_ipv6 = true; }
  SECTION("no redirects") { options.serves_directly = true; }
  Sandbox box(options);
  box.hub.put(golden_repo());
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.findings() == "");
}
