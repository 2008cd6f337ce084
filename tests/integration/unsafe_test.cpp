// pull against hostile names and redirects: refused before anything is touched, and no token leaves its origin.
#include "integration/sandbox.hpp"

#include <algorithm>
#include <cctype>

using namespace larder::test;

namespace {

// As it stands in JSON: some names can't be said in UTF-8.
std::string listing(const std::string& json_name) {
  return "json:[{\"type\":\"file\",\"oid\":\"77ebc6577e3fc2c38b5bc7f233510fafba6822ac\",\"size\":5,\"path\":\"README.md\"},"
         "{\"type\":\"file\",\"oid\":\"cb5b2f69babc53f9145b45ad20b9a075d48717ef\",\"size\":9,\"path\":\"" +
         json_name + "\"}]";
}

bool has_control_bytes(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 && c != '\n'; });
}

}  // namespace

TEST_CASE("pull: hostile names are exit 12 before a body is asked for", "[integration][unsafe]") {  // T1–T5, T7
  const std::string long_name(256, 'n');
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "d/";
  for (const std::string& name : {std::string("../evil"),
                                  std::string("a/../../evil"),
                                  std::string("a/.."),
                                  std::string(".."),
                                  std::string("/etc/evil"),
                                  std::string("//evil"),
                                  std::string("C:\\\\x"),
                                  std::string("C:x"),
                                  std::string("a/C:x"),
                                  std::string("\\\\\\\\h\\\\s"),
                                  std::string("a\\\\b"),
                                  std::string("a\\u0000b"),
                                  std::string("a\\u001b[31mb"),
                                  std::string("a\\nb"),
                                  std::string("a\\u007fb"),
                                  std::string("\\ud800"),
                                  std::string("\xff\xfe"),
                                  std::string(""),
                                  std::string("."),
                                  std::string("./a"),
                                  std::string("a/./b"),
                                  std::string("a//b"),
                                  std::string("a/"),
                                  std::string(".git/config"),
                                  std::string("x/.GIT/hooks/p"),
                                  std::string(".g\\u200cit/x"),
                                  std::string("git~1/x"),
                                  std::string(".git /x"),
                                  std::string(".git::$INDEX_ALLOCATION/x"),
                                  long_name,
                                  deep + "f"}) {
    CAPTURE(name);
    Sandbox box;
    box.hub.put(golden_repo());
    box.hub.fault("api:tree", listing(name));
    const auto before = box.everything();
    const RunResult result = box.run({"pull", "org/m"});
    CHECK((result.exit == 12 || (result.exit == 6 && (name == "\\ud800" || name == "\xff\xfe"))));  // bad UTF-8 may be refused as JSON
    INFO(result.err);
    CHECK(result.out.empty());
    CHECK_FALSE(has_control_bytes(result.err));  // T3
    CHECK(box.hub.server().count([](const LogEntry& entry) { return contains(entry.request.target, "/resolve"); }) == 0);
    CHECK_FALSE(box.ref().has_value());
    CHECK_FALSE(exists(box.root() + "/evil"));
    CHECK_FALSE(exists(box.root() + "/hf/evil"));
    CHECK(box.findings("") == "");
    auto after = box.everything();
    for (auto it = after.begin(); it != after.end();) {  // the cache's own tag is no harm
      it = contains(it->first, "CACHEDIR.TAG") ? after.erase(it) : std::next(it);
    }
    CHECK(after == before);
  }
}

TEST_CASE("pull: a hostile name that is not chosen is no obstacle", "[integration][unsafe]") {  // T1
  Sandbox box;
  box.hub.put(golden_repo());
  box.hub.fault("api:tree", listing("../evil"));
  CHECK_EXIT(box.run({"pull", "org/m", "--exclude", "*evil"}), 0);
  CHECK_EXIT(box.run({"pull", "org/m", "README.md"}), 0);
}

