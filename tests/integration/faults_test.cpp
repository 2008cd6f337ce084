// pull against a Hub that misbehaves: the exit code, and a cache that is right whatever happened.
#include "integration/sandbox.hpp"

#include <filesystem>

using namespace larder::test;
namespace fs = std::filesystem;

namespace {

struct Case {
  std::string target;
  std::string fault;
  int exit;
};

// After any failure: no wrong blob, no ref, no junk that a reader could see; and the next run finishes (I1–I4, I11).
void check_failed_then_well(Sandbox& box, const RunResult& result, int exit) {
  CHECK_EXIT(result, exit);
  CHECK(box.findings("") == "");
  if (exit == 0) {
    CHECK(box.findings("--complete") == "");
    CHECK(box.ref().has_value());
  } else {
    CHECK_FALSE(box.ref().has_value());
    CHECK(result.out.empty());
    CHECK(contains(result.err, "larder: error:"));
  }
  box.hub.clear_faults();
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.findings("--complete") == "");
}

void run_cases(const std::vector<Case>& cases, const FakeHubOptions& options = {}) {
  for (const Case& c : cases) {
    CAPTURE(c.target, c.fault);
    Sandbox box(options);
    box.hub.put(small_repo());
    box.hub.fault(c.target, c.fault);
    check_failed_then_well(box, box.run({"pull", "org/m", "--retries", "2", "--stall-timeout", "2"}), c.exit);
  }
}

}  // namespace

TEST_CASE("pull: faults that another try cures leave no trace", "[integration][faults][cured]") {
  run_cases({
      {"model.bin", "wrong1", 0},                                      // N30
      {"notes.txt", "wrong1", 0},                                      // the same of a small file
      {"model.bin", "short", 0},                                       // N8
      {"notes.txt", "short", 0},                                       //
      {"model.bin", "cut:0", 0},                                       // N7
      {"model.bin", "cut:1", 0},                                       //
      {"model.bin", "cut:1048576", 0},                                 //
      {"model.bin", "cut:3145727", 0},                                 //
      {"notes.txt", "cut:3", 0},                                       //
      {"model.bin", "rst-hdr:0", 0},                                   // N6
      {"model.bin", "rst-hdr:60", 0},                                  //
      {"api:tree", "rst-hdr:20", 0},                                   //
      {"model.bin", "chunk-noterm", 0},                                // N9
      {"model.bin", "5xx:1", 0},                                       // N20
      {"api:info", "5xx:1", 0},                                        //
      {"resolve:model.bin", "5xx:1", 0}, {"notes.txt", "503body", 0},  // N21
      {"model.bin", "503body", 0},       {"model.bin", "expire", 0},   // N22
      {"model.bin", "expire*2", 0},                                    // T38: at most three without progress
      {"model.bin", "429s:1", 0},                                      // N15
      {"resolve:*", "429d", 0},                                        // N16
      {"api:info", "ratelimit:1", 0}                                   // N18
  });
}

TEST_CASE("pull: faults that are none", "[integration][faults][none]") {
  run_cases({{"model.bin", "chunked", 0},                // N10
             {"notes.txt", "chunked", 0},                //
             {"model.bin", "shortrange", 0},             // T30: legal
             {"model.bin", "date-skew", 0},              // N44
             {"*", "connclose", 0},                      // N42
             {"api:*", "connclose", 0},                  //
             {"model.bin", "hints", 0},                  // N41
             {"api:tree", "hints", 0},                   //
             {"*", "http10", 0},                         //
             {"model.bin", "close-idle", 0},             // N39
             {"notes.txt", "close-idle", 0},             //
             {"api:tree", "close-idle", 0},              //
             {"model.bin", "hops:9", 0},                 // T26: ten hops are allowed, and the CDN is the tenth
             {"model.bin", "etag:\"not-a-digest\"", 0},  // T33: of another shape: ignored
             {"model.bin", "etag:W/\"\"", 0},
             {"model.bin", "slice200", 0},  // T31
             {"model.bin", "cut200", 0}});
}

TEST_CASE("pull: bytes that are wrong for good are exit 7", "[integration][faults][lasting]") {  // T20, N31
  run_cases({{"model.bin", "wrong", 7}, {"model.bin", "wrong:0", 7}, {"model.bin", "wrong:3145727", 7}, {"notes.txt", "wrong", 7}});
  run_cases({{"model.bin", "wrong", 7}, {"notes.txt", "wrong:0", 7}}, {.serves_directly = true});
}

