// The cache verbs: ls, rm, prune, gc, verify, adopt, pin, unpin.
#include "integration/sandbox.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace larder::test;
namespace fs = std::filesystem;

namespace {

const std::string kSecond(40, '2');

// Both commits of the golden repository, and a data set.
void fill(Sandbox& box) {
  box.hub.put(golden_repo());
  HubRepo data = small_repo();
  data.type = "dataset";
  data.id = "org/d";
  box.hub.put(data);
  for (const Words& words : {Words{"pull", "org/m"}, Words{"pull", "org/m@v2"}, Words{"pull", "datasets/org/d"}})
    REQUIRE_EXIT(box.run(words), 0);
  box.hub.clear_logs();
}

void overwrite(const std::string& path, const std::string& bytes) {
  fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

Words targets(const nlohmann::json& items, const char* key) {
  Words all;
  for (const auto& item : items) all.push_back(item.value(key, ""));
  return all;
}

}  // namespace

TEST_CASE("cache ls: repositories, revisions, filters, an empty cache", "[integration][cache]") {
  Sandbox box;
  const auto empty = box.run({"cache", "ls", "--json"});
  CHECK_EXIT(empty, 0);
  CHECK(parse_output(empty)["repos"].empty());
  fill(box);
  const auto json = parse_output(box.run({"cache", "ls", "--json"}));
  CHECK(json["schema"] == "larder.cache.ls/1");
  CHECK(json["cache"] == box.cache());
  REQUIRE(json["repos"].size() == 2);
  const RunResult quiet = box.run({"cache", "ls", "--quiet", "--sort", "name:asc"});
  CHECK(contains(quiet.out, "model/org/m\n"));
  CHECK(contains(quiet.out, "dataset/org/d\n"));
  const auto revisions = parse_output(box.run({"cache", "ls", "--revisions", "--json", "--filter", "type=model"}));
  REQUIRE(revisions["revisions"].size() == 2);
  for (const auto& revision : revisions["revisions"]) {
    CHECK(revision["bytes"] == 1048614);
    CHECK(revision["complete"] == true);
    CHECK(revision["pinned"] == false);
  }
  CHECK(parse_output(box.run({"cache", "ls", "--json", "--filter", "size>2MB"}))["repos"].size() == 1);
  CHECK_EXIT(box.run({"cache", "ls", "--filter", "nonsense"}), 2);
  CHECK(box.hub.requests() == 0);
}

TEST_CASE("cache rm: a revision, a repository, a target that is not here", "[integration][cache]") {
  Sandbox box;
  fill(box);
  SECTION("nothing without a terminal and without --yes") {
    const auto before = box.everything();
    CHECK_EXIT(box.run({"cache", "rm", "model/org/m"}), 2);
    CHECK_EXIT(box.run({"cache", "rm", "model/org/m", "--dry-run"}), 0);
    CHECK(box.everything() == before);
  }
  SECTION("one revision keeps what the other needs") {
    CHECK_EXIT(box.run({"cache", "rm", "2222222", "-y"}), 0);
    CHECK_FALSE(exists(box.repo() + "/snapshots/" + kSecond));
    CHECK_FALSE(exists(box.repo() + "/refs/v2"));
    CHECK_FALSE(exists(box.repo() + "/blobs/3c27e19a80d4780c181bc216b4456841d86d74f3"));
    CHECK(read_all(box.repo() + "/snapshots/" + kGoldenCommit + "/model.bin").size() == 1048576);
  }
  SECTION("a repository goes whole, the other stays") {
    const auto json = parse_output(box.run({"cache", "rm", "model/org/m", "--yes", "--json"}));
    CHECK(json["schema"] == "larder.cache.removal/1");
    CHECK(json["bytes"]["freed"] >= 1048623);
    CHECK_FALSE(exists(box.repo()));
    CHECK(exists(box.repo("datasets--org--d")));
  }
  SECTION("not here: a warning, exit 0") {
    const RunResult result = box.run({"cache", "rm", "model/org/none", "-y"});
    CHECK_EXIT(result, 0);
    CHECK(contains(result.err, "org/none"));
  }
  CHECK(box.findings() == "");
}

TEST_CASE("cache rm: a snapshot entry that leads out of the cache loses only the link", "[integration][cache]") {  // I6, fact 6
  Sandbox box;
  fill(box);
  const std::string victim = box.root() + "/home/precious.txt";
  std::ofstream(victim) << "precious";
  fs::create_symlink(victim, box.repo() + "/snapshots/" + kGoldenCommit + "/evil.txt");
  CHECK_EXIT(box.run({"cache", "rm", "model/org/m", "-y"}), 0);
  CHECK(read_all(victim) == "precious");
}

TEST_CASE("cache prune: detached revisions go, pulled commits, pins and refs stay", "[integration][cache]") {
  Sandbox box;
  fill(box);
  fs::remove(box.repo() + "/refs/v2");  // detached now
  SECTION("detached") {
    CHECK_EXIT(box.run({"cache", "prune", "-y"}), 0);
    CHECK_FALSE(exists(box.repo() + "/snapshots/" + kSecond));
  }
  SECTION("pinned") {
    CHECK_EXIT(box.run({"cache", "pin", "org/m@" + kSecond}), 0);
    CHECK_EXIT(box.run({"cache", "prune", "-y"}), 0);
    CHECK(exists(box.repo() + "/snapshots/" + kSecond));
    CHECK_EXIT(box.run({"cache", "unpin", "org/m@" + kSecond}), 0);
    CHECK_EXIT(box.run({"cache", "prune", "-y"}), 0);
    CHECK_FALSE(exists(box.repo() + "/snapshots/" + kSecond));
  }
  SECTION("pulled by commit") {
    CHECK_EXIT(box.run({"pull", "org/m@" + kSecond}), 0);
    CHECK_EXIT(box.run({"cache", "prune", "-y"}), 0);
    CHECK(exists(box.repo() + "/snapshots/" + kSecond));
  }
  CHECK(exists(box.repo() + "/snapshots/" + kGoldenCommit));
  CHECK(box.findings() == "");
}

TEST_CASE("cache pin: some done and some failed is exit 10", "[integration][cache]") {
  Sandbox box;
  fill(box);
  CHECK_EXIT(box.run({"cache", "pin", "org/none"}), 3);
  const RunResult result = box.run({"cache", "pin", "org/m", "org/none", "--json"});
  CHECK_EXIT(result, 10);
  CHECK(parse_output(result)["code"] == "Partial");
  CHECK(parse_output(result)["failures"][0]["exit"] == 3);
}

TEST_CASE("cache unpin: the exit codes of several targets", "[integration][cache]") {
  Sandbox box;
  fill(box);
  CHECK_EXIT(box.run({"cache", "unpin", "org/m"}), 0);  // it was not pinned
  CHECK_EXIT(box.run({"cache", "pin", "org/m", "datasets/org/d"}), 0);
  CHECK_EXIT(box.run({"cache", "unpin", "org/none", "org/neither"}), 3);
  CHECK_EXIT(box.run({"cache", "unpin", "org/none", "org/m/file"}), 10);  // 3 and 2
  const RunResult result = box.run({"cache", "unpin", "org/none", "org/m"});
  CHECK_EXIT(result, 10);
  CHECK(contains(result.out, "unpinned org/m@"));
  CHECK(contains(result.err, "org/none"));
  const auto revisions = parse_output(box.run({"cache", "ls", "--revisions", "--json"}))["revisions"];
  for (const auto& revision : revisions) CHECK(revision["pinned"] == (revision["repo"]["type"] == "dataset"));
}

TEST_CASE("cache verify: one target that is not here keeps none of the others from being looked at", "[integration][cache]") {
  Sandbox box;
  fill(box);
  CHECK_EXIT(box.run({"cache", "verify", "org/m", "datasets/org/d"}), 0);
  CHECK_EXIT(box.run({"cache", "verify", "org/none"}), 3);
  CHECK_EXIT(box.run({"cache", "verify", "org/none", "org/m@none", "org/m@9999999"}), 3);
  CHECK_EXIT(box.run({"cache", "verify", "org/none", "org/m/config.json"}), 2);
  SECTION("the others are right") {
    const RunResult result = box.run({"cache", "verify", "org/none", "org/m"});
    CHECK_EXIT(result, 10);
    CHECK(contains(result.out, "all right"));
    CHECK(contains(result.err, "org/none: not in the cache"));
    const auto json = parse_output(box.run({"cache", "verify", "org/none", "org/m", "--json"}));
    CHECK(json["schema"] == "larder.error/1");
    CHECK(json["failures"][0]["path"] == "org/none");
    CHECK(json["failures"][0]["exit"] == 3);
  }
  SECTION("one of the others is damaged: that is what counts") {
    overwrite(box.repo() + "/blobs/fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83", "short");
    CHECK_EXIT(box.run({"cache", "verify", "org/m", "datasets/org/d"}), 7);
    const RunResult result = box.run({"cache", "verify", "org/none", "org/m", "--json"});
    CHECK_EXIT(result, 7);
    CHECK(parse_output(result)["schema"] == "larder.verify/1");
    CHECK_FALSE(parse_output(result)["findings"].empty());
    CHECK(contains(result.err, "org/none: not in the cache"));
  }
}

TEST_CASE("cache rm: what is no target says how one is written", "[integration][cache]") {
  Sandbox box;
  fill(box);
  const auto before = box.everything();
  for (const auto* target : {"111111", "1", "11111111111111111111111111111111111111111"}) {
    INFO(target);
    const RunResult result = box.run({"cache", "rm", target, "-y"});
    CHECK_EXIT(result, 0);
    CHECK(contains(result.err, "7 to 40 hex digits"));
    CHECK_FALSE(contains(result.err, "with its type"));
  }
  const RunResult result = box.run({"cache", "rm", "org/m", "-y"});
  CHECK_EXIT(result, 0);
  CHECK(contains(result.err, "with its type"));
  CHECK(box.everything() == before);
}

TEST_CASE("cache gc: needs a rule, and its dry run says what the run then does", "[integration][cache]") {
  Sandbox box;
  fill(box);
  CHECK_EXIT(box.run({"cache", "gc", "-y"}), 2);
  const auto plan = parse_output(box.run({"cache", "gc", "--max-size", "2M", "--dry-run", "--json"}));
  const auto before = box.everything();
  CHECK(plan["dry_run"] == true);
  CHECK_FALSE(plan["items"].empty());
  CHECK(box.everything() == before);
  const auto done = parse_output(box.run({"cache", "gc", "--max-size", "2M", "-y", "--json"}));
  CHECK(done["items"] == plan["items"]);
  CHECK(done["bytes"]["after"] <= 2'000'000);
  CHECK(box.findings() == "");
}

TEST_CASE("cache verify: finds every kind of damage without network, and --repair mends only that", "[integration][cache]") {  // C17, C18
  Sandbox box;
  fill(box);
  const std::string blob = box.repo() + "/blobs/fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83";
  CHECK_EXIT(box.run({"cache", "verify"}), 0);
  std::string kind;
  SECTION("flipped") {
    std::string bytes = read_all(blob);
    bytes[500'000] = static_cast<char>(~bytes[500'000]);
    overwrite(blob, bytes);
    kind = "digest";
  }
  SECTION("zeros, as a power cut may leave them") {  // L6
    overwrite(blob, std::string(read_all(blob).size(), '\0'));
    CHECK_EXIT(box.run({"pull", "org/m", "--offline"}), 0);  // looks at sizes only
    kind = "digest";
  }
  SECTION("truncated") {
    overwrite(blob, read_all(blob).substr(0, 1000));
    kind = "size";
  }
  SECTION("empty") {
    overwrite(blob, "");
    kind = "empty";
  }
  SECTION("missing") {
    fs::remove(blob);
    kind = "link";
  }
  CAPTURE(kind);
  const RunResult result = box.run({"cache", "verify", "--json"});
  CHECK_EXIT(result, 7);
  const auto json = parse_output(result);
  CHECK(json["schema"] == "larder.verify/1");
  CHECK_FALSE(json["findings"].empty());
  for (const auto& finding : json["findings"]) {
    CHECK(finding["repo"]["id"] == "org/m");
    CHECK(finding["repaired"] == false);
  }
  const auto kinds = targets(json["findings"], "kind");
  CHECK((std::count(kinds.begin(), kinds.end(), kind) > 0 || (kind == "link" && std::count(kinds.begin(), kinds.end(), "missing") > 0) ||
         (kind == "empty" && std::count(kinds.begin(), kinds.end(), "size") > 0)));
  CHECK(box.hub.requests() == 0);
  CHECK_EXIT(box.run({"cache", "verify", "--repair"}), 0);
  CHECK(box.hub.file_bytes(*golden_repo().commits[0].find("model.bin")) == 1048576);
  CHECK(box.hub.file_bytes(*golden_repo().commits[0].find("config.json")) == 0);
  CHECK_EXIT(box.run({"cache", "verify"}), 0);
  CHECK(box.findings() == "");
}