TEST_CASE("pull: a listing that contradicts itself is exit 6", "[integration][unsafe]") {  // T10, T13, T14
  const auto entry = [](const std::string& path, const std::string& oid, const std::string& size, const std::string& more = "") {
    return R"({"type":"file","oid":")" + oid + R"(","size":)" + size + R"(,"path":")" + path + "\"" + more + "}";
  };
  const std::string good(40, 'a');
  const std::string other(40, 'b');
  for (const std::string& tree :
       {entry("a", good, "1") + "," + entry("a/b", good, "1"), entry("a", good, "1") + "," + entry("a", other, "1"),
        entry("a", "../../x", "1"), entry("a", good.substr(1), "1"), entry("a", good + "a", "1"), entry("a", std::string(40, 'g'), "1"),
        entry("a", good, "-1"), entry("a", good, "1.5"), entry("a", good, "\"1\""), entry("a", good, "1e30"),
        entry("a", good, "9223372036854775808"), entry("a", good, "null"),
        entry("a", good, "5", R"(,"lfs":{"oid":"../../../x","size":5,"pointerSize":130})"),
        entry("a", good, "5", R"(,"lfs":{"oid":")" + std::string(63, 'a') + R"(","size":5,"pointerSize":130})")}) {
    CAPTURE(tree);
    Sandbox box;
    box.hub.put(golden_repo());
    box.hub.fault("api:tree", "json:[" + tree + "]");
    const RunResult result = box.run({"pull", "org/m"});
    CHECK_EXIT(result, 6);
    CHECK_FALSE(box.ref().has_value());
    CHECK(box.findings("") == "");
  }
}

TEST_CASE("pull: .cache/huggingface in a listing is refused for a folder, kept in the cache", "[integration][unsafe]") {  // T6
  Sandbox box;
  HubRepo repo;
  repo.id = "org/m";
  repo.commit({{".cache/huggingface/download/x.metadata", "forged"}, {"a.txt", "a"}});
  box.hub.put(repo);
  CHECK_EXIT(box.run({"pull", "org/m", "--local-dir", box.root() + "/home/d"}), 12);
  CHECK_FALSE(exists(box.root() + "/home/d/.cache/huggingface/download/x.metadata"));
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
}

TEST_CASE("pull: names that the bookkeeping of a folder needs are refused there", "[integration][unsafe]") {  // T6, R-601
  for (const std::string end : {".metadata", ".lock"}) {
    CAPTURE(end);
    Sandbox box;
    HubRepo repo;
    repo.id = "org/m";
    repo.commit({{"a", "a"}, {"a" + end + "/b", "b"}, {"c" + end, "no folder"}, {"c", "c"}});
    box.hub.put(repo);
    const std::string folder = box.root() + "/home/d";
    const RunResult refused = box.run({"pull", "org/m", "--local-dir", folder});
    CHECK_EXIT(refused, 12);
    CHECK(contains(refused.err, "'a" + end + "'"));
    CHECK_FALSE(exists(folder));
    CHECK_EXIT(box.run({"pull", "org/m", "--local-dir", folder, "--exclude", "a" + end + "/*"}), 0);
    CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  }
}