TEST_CASE("pull: connections that never do are exit 5", "[integration][faults][lasting]") {
  run_cases({{"model.bin", "5xx:1000", 5},
             {"api:info", "5xx:1000", 5},
             {"api:tree", "status:503", 5},
             {"model.bin", "short*1000", 5},
             {"notes.txt", "short*1000", 5},
             {"notes.txt", "rst-hdr:5*1000", 5},
             {"model.bin", "expire*1000", 5},         // T38
             {"api:info", "429cap", 5},               // N17: a day is too long
             {"model.bin", "429cap", 5},              //
             {"resolve:notes.txt", "429cap", 5},      //
             {"api:info", "429text:soon*1000", 5}});  // garbage: own pauses, then the end
}

TEST_CASE("pull: answers that break the rules are exit 6", "[integration][faults]") {
  run_cases({{"model.bin", "extra", 6},                                                                      // T21
             {"notes.txt", "extra", 6},                                                                      //
             {"model.bin", "endless", 6},                                                                    //
             {"notes.txt", "endless", 6},                                                                    //
             {"model.bin", "gzbomb", 6},                                                                     // T22
             {"notes.txt", "gzbomb", 6},                                                                     //
             {"model.bin", "chunk-bad", 6},                                                                  // N11
             {"model.bin", "chunk-huge", 6},                                                                 //
             {"model.bin", "redirloop", 6},                                                                  // T26
             {"model.bin", "hops:10", 6},                                                                    // N36
             {"model.bin", "commitmix", 6},                                                                  // T15
             {"notes.txt", "commitmix", 6},                                                                  //
             {"model.bin", "commit:../../x", 6},                                                             //
             {"model.bin", "linkedsize:12", 6},                                                              // N35
             {"model.bin", "etag:\"0000000000000000000000000000000000000000000000000000000000000000\"", 6},  // T32
             {"api:tree", "infpages", 6},                                                                    // T24
             {"api:tree", "samecursor", 6},                                                                  //
             {"api:tree", "deepjson", 6},                                                                    // T23
             {"api:tree", "deepjson:65", 6},                                                                 //
             {"api:tree", "json:{}", 6},                                                                     //
             {"api:tree", "json:[{\"type\":\"file\"}]", 6},
             {"api:tree", "json:[1,", 6},
             {"api:info", "json:[]", 6},
             {"api:info", "json:{\"id\":\"org/m\"}", 6},
             {"api:info", "json:{\"id\":\"org/m\",\"sha\":\"xyz\"}", 6},
             {"api:info", "json:{\"id\":\"org/m\",\"sha\":\"1111111111111111111111111111111111111111\\n\"}", 6},
             {"api:info", "portal", 6},    // T36
             {"api:tree", "portal", 6},    //
             {"model.bin", "hugehdr", 6},  // limits: a header block of 64 KiB
             {"api:info", "bigerr", 6}});  // T35
}

TEST_CASE("pull: a login page in the place of a file is named by its title", "[integration][faults]") {  // T36
  for (const std::string name : {"model.bin", "notes.txt"}) {
    CAPTURE(name);
    Sandbox box;
    box.hub.put(small_repo());
    box.hub.fault(name, "portal");
    const RunResult result = box.run({"pull", "org/m", "--retries", "2"});
    CHECK_EXIT(result, 6);
    CHECK(contains(result.err, name + ": "));
    CHECK(contains(result.err, "sent a web page ('Hotel WiFi login') where the file was asked for"));
    CHECK(contains(result.err, "hint: a login page of the network"));
    CHECK_FALSE(box.ref().has_value());
    CHECK(box.findings("") == "");
  }
}

TEST_CASE("pull: sizes that no disk holds are an error at once", "[integration][faults]") {  // T14, L8, I9
  const auto entry = [](const std::string& path, const std::string& size) {
    return R"({"type":"file","oid":")" + std::string(40, 'a') + R"(","size":)" + size + R"(,"path":")" + path + R"("})";
  };
  for (const auto& [tree, exit] : {std::pair{entry("a", "9223372036854775807"), 8}, std::pair{entry("a", "1000000000000000000"), 8},
                                   std::pair{entry("a", "9223372036854775807") + "," + entry("b", "1"), 6}}) {
    CAPTURE(tree);
    Sandbox box;
    box.hub.put(small_repo());
    box.hub.fault("api:tree", "json:[" + tree + "]");
    CHECK_EXIT(box.run({"pull", "org/m"}), exit);
    CHECK_EXIT(box.run({"plan", "org/m"}), exit == 8 ? 0 : exit);
    CHECK_FALSE(box.ref().has_value());
  }
}