TEST_CASE("cache verify --invariants: names the invariant that does not hold", "[integration][cache]") {
  Sandbox box;
  fill(box);
  CHECK_EXIT(box.run({"cache", "verify", "--invariants"}), 0);
  struct Case {
    std::string invariant;
    std::function<void()> damage;
  };
  const std::string ref = box.repo() + "/refs/main";
  for (const auto& [invariant, damage] :
       {Case{"I2", [&] { overwrite(ref, kGoldenCommit + "\n"); }}, Case{"I2", [&] { overwrite(ref, std::string(40, '3')); }},
        Case{"I3", [&] { fs::create_symlink("/etc/passwd", box.repo() + "/snapshots/" + kGoldenCommit + "/x"); }},
        Case{"I4", [&] { std::ofstream(box.repo() + "/refs/main.1a2b3c4d.tmp") << kGoldenCommit; }}}) {
    CAPTURE(invariant);
    damage();
    const RunResult result = box.run({"cache", "verify", "--invariants", "--json"});
    CHECK_EXIT(result, 7);
    const auto named = targets(parse_output(result)["findings"], "invariant");
    CHECK(std::count(named.begin(), named.end(), invariant) > 0);
    fs::remove(box.repo() + "/snapshots/" + kGoldenCommit + "/x");
    fs::remove(box.repo() + "/refs/main.1a2b3c4d.tmp");
    overwrite(ref, kGoldenCommit);
  }
}