TEST_CASE("pull: redirects to other origins get no token, to other schemes nothing at all", "[integration][unsafe]") {  // T26–T29
  struct Case {
    std::string where;  // the canary's address stands for CANARY
    int exit;
    bool reaches_canary;
  };
  for (const Case& c : {Case{"http://CANARY/x", 6, true}, Case{"//CANARY/x", 6, true}, Case{"file:///etc/passwd", 12, false},
                        Case{"ftp://CANARY/x", 12, false}, Case{"gopher://CANARY/x", 12, false}, Case{"http://user:pw@CANARY/x", 12, false},
                        Case{"http://", 6, false}, Case{" ", 6, false}, Case{"/x\rX-Injected: 1", 6, false},
                        Case{"http://CANARY/" + std::string(70'000, 'l'), 6, false}, Case{"http:\\\\CANARY\\x", 6, false}}) {
    CAPTURE(c.where.substr(0, 60));
    for (const std::string target : {"model.bin", "README.md"}) {
      Sandbox box;
      box.hub.put(golden_repo());
      box.environment["HF_TOKEN"] = kMemberToken;
      std::string where = c.where;
      if (const auto at = where.find("CANARY"); at != std::string::npos) where.replace(at, 6, box.hub.canary().host());
      box.hub.fault(target, Fault{FaultKind::Redirect, 0, where, -1});
      const RunResult result = box.run({"pull", "org/m", "--retries", "1"});
      // What a foreign host answers (404 here) is no verdict of the Hub on the file, but a failure it must be.
      INFO(result.err);
      if (c.reaches_canary)
        CHECK(result.exit != 0);
      else
        CHECK((result.exit == c.exit || result.exit == 6 || result.exit == 12));
      CHECK((box.hub.canary().connections() > 0) == c.reaches_canary);
      CHECK(box.hub.leaks() == 0);  // T27
      CHECK_FALSE(box.ref().has_value());
      CHECK(box.findings("") == "");
    }
  }
}

TEST_CASE("pull: https to http is exit 12, wherever it happens", "[integration][unsafe]") {  // T28
  Sandbox box({.certificate = CertificateKind::Good});
  box.hub.put(golden_repo());
  box.environment["HF_TOKEN"] = kMemberToken;
  SECTION("a file's redirect to the same port") {
    box.hub.fault("model.bin", Fault{FaultKind::Redirect, 0, box.hub.server().http_url("/org/m/resolve/main/model.bin"), -1});
  }
  SECTION("a small file's") { box.hub.fault("README.md", Fault{FaultKind::Redirect, 0, box.hub.canary().http_url("/x"), -1}); }
  SECTION("the next page") { box.hub.fault("api:tree", Fault{FaultKind::LinkNext, 0, box.hub.server().http_url("/api/x"), -1}); }
  const RunResult result = box.run({"pull", "org/m"});
  CHECK_EXIT(result, 12);
  CHECK(box.hub.server().count([](const LogEntry& entry) { return !entry.request.is_tls; }) == 0);
  CHECK(box.hub.canary().connections() == 0);
  CHECK_FALSE(box.ref().has_value());
}

TEST_CASE("pull: a next page of another origin is exit 12 and never asked for", "[integration][unsafe]") {  // T25
  const std::string where =
      GENERATE("http://CANARY/api/models/org/m/tree/x?cursor=1", "//CANARY/x", "file:///etc/passwd", "http://u:p@HUB/x");
  CAPTURE(where);
  Sandbox box;
  box.hub.put(golden_repo());
  box.environment["HF_TOKEN"] = kMemberToken;
  std::string link = where;
  if (const auto at = link.find("CANARY"); at != std::string::npos) link.replace(at, 6, box.hub.canary().host());
  if (const auto at = link.find("HUB"); at != std::string::npos) link.replace(at, 3, box.hub.server().host());
  box.hub.fault("api:tree", Fault{FaultKind::LinkNext, 0, link, -1});
  CHECK_EXIT(box.run({"pull", "org/m"}), 12);
  CHECK(box.hub.canary().connections() == 0);
}

TEST_CASE("pull: the token is in no output, at any level of chatter, whatever fails", "[integration][unsafe]") {  // T42, I8
  for (const std::string fault : {"good", "wrong", "401", "403gated", "5xx:1000", "redirloop", "status:403", "expire*1000", "bigerr"}) {
    CAPTURE(fault);
    Sandbox box;
    box.hub.put(golden_repo());
    box.hub.fault("*", fault);
    box.environment["HF_TOKEN"] = kMemberToken;
    for (const Words& words : {Words{"pull", "org/m", "-vvv", "--retries", "1"}, Words{"pull", "org/m", "--json", "--retries", "1"}}) {
      box.run(words);  // looks for secrets itself
    }
    for (const auto& [path, content] : box.everything()) {
      CAPTURE(path);
      CHECK_FALSE(contains(content, kMemberToken));
      CHECK_FALSE(contains(content, "SIGNEDCANARY"));  // R-417: not on disk either
    }
  }
}

TEST_CASE("pull: the token goes to the endpoint and is understood there", "[integration][unsafe]") {  // R-415
  Sandbox box({.needs_token = true});
  box.hub.put(golden_repo());
  box.environment["HF_TOKEN"] = kMemberToken;
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  const auto asked = box.hub.server().log();
  CHECK(std::all_of(asked.begin(), asked.end(), [](const LogEntry& entry) { return entry.request.bearer() == kMemberToken; }));
}

TEST_CASE("pull: hostile text of the server is shown short and escaped", "[integration][unsafe]") {  // T35
  Sandbox box;
  box.hub.put(golden_repo());
  box.hub.fault("api:info", "bigerr");
  const RunResult result = box.run({"pull", "org/m"});
  CHECK_EXIT(result, 6);
  CHECK_FALSE(has_control_bytes(result.err));
  CHECK(result.err.size() < 4000);
}