TEST_CASE("pull: a listing that never ends is bounded in pages and memory", "[integration][faults]") {  // T23, T24, I9
  Sandbox box;
  box.hub.put(small_repo());
  const RunResult idle = box.run({"--version"});  // what the program, and this one that starts it, take anyhow
  REQUIRE_EXIT(idle, 0);
  box.hub.fault("api:tree", "bigjson:400000000");
  const RunResult result = box.run({"pull", "org/m", "--retries", "1"});
  CHECK_EXIT(result, 6);
  CHECK(result.peak_rss_kib < idle.peak_rss_kib + 64L * 1024);
  box.hub.fault("api:tree", "bigjson:0");  // a page may be 64 MiB long, and costs no multiple of that
  const RunResult endless = box.run({"pull", "org/m", "--retries", "1"});
  CHECK_EXIT(endless, 6);
  CHECK(endless.peak_rss_kib < idle.peak_rss_kib + 96L * 1024);
}

TEST_CASE("pull: a body longer than the tree says costs no disk", "[integration][faults]") {  // T21
  Sandbox box;
  box.hub.put(small_repo());
  box.hub.fault("model.bin", "endless");
  CHECK_EXIT(box.run({"pull", "org/m", "--retries", "1"}), 6);
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(box.cache())) {
    if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
  }
  CHECK(bytes < (3U << 20U) + 200'000);
}

TEST_CASE("pull: ranges that lie never get into a blob", "[integration][faults]") {  // T30, N27
  for (const std::string fault :
       {"badrange", "lyingrange", "norange", "starrange", "wrongtotal", "multipart", "416", "full206", "cutswap"}) {
    CAPTURE(fault);
    Sandbox box;
    box.hub.put(small_repo());
    box.hub.fault("model.bin", "cut:1000000");  // so that a range is asked for at least once
    box.hub.fault("model.bin", fault);
    const RunResult result = box.run({"pull", "org/m", "--retries", "3"});
    INFO(result.err);
    CHECK((result.exit == 0 || result.exit == 6 || result.exit == 7 || result.exit == 5));
    CHECK(box.findings(result.exit == 0 ? "--complete" : "") == "");
    CHECK(box.ref().has_value() == (result.exit == 0));
    box.hub.clear_faults();
    CHECK_EXIT(box.run({"pull", "org/m"}), 0);
    CHECK(box.findings() == "");
  }
}

TEST_CASE("pull: one wrong file keeps the others, and the next run fetches only what is missing", "[integration][faults]") {  // T20, I11
  const std::string wrong = GENERATE("model.bin", "notes.txt");
  CAPTURE(wrong);
  Sandbox box;
  const HubRepo repo = small_repo();
  box.hub.put(repo);
  box.hub.fault(wrong, "wrong");
  const RunResult result = box.run({"pull", "org/m", "--json", "--retries", "2"});
  CHECK_EXIT(result, 7);
  const auto json = parse_output(result);
  CHECK(json["schema"] == "larder.error/1");
  CHECK(json["code"] == "DigestMismatch");
  CHECK(json["exit"] == 7);
  REQUIRE(json["failures"].size() == 1);
  CHECK(json["failures"][0]["path"] == wrong);
  CHECK_FALSE(box.ref().has_value());
  for (const HubFile& file : repo.commits[0].files) CHECK(box.has_blob(file) == (file.path != wrong));
  CHECK_FALSE(exists(box.repo() + "/blobs/" + repo.commits[0].find(wrong)->blob()));
  // One refetch from zero, not more, and no partial of wrong bytes stays.
  CHECK(box.hub.file_bytes(*repo.commits[0].find(wrong)) <= 2 * repo.commits[0].find(wrong)->body.size());

  box.hub.clear_faults();
  box.hub.clear_logs();
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  for (const HubFile& file : repo.commits[0].files) {
    CAPTURE(file.path);
    CHECK(box.hub.file_bytes(file) == (file.path == wrong ? file.body.size() : 0));
  }
}