TEST_CASE("pull: a cache that others damaged is mended or refused, never believed", "[integration][cache]") {  // C16–C19
  Sandbox box;
  fill(box);
  const std::string blob = box.repo() + "/blobs/fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83";
  const std::string snapshot = box.repo() + "/snapshots/" + kGoldenCommit;
  SECTION("a truncated blob is fetched again") { overwrite(blob, "short"); }
  SECTION("a missing blob") { fs::remove(blob); }
  SECTION("a broken link") {
    fs::remove(snapshot + "/config.json");
    fs::create_symlink("../../blobs/" + std::string(40, '0'), snapshot + "/config.json");
  }
  SECTION("a missing link") { fs::remove(snapshot + "/config.json"); }
  SECTION("no ref") { fs::remove(box.repo() + "/refs/main"); }
  SECTION("an empty ref") { overwrite(box.repo() + "/refs/main", ""); }
  SECTION("a ref to nothing") { overwrite(box.repo() + "/refs/main", std::string(40, '9')); }
  SECTION("a ref with a newline") { overwrite(box.repo() + "/refs/main", kGoldenCommit + "\n"); }
  SECTION("a corrupt tree") { overwrite(box.repo() + "/trees/" + kGoldenCommit + ".json", "{"); }
  SECTION("no tree") { fs::remove(box.repo() + "/trees/" + kGoldenCommit + ".json"); }
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.findings() == "");
  CHECK(box.ref() == kGoldenCommit);
}

