#include "support/fake_hub.hpp"

#include "support/catch.hpp"
#include "support/raw_client.hpp"

#include <nlohmann/json.hpp>

using namespace larder::test;
using nlohmann::json;

namespace {

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

Answer ask(LoopbackServer& server, const std::string& target, const std::string& fields = {}, const std::string& method = "GET",
           const std::string& body = {}) {
  RawClient client(server.port());
  client.send(method + " " + target + " HTTP/1.1\r\nConnection: close\r\n" + fields +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
  const std::string all = client.read_all();
  Answer answer;
  const auto end = all.find("\r\n\r\n");
  if (all.size() > 12) answer.status = std::atoi(all.c_str() + 9);
  answer.head = all.substr(0, end + 2);
  answer.body = end == std::string::npos ? "" : all.substr(end + 4);
  return answer;
}

HubRepo golden_repo() {
  HubRepo repo;
  repo.id = "org/m";
  std::string model;
  for (int i = 0; i < 4096 * 256; ++i) model += static_cast<char>(i % 256);
  repo.commit({{".gitattributes", "*.bin filter=lfs\n"},
               {"README.md", "# hi\n"},
               {"config.json", "{\"a\": 1}\n"},
               {"empty.txt", ""},
               {"model.bin", Body::text(model)},
               {"sub dir/deep/a#b.txt", "nested\n"}},
              "main", std::string(40, '1'));
  return repo;
}

}  // namespace

TEST_CASE("HubFile: ids are those that git and the real client computed", "[support][fake_hub]") {
  const HubRepo repo = golden_repo();
  const HubFile* model = repo.commits[0].find("model.bin");
  REQUIRE(model != nullptr);
  CHECK(model->is_lfs);
  CHECK(model->oid == "008d9adda7574f0a91412e68b9c2e501251606c2");
  CHECK(model->sha256 == "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83");
  CHECK(model->git_body().size() == 132);
  CHECK(repo.commits[0].find("sub dir/deep/a#b.txt")->oid == "79c53955ef856f16f2107446bc721c8879a1bd2e");
}

TEST_CASE("FakeHub: info, tree pages, refs and paths-info say what the Hub says", "[support][fake_hub]") {
  FakeHub hub({.page_size = 3});
  hub.put(golden_repo());
  hub.edit("model", "org/m", [](HubRepo& repo) {
    repo.tags["v1.0"] = std::string(40, '1');
    repo.refs["refs/pr/1"] = std::string(40, '1');
  });
  auto& server = hub.server();
  CHECK(json::parse(ask(server, "/api/models/org/m").body)["sha"] == std::string(40, '1'));
  CHECK(json::parse(ask(server, "/api/models/org/m/revision/refs%2Fpr%2F1?expand=sha").body).size() == 3);

  json entries = json::array();
  std::string target = "/api/models/org/m/tree/" + std::string(40, '1') + "?recursive=true&expand=false";
  int pages = 0;
  while (!target.empty()) {
    const Answer page = ask(server, target);
    for (const auto& entry : json::parse(page.body)) entries.push_back(entry);
    const std::string link = page.header("Link");
    const auto at = link.find(server.host());
    target = at == std::string::npos ? "" : link.substr(at + server.host().size(), link.find('>') - at - server.host().size());
    ++pages;
  }
  CHECK(pages == 3);
  CHECK(entries.size() == 8);  // six files, two folders
  CHECK(entries[0]["path"] == ".gitattributes");
  CHECK(entries[4]["lfs"]["pointerSize"] == 132);
  CHECK(json::parse(ask(server, "/api/models/org/m/tree/main/sub%20dir%2Fdeep").body).size() == 1);
  CHECK(ask(server, "/api/models/org/m/tree/main/nothing").header("X-Error-Code") == "EntryNotFound");

  const json refs = json::parse(ask(server, "/api/models/org/m/refs?include_prs=1").body);
  CHECK(refs["tags"][0]["ref"] == "refs/tags/v1.0");
  CHECK(refs["pullRequests"][0]["name"] == "1");
  const std::string form = "paths=sub+dir&paths=README.md&paths=none&expand=false";
  CHECK(json::parse(ask(server, "/api/models/org/m/paths-info/main", "", "POST", form).body).size() == 2);
}

TEST_CASE("FakeHub: LFS files come from the CDN by a signed URL, the others from resolve-cache", "[support][fake_hub]") {
  FakeHub hub;
  hub.put(golden_repo());
  const Answer lfs = ask(hub.server(), "/org/m/resolve/main/model.bin", "", "HEAD");
  CHECK(lfs.status == 302);
  CHECK(lfs.header("X-Repo-Commit") == std::string(40, '1'));
  CHECK(lfs.header("X-Linked-Size") == "1048576");
  CHECK(lfs.header("X-Linked-Etag") == "\"fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83\"");
  const std::string where = lfs.header("Location");
  REQUIRE(where.rfind(hub.cdn_endpoint(), 0) == 0);
  const std::string target = where.substr(hub.cdn_endpoint().size());
  const Answer part = ask(hub.cdn(), target, "Range: bytes=255-257\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == std::string("\xff\x00\x01", 3));
  hub.expire_urls();
  CHECK(ask(hub.cdn(), target).status == 403);

  const Answer regular = ask(hub.server(), "/org/m/resolve/main/sub%20dir/deep/a%23b.txt");
  CHECK(regular.status == 307);
  const Answer body = ask(hub.server(), regular.header("Location"));
  CHECK(body.body == "nested\n");
  CHECK(body.header("ETag") == "\"79c53955ef856f16f2107446bc721c8879a1bd2e\"");
  CHECK(ask(hub.server(), regular.header("Location"), "If-None-Match: " + body.header("ETag") + "\r\n").status == 304);
}

TEST_CASE("FakeHub: refusals carry the Hub's status and error code", "[support][fake_hub]") {
  FakeHub hub;
  hub.put(golden_repo());
  for (const auto& [id, access] :
       {std::pair{"org/gated", Access::Gated}, {"org/private", Access::Private}, {"org/off", Access::Disabled}}) {
    HubRepo repo = golden_repo();
    repo.id = id;
    repo.access = access;
    hub.put(std::move(repo));
  }
  hub.move("model", "old/name", "org/m");
  struct Case {
    std::string target, token;
    int status;
    std::string code;
  };
  for (const Case& c :
       {Case{"/api/models/org/none", "", 401, "RepoNotFound"}, Case{"/api/models/org/none", kStrangerToken, 404, "RepoNotFound"},
        Case{"/api/models/org/m", "hf_wrong", 401, ""}, Case{"/api/models/org/m/revision/none", "", 404, "RevisionNotFound"},
        Case{"/org/m/resolve/main/none", "", 404, "EntryNotFound"}, Case{"/org/gated/resolve/main/README.md", "", 401, "GatedRepo"},
        Case{"/org/gated/resolve/main/README.md", kStrangerToken, 403, "GatedRepo"},
        Case{"/org/gated/resolve/main/README.md", kMemberToken, 307, ""}, Case{"/api/models/org/private", "", 401, "RepoNotFound"},
        Case{"/api/models/org/private", kMemberToken, 200, ""}, Case{"/api/models/org/off", "", 403, ""},
        Case{"/api/models/old/name/revision/main", "", 307, ""}, Case{"/api/models/ORG/M", "", 307, ""},
        Case{"/api/whoami-v2", "", 401, ""}, Case{"/api/whoami-v2", kMemberToken, 200, ""}}) {
    CAPTURE(c.target, c.token);
    const Answer answer = ask(hub.server(), c.target, c.token.empty() ? "" : "Authorization: Bearer " + c.token + "\r\n");
    CHECK(answer.status == c.status);
    CHECK(answer.header("X-Error-Code") == c.code);
  }
  CHECK(ask(hub.server(), "/api/models/old/name/revision/main?a=b").header("Location") == "/api/models/org/m/revision/main?a=b");
}

TEST_CASE("FakeHub: each scenario misbehaves as its word says, as often as it says", "[support][fake_hub]") {
  FakeHub hub({.serves_directly = true});
  HubRepo repo;
  repo.id = "o/m";
  repo.commit({{"f.txt", "0123456789"}});
  hub.put(std::move(repo));
  const auto get = [&](const std::string& fields = {}) { return ask(hub.server(), "/o/m/resolve/main/f.txt", fields); };
  const std::string range = "Range: bytes=2-5\r\n";
  struct Case {
    std::string fault, fields;
    int status;
    std::string body, content_range;
  };
  const std::string flipped = std::string("01234") + static_cast<char>(~'5') + "6789";
  for (const Case& c :
       {Case{"good", "", 200, "0123456789", ""}, Case{"wrong", "", 200, flipped, ""}, Case{"extra", "", 200, "0123456789!", ""},
        Case{"short:3", "", 200, "0123456", ""}, Case{"slice200", range, 200, "2345", "bytes 2-5/10"},
        Case{"badrange", range, 206, "3456", "bytes 3-6/10"}, Case{"lyingrange", range, 206, "3456", "bytes 2-5/10"},
        Case{"shortrange", range, 206, "23", "bytes 2-3/10"}, Case{"norange", range, 206, "2345", ""},
        Case{"wrongtotal", range, 206, "2345", "bytes 2-5/11"}, Case{"full206", "", 206, "0123456789", "bytes 0-9/10"},
        Case{"416", range, 416, "", "bytes */10"}, Case{"chunked", "", 200, "a\r\n0123456789\r\n0\r\n\r\n", ""}}) {
    CAPTURE(c.fault);
    hub.clear_faults();
    hub.fault("f.txt", c.fault);
    const Answer answer = get(c.fields);
    CHECK(answer.status == c.status);
    CHECK(answer.body == c.body);
    CHECK(answer.header("Content-Range") == c.content_range);
  }
  hub.clear_faults();
  hub.fault("f.txt", "wrong1");
  CHECK(get(range).body != "2345");  // holds the byte
  CHECK(get().body == "0123456789");
  hub.clear_faults();
  hub.fault("f.txt", "stallat:6");
  CHECK(get(range).body == "2345");  // ends before it
  hub.clear_faults();
  hub.fault("*", "5xx:2");
  CHECK(get().status == 500);
  CHECK(get().status == 502);
  CHECK(get().status == 200);
  hub.fault("f.txt", "commitmix");
  CHECK(get().header("X-Repo-Commit") == std::string(40, '2'));
  CHECK_THROWS(hub.fault("f.txt", "no-such-word"));
}