TEST_CASE("pull: a listing that lied is asked for again by the next run, whoever had kept it", "[integration][faults]") {  // R-222, I11
  const std::string lie = GENERATE("a", "size");
  CAPTURE(lie);
  Sandbox box;
  const HubRepo repo = small_repo();
  box.hub.put(repo);
  const HubFile& notes = *repo.commits[0].find("notes.txt");
  const std::string oid = lie == "a" ? std::string(40, 'a') : notes.blob();
  const std::string size = std::to_string(notes.body.size() + (lie == "size" ? 1 : 0));
  box.hub.fault("api:tree", R"(json:[{"type":"file","oid":")" + oid + R"(","size":)" + size + R"(,"path":"notes.txt"}])");
  const RunResult lied = box.run({"pull", "org/m", "--retries", "2"});
  CHECK(lied.exit != 0);
  CHECK_FALSE(box.ref().has_value());

  box.hub.clear_faults();
  const RunResult well = box.run({"pull", "org/m", "--retries", "2"});
  CHECK_EXIT(well, 0);
  CHECK(contains(well.err, "larder: warning: the cached listing of this commit was not the Hub's"));
  CHECK(box.findings("--complete") == "");
  for (const HubFile& file : repo.commits[0].files) CHECK(box.has_blob(file));
}

TEST_CASE("pull: a right listing is asked for once more when a file contradicts it, not for ever", "[integration][faults]") {  // R-222
  Sandbox box;
  box.hub.put(small_repo());
  box.hub.fault("notes.txt", "404one");
  CHECK_EXIT(box.run({"pull", "org/m"}), 3);
  box.hub.clear_logs();
  const RunResult again = box.run({"pull", "org/m"});
  CHECK_EXIT(again, 3);
  CHECK_FALSE(contains(again.err, "listing of this commit"));
  CHECK(box.hub.server().count([](const LogEntry& entry) { return contains(entry.request.target, "/tree/"); }) == 1);
}

TEST_CASE("pull --force: the listing is asked for again, too", "[integration][faults]") {
  Sandbox box;
  const HubRepo repo = small_repo();
  box.hub.put(repo);
  box.hub.fault("api:tree", "json:[]");
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  box.hub.clear_faults();
  CHECK_EXIT(box.run({"pull", "org/m", "--force"}), 0);
  CHECK(box.findings("--complete") == "");
  for (const HubFile& file : repo.commits[0].files) CHECK(box.has_blob(file));
}

TEST_CASE("pull: a listed file that answers 404 is exit 3 and names it; the others are kept", "[integration][faults]") {  // N24
  Sandbox box;
  box.hub.put(small_repo());
  box.hub.fault("notes.txt", "404one");
  const RunResult result = box.run({"pull", "org/m"});
  CHECK_EXIT(result, 3);
  CHECK(contains(result.err, "notes.txt"));
  CHECK_FALSE(box.ref().has_value());
  CHECK(box.has_blob(*small_repo().commits[0].find("model.bin")));
  CHECK(box.findings("") == "");
}

TEST_CASE("pull: several failures share their code, or are exit 10", "[integration][faults]") {
  Sandbox box;
  box.hub.put(small_repo());
  SECTION("the same") {
    box.hub.fault("notes.txt", "wrong");
    box.hub.fault("model.bin", "wrong");
    CHECK_EXIT(box.run({"pull", "org/m"}), 7);
  }
  SECTION("different") {
    box.hub.fault("notes.txt", "404one");
    box.hub.fault("model.bin", "wrong");
    const RunResult result = box.run({"pull", "org/m", "--json"});
    CHECK_EXIT(result, 10);
    CHECK(parse_output(result)["failures"].size() == 2);
  }
  CHECK_FALSE(box.ref().has_value());
}