TEST_CASE("pull: links planted in a cache are not written through", "[integration][cache]") {  // T48, T49
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string victim = box.root() + "/home/victim";
  fs::create_directories(victim);
  std::ofstream(victim + "/file") << "precious";
  fs::create_directories(box.repo() + "/blobs");
  fs::create_directories(box.repo() + "/refs");
  fs::create_directories(box.repo() + "/snapshots");
  SECTION("a ref") { fs::create_symlink(victim + "/file", box.repo() + "/refs/main"); }
  SECTION("a blob") { fs::create_symlink(victim + "/file", box.repo() + "/blobs/cb5b2f69babc53f9145b45ad20b9a075d48717ef"); }
  SECTION("a snapshot folder") { fs::create_directory_symlink(victim, box.repo() + "/snapshots/" + kGoldenCommit); }
  SECTION("the blobs folder") {
    fs::remove(box.repo() + "/blobs");
    fs::create_directory_symlink(victim, box.repo() + "/blobs");
  }
  SECTION("a folder inside a snapshot") {
    fs::create_directories(box.repo() + "/snapshots/" + kGoldenCommit);
    fs::create_directory_symlink(victim, box.repo() + "/snapshots/" + kGoldenCommit + "/sub dir");
  }
  const RunResult result = box.run({"pull", "org/m"});
  INFO(result.err);
  CHECK((result.exit == 0 || result.exit == 12));
  CHECK(read_all(victim + "/file") == "precious");
  CHECK(std::distance(fs::recursive_directory_iterator(victim), {}) == 1);
}