TEST_CASE("pull: a Hub whose bodies are all bad the same way is one exit code, whatever the size of the files",
          "[integration][faults][lasting]") {
  HubRepo repo = small_repo();
  std::vector<HubFile> files;
  for (const std::uint64_t size : {5000ULL, 200'000ULL, 1'048'576ULL, 1'048'577ULL, 4'000'000ULL, 20'000'000ULL}) {
    files.emplace_back("f" + std::to_string(size), Body::pattern(size), size % 3 == 0 ? Storage::Regular : Storage::Lfs);
  }
  repo.commit(files);
  const auto [fault, exit] = GENERATE(table<std::string, int>({{"wrong:0", 7},         // T20
                                                               {"short*1000", 5},      // N8
                                                               {"cut:0*1000", 5},      // N7
                                                               {"cut:1*1000", 5},      //
                                                               {"rst-hdr:5*1000", 5},  // N6
                                                               {"5xx:1000", 5},        // N20
                                                               {"503body*1000", 5},    // N21
                                                               {"extra", 6},           // T21
                                                               {"endless", 6},         //
                                                               {"gzbomb", 6},          // T22
                                                               {"chunk-bad", 6},       // N11
                                                               {"portal", 6}}));       // T36
  CAPTURE(fault);
  Sandbox box;
  box.hub.put(repo);
  box.hub.fault("*", fault);
  const RunResult result = box.run({"pull", "org/m", "--json", "--retries", "2"});
  CHECK_EXIT(result, exit);
  const nlohmann::json document = parse_output(result);
  for (const auto& failure : document["failures"]) {
    CAPTURE(failure.dump());
    CHECK(failure["exit"] == exit);
  }
  CHECK(box.findings("") == "");
  box.hub.clear_faults();
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.findings("--complete") == "");
}

TEST_CASE("pull: a stalled answer is dropped and asked for again", "[integration][faults]") {  // N12
  Sandbox box;
  HubRepo repo = small_repo();
  repo.commit({{"whole.bin", Body::pattern(900'000)}});
  box.hub.put(repo);
  const std::string fault = GENERATE("stall:1000", "stallhdr");
  const std::string file = GENERATE("model.bin", "whole.bin");  // by ranges, and in one piece
  CAPTURE(fault, file);
  box.hub.fault(file, fault);
  box.environment["HF_HUB_ETAG_TIMEOUT"] = "2";
  const RunResult result = box.run({"pull", "org/m", "--stall-timeout", "1"});
  CHECK_EXIT(result, 0);
  CHECK(result.wall < std::chrono::seconds(20));
  CHECK(box.findings() == "");
}

TEST_CASE("pull: --timeout ends a run that would trickle on for ever", "[integration][faults]") {  // N13, N14
  Sandbox box;
  box.hub.put(small_repo());
  box.hub.fault("model.bin", "trickle:200");
  const RunResult result = box.run({"pull", "org/m", "--timeout", "3"});
  CHECK_EXIT(result, 5);
  CHECK(result.wall < std::chrono::seconds(8));
  CHECK(box.findings("") == "");
}

TEST_CASE("pull: nobody listens: exit 5 with the host, a hint to --offline when the cache could serve", "[integration][faults]") {  // N1
  Sandbox box;
  box.hub.put(small_repo());
  REQUIRE_EXIT(box.run({"pull", "org/m"}), 0);
  box.environment["HF_ENDPOINT"] = "http://127.0.0.1:1";
  const RunResult result = box.run({"pull", "org/m", "--retries", "1"});
  CHECK_EXIT(result, 5);
  CHECK(contains(result.err, "127.0.0.1:1"));
  CHECK(contains(result.err, "--offline"));
}

TEST_CASE("pull: certificates that don't hold are exit 5 at once", "[integration][faults]") {  // T37, N4
  const CertificateKind kind = GENERATE(CertificateKind::Expired, CertificateKind::WrongHost, CertificateKind::UnknownCa);
  Sandbox box({.certificate = kind});
  box.hub.put(small_repo());
  const RunResult result = box.run({"pull", "org/m"});
  CHECK_EXIT(result, 5);
  CHECK(result.wall < std::chrono::seconds(2));  // TlsFailed is not tried again
  CHECK(box.hub.requests() == 0);
}

TEST_CASE("pull: a branch that moves while it is pulled ends at the commit that was resolved", "[integration][faults]") {  // T17
  Sandbox box;
  box.hub.put(small_repo());
  const std::string first = small_repo().branches.at("main");
  box.hub.fault("model.bin", "stall:1000");
  LarderProcess pull(box.options({"pull", "org/m", "--stall-timeout", "60"}));
  REQUIRE(box.hub.cdn().await_stalled(1));
  box.hub.edit("model", "org/m", [](HubRepo& repo) { repo.commit({{"config.json", "{}"}}); });
  box.hub.cdn().release_stalls();
  CHECK_EXIT(pull.wait(), 0);
  CHECK(box.ref() == first);
  CHECK(box.findings() == "");
}