TEST_CASE("pull --local-dir: a link in the folder is not followed, .git is not touched", "[integration][cache]") {  // T5, T11
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string folder = box.root() + "/home/model";
  const std::string victim = box.root() + "/home/victim";
  fs::create_directories(folder);
  fs::create_directories(victim);
  fs::create_directory_symlink(victim, folder + "/sub dir");
  const RunResult result = box.run({"pull", "org/m", "--local-dir", folder});
  CHECK_EXIT(result, 12);
  CHECK(fs::is_empty(victim));
}

TEST_CASE("cache verify --local-dir --repair: a commit that cannot be repaired hides no other", "[integration][cache]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string folder = box.root() + "/home/model";
  REQUIRE_EXIT(box.run({"pull", "org/m", "--local-dir", folder}), 0);
  REQUIRE_EXIT(box.run({"pull", "org/m@v2", "config.json", "--local-dir", folder}), 0);
  fs::remove(folder + "/README.md");    // of the first commit, which the Hub has lost
  fs::remove(folder + "/config.json");  // of the second
  box.hub.fault("README.md", "status:404");
  const RunResult result = box.run({"cache", "verify", "org/m", "--repair", "--local-dir", folder});
  CHECK_EXIT(result, 7);
  CHECK(read_all(folder + "/config.json") == "{\"a\": 2}\n");
  CHECK(contains(result.err, "README.md"));
  CHECK_FALSE(exists(folder + "/README.md"));
}

TEST_CASE("cache verify --repair: what was found is told when nothing can be repaired", "[integration][cache]") {
  Sandbox box;
  box.hub.put(golden_repo());
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  fs::resize_file(fs::canonical(box.repo() + "/snapshots/" + kGoldenCommit + "/README.md"), 2);
  box.hub.fault("README.md", "status:404");
  const RunResult result = box.run({"cache", "verify", "--repair"});
  CHECK_EXIT(result, 3);
  CHECK(contains(result.out, "size"));
  CHECK(contains(result.out, "damaged"));
}

TEST_CASE("cache adopt: files that are on this machine are taken over without download", "[integration][cache]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string folder = box.root() + "/home/copy";
  fs::create_directories(folder + "/sub dir/deep");
  const HubRepo golden = golden_repo();
  for (const HubFile& file : golden.commits[0].files) std::ofstream(folder + "/" + file.path, std::ios::binary) << file.body.all();
  const RunResult result = box.run({"cache", "adopt", folder, "org/m", "--json"});
  REQUIRE_EXIT(result, 0);
  CHECK(parse_output(result)["schema"] == "larder.cache.adopt/1");
  CHECK(box.hub.cdn().count() == 0);
  box.hub.clear_logs();
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.hub.server().body_bytes() < 10'000);  // info, perhaps a tree; no file
  CHECK(box.hub.cdn().count() == 0);
  CHECK(box.findings() == "");
  CHECK(read_all(folder + "/config.json") == "{\"a\": 1}\n");
}

TEST_CASE("cache adopt: a folder carried to a machine without network", "[integration][cache]") {  // R-530, the README's three commands
  Sandbox box;
  box.hub.put(golden_repo());
  const bool was_cached = GENERATE(false, true);
  CAPTURE(was_cached);
  if (was_cached) REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  const std::string stick = box.root() + "/stick";
  REQUIRE_EXIT(box.run({"pull", "org/m", "--local-dir", stick}), 0);
  box.environment["HF_HUB_CACHE"] = box.root() + "/other";
  box.environment["HF_HUB_OFFLINE"] = "1";
  const auto before = box.hub.requests();
  REQUIRE_EXIT(box.run({"cache", "adopt", stick, "org/m@" + kGoldenCommit}), 0);
  CHECK_EXIT(box.run({"pull", "org/m@" + kGoldenCommit}), 0);
  CHECK_EXIT(box.run({"cache", "verify"}), 0);
  CHECK(box.hub.requests() == before);
}

TEST_CASE("cache adopt: another cache as it is, with its tag and its locks", "[integration][cache]") {
  Sandbox box;
  box.hub.put(golden_repo());
  const std::string old = box.root() + "/home/old";
  REQUIRE_EXIT(box.run({"pull", "org/m", "--cache-dir", old}), 0);
  std::ofstream(old + "/notes.txt") << "mine";
  box.hub.clear_logs();
  REQUIRE_EXIT(box.run({"cache", "adopt", old, "--offline"}), 0);
  CHECK_EXIT(box.run({"pull", "org/m", "--offline"}), 0);
  CHECK(box.ref() == kGoldenCommit);
  CHECK(box.findings() == "");
  CHECK(box.hub.server().body_bytes() == 0);
}
