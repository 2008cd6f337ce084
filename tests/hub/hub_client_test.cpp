#include "hub/hub_rig.hpp"

using namespace larder;
using namespace larder::hub;
using larder::test::commit;
using larder::test::error_answer;
using larder::test::FakeAnswer;
using larder::test::HubRig;
using larder::test::json_answer;
using larder::test::model;
using larder::test::revision;
using larder::test::url_of;

namespace {

const std::string kApi = "https://hub.example/api/models/org/m";
const std::string kCommit(40, 'a');
const std::string kOther = "abcdef1" + std::string(33, '0');
const std::string kOid = "cb5b2f69babc53f9145b45ad20b9a075d48717ef";

FakeAnswer info(const std::string& id, const std::string& sha) { return json_answer(R"({"id": ")" + id + R"(", "sha": ")" + sha + "\"}"); }

FakeAnswer redirect(int status, const std::string& location) {
  FakeAnswer answer;
  answer.status = status;
  answer.headers.emplace_back("Location", location);
  return answer;
}

std::string entry(const std::string& path) { return R"({"type": "file", "path": ")" + path + R"(", "oid": ")" + kOid + R"(", "size": 9})"; }

FakeAnswer page(const std::vector<std::string>& paths, const std::string& next = "") {
  std::string body = "[";
  for (std::size_t i = 0; i < paths.size(); ++i) body += (i == 0 ? "" : ", ") + entry(paths[i]);
  FakeAnswer answer = json_answer(body + "]");
  if (!next.empty()) answer.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
  return answer;
}

std::string tree_url() { return kApi + "/tree/" + kCommit + "?recursive=true&expand=false"; }

HubOptions with_token() {
  HubOptions options;
  options.endpoint = url_of("https://hub.example");
  options.credentials = net::Credentials{Secret("hf_canary"), options.endpoint.origin()};
  options.token_source = "HF_TOKEN";
  return options;
}

Result<repo::ResolvedRevision> resolve(HubRig& rig, std::string_view name) {
  return rig.hub->resolve_revision(model("org/m"), revision(name), rig.cancel.token());
}

Result<repo::Tree> list(HubRig& rig) { return rig.hub->list_tree(model("org/m"), commit('a'), rig.cancel.token(), {}); }

}  // namespace

TEST_CASE("resolve_revision: one request, the token and the counter go along", "[hub][hub_client]") {  // R-207, R-202, R-221
  HubRig rig({{kApi + "/revision/feature%2Fx", info("org/m", kCommit)}}, with_token());
  const auto resolved = resolve(rig, "feature/x");
  REQUIRE(resolved);
  CHECK(resolved->commit.hex() == kCommit);
  CHECK(resolved->asked.text() == "feature/x");
  CHECK(resolved->canonical_id.empty());
  const auto seen = rig.transport.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].token == "hf_canary");
  CHECK(seen[0].headers.find("X-HF-Download-Counter") == "1");
}

TEST_CASE("resolve_revision: a look is not counted as a download", "[hub][hub_client]") {  // R-202
  HubOptions options = with_token();
  options.purpose = Purpose::Look;
  HubRig rig({{kApi + "/revision/main", info("org/m", kCommit)}}, options);
  REQUIRE(resolve(rig, "main"));
  CHECK_FALSE(rig.transport.seen()[0].headers.find("X-HF-Download-Counter"));
}

TEST_CASE("resolve_revision: a moved repository says its new name", "[hub][hub_client]") {  // R-206, T18
  HubRig rig({{kApi + "/revision/main", redirect(307, "/api/models/new/name/revision/main")},
              {"https://hub.example/api/models/new/name/revision/main", info("new/name", kCommit)}},
             with_token());
  const auto resolved = resolve(rig, "main");
  REQUIRE(resolved);
  CHECK(resolved->canonical_id == "new/name");
  CHECK(rig.transport.seen()[1].token == "hf_canary");
}

TEST_CASE("resolve_revision: another origin is followed without the token", "[hub][hub_client]") {  // T27
  HubRig rig({{kApi + "/revision/main", redirect(302, "https://other.example/x")}, {"https://other.example/x", info("org/m", kCommit)}},
             with_token());
  REQUIRE(resolve(rig, "main"));
  CHECK(rig.transport.seen()[1].token.empty());
  CHECK_FALSE(rig.transport.seen()[1].headers.find("X-HF-Download-Counter"));
}

TEST_CASE("resolve_revision: an answer that is no commit, or another than asked", "[hub][hub_client]") {  // T15
  for (const std::string& sha : {std::string("main"), kCommit.substr(1), std::string("../../x"), std::string(40, 'A')}) {
    HubRig rig({{kApi + "/revision/main", info("org/m", sha)}});
    CHECK(resolve(rig, "main").error().code == ErrorCode::BadResponse);
  }
  HubRig rig({{kApi + "/revision/" + kCommit, info("org/m", std::string(40, 'b'))}});
  CHECK(resolve(rig, kCommit).error().code == ErrorCode::BadResponse);
}

TEST_CASE("resolve_revision: too long an answer is asked for again in brief", "[hub][hub_client]") {  // R-209, T23
  HubRig rig({{kApi + "/revision/main?expand=sha", info("org/m", kCommit)}});
  FakeAnswer endless = json_answer("");
  endless.error = ErrorCode::BadResponse;
  rig.answers[kApi + "/revision/main"] = endless;
  REQUIRE(resolve(rig, "main"));
  CHECK(rig.asked().size() == 2);
}

TEST_CASE("resolve_revision: errors of the Hub", "[hub][hub_client]") {  // R-421
  HubRig revision_missing({{kApi + "/revision/main", error_answer(404, "RevisionNotFound", "Invalid rev id: main")}});
  CHECK(resolve(revision_missing, "main").error().code == ErrorCode::RevisionNotFound);
  CHECK(revision_missing.asked() == std::vector<std::string>{kApi + "/revision/main", kApi + "/refs?include_prs=1"});  // no history
  HubRig repo_missing({{kApi + "/revision/main", error_answer(401, "RepoNotFound", "Repository not found")}});
  CHECK(resolve(repo_missing, "main").error().code == ErrorCode::RepoNotFound);
  HubRig bad_token({{kApi + "/revision/main", error_answer(401, "", "Invalid credentials in Authorization header")}}, with_token());
  const auto refused = resolve(bad_token, "main");
  CHECK(refused.error().code == ErrorCode::AuthRequired);
  CHECK(refused.error().text().find("HF_TOKEN") != std::string::npos);
  CHECK(refused.error().text().find("hf_canary") == std::string::npos);
  HubRig limited({{kApi + "/revision/main", [] {
                     FakeAnswer answer = error_answer(429, "", "");
                     answer.headers.emplace_back("Retry-After", "86400");
                     return answer;
                   }()}});
  const auto limit = resolve(limited, "main");
  CHECK(limit.error().code == ErrorCode::RateLimited);
  CHECK(limit.error().hint.find("log in") != std::string::npos);
}

TEST_CASE("a web page where JSON should be is told by its title", "[hub][hub_client]") {  // T36
  FakeAnswer portal;
  portal.headers.emplace_back("Content-Type", "text/html");
  portal.body = "<!doctype html><title>Hotel Wi-Fi: log in</title>";
  HubRig rig({{kApi + "/revision/main", portal}, {tree_url(), portal}});
  for (const Error& error : {resolve(rig, "main").error(), list(rig).error()}) {
    CHECK(error.code == ErrorCode::BadResponse);
    CHECK(error.text().find("Hotel Wi-Fi: log in") != std::string::npos);
    CHECK(error.text().find("hub.example") != std::string::npos);
  }
}

TEST_CASE("resolve_revision: a short commit is found among refs and history", "[hub][hub_client]") {  // R-107
  const FakeAnswer missing = error_answer(404, "RevisionNotFound", "");
  const auto refs = [](const std::string& target) {
    return json_answer(R"({"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": ")" + target + "\"}]}");
  };
  const auto commits = [](const std::string& id) { return json_answer(R"([{"id": ")" + id + "\"}]"); };
  SECTION("the server knows it") {
    HubRig rig({{kApi + "/revision/abcdef1", info("org/m", kOther)}});
    CHECK(resolve(rig, "abcdef1")->commit.hex() == kOther);
    CHECK(rig.asked().size() == 1);
  }
  SECTION("a ref has it, in any case of letters") {
    HubRig rig({{kApi + "/revision/ABCDEF1", missing}, {kApi + "/refs?include_prs=1", refs(kOther)}});
    CHECK(resolve(rig, "ABCDEF1")->commit.hex() == kOther);
  }
  SECTION("only history has it, on its second page") {
    FakeAnswer first = commits(kCommit);
    first.headers.emplace_back("Link", "<" + kApi + "/commits/main?p=1>; rel=\"next\"");
    HubRig rig({{kApi + "/revision/abcdef1", missing},
                {kApi + "/refs?include_prs=1", refs(kCommit)},
                {kApi + "/commits/main", first},
                {kApi + "/commits/main?p=1", commits(kOther)}});
    CHECK(resolve(rig, "abcdef1")->commit.hex() == kOther);
  }
  SECTION("two begin so") {
    const std::string twin = "abcdef1" + std::string(33, '1');
    HubRig rig(
        {{kApi + "/revision/abcdef1", missing}, {kApi + "/refs?include_prs=1", refs(kOther)}, {kApi + "/commits/main", commits(twin)}});
    const auto refused = resolve(rig, "abcdef1");
    CHECK(refused.error().code == ErrorCode::RevisionNotFound);
    CHECK(refused.error().text().find(twin) != std::string::npos);
    CHECK(refused.error().text().find(kOther) != std::string::npos);
  }
  SECTION("nobody has it") {
    HubRig rig({{kApi + "/revision/abcdef1", missing}, {kApi + "/refs?include_prs=1", refs(kCommit)}});
    const auto refused = resolve(rig, "abcdef1");
    CHECK(refused.error().code == ErrorCode::RevisionNotFound);
    CHECK(refused.error().hint.find("main") != std::string::npos);
  }
  SECTION("the network breaks meanwhile") {
    FakeAnswer broken;
    broken.error = ErrorCode::ConnectFailed;
    HubRig rig({{kApi + "/revision/abcdef1", missing}, {kApi + "/refs?include_prs=1", broken}});
    CHECK(resolve(rig, "abcdef1").error().code == ErrorCode::ConnectFailed);
  }
}

TEST_CASE("resolve_revision: a name that is not there is answered with those that are", "[hub][hub_client]") {  // R-217
  const std::string asked = kApi + "/revision/realease";
  const std::string refs = kApi + "/refs?include_prs=1";
  const FakeAnswer missing = error_answer(404, "RevisionNotFound", "");
  const FakeAnswer listed = json_answer(R"({"branches": [{"name": "main", "targetCommit": ")" + kOther +
                                        R"("}], "tags": [{"name": "release", "targetCommit": ")" + kOther + "\"}]}");
  const auto hint_of = [](HubRig& rig) {
    const auto refused = resolve(rig, "realease");
    CHECK(refused.error().code == ErrorCode::RevisionNotFound);
    return refused.error().hint;
  };
  SECTION("the nearest first") {
    HubRig rig({{asked, missing}, {refs, listed}});
    CHECK(hint_of(rig) == "did you mean release? there are: main, release");
  }
  SECTION("none is near") {
    HubRig rig({{kApi + "/revision/master", missing}, {refs, listed}});
    CHECK(resolve(rig, "master").error().hint == "there are: main, release");
  }
  SECTION("where the refs cannot be had, the answer is the same without them") {
    FakeAnswer broken;
    broken.error = ErrorCode::ConnectFailed;
    for (const FakeAnswer& other : {broken, error_answer(404, "", ""), json_answer("[]"), json_answer("{}")}) {
      HubRig rig({{asked, missing}, {refs, other}});
      CHECK(hint_of(rig).find("hub.example/org/m") != std::string::npos);
    }
  }
  SECTION("no advice is worth a wait") {
    FakeAnswer last = missing;
    last.headers.emplace_back("RateLimit", "\"api\";r=0;t=200");
    HubRig rig({{asked, last}, {refs, listed}});
    CHECK(hint_of(rig).find("release") == std::string::npos);
    CHECK(rig.asked() == std::vector<std::string>{asked});
  }
  SECTION("an end that was asked for is told as one") {
    HubRig rig({{asked, missing}});
    rig.otherwise = [&](const net::Request&) {
      rig.cancel.interrupt(2);
      return FakeAnswer();
    };
    CHECK(resolve(rig, "realease").error().code == ErrorCode::Interrupted);
  }
}

TEST_CASE("list_tree: all pages, sorted, the token only where it belongs", "[hub][hub_client]") {  // R-212, R-213
  HubRig rig({{tree_url(), page({"b", "c"}, kApi + "/tree/x?cursor=1")}, {kApi + "/tree/x?cursor=1", page({"a", "d/e"})}}, with_token());
  std::vector<std::size_t> counts;
  const auto tree =
      rig.hub->list_tree(model("org/m"), commit('a'), rig.cancel.token(), [&](std::size_t files) { counts.push_back(files); });
  REQUIRE(tree);
  REQUIRE(tree->size() == 4);
  CHECK(tree->at(0).path == "a");
  CHECK(tree->at(3).path == "d/e");
  CHECK(counts == std::vector<std::size_t>{2, 4});
  for (const auto& request : rig.transport.seen()) CHECK(request.token == "hf_canary");
}

TEST_CASE("list_tree: conflicts across pages", "[hub][hub_client]") {  // T10
  HubRig rig({{tree_url(), page({"a/b"}, kApi + "/p2")}, {kApi + "/p2", page({"a"})}});
  CHECK(list(rig).error().code == ErrorCode::BadResponse);
  HubRig twice({{tree_url(), page({"a"}, kApi + "/p2")}, {kApi + "/p2", page({"a", "b"})}});
  CHECK(list(twice)->size() == 2);
}

TEST_CASE("list_tree: a page of another commit", "[hub][hub_client]") {  // T15, N34
  FakeAnswer mixed = page({"b"});
  mixed.headers.emplace_back("X-Repo-Commit", std::string(40, 'b'));
  FakeAnswer right = page({"a"}, kApi + "/p2");
  right.headers.emplace_back("X-Repo-Commit", kCommit);
  HubRig rig({{tree_url(), right}, {kApi + "/p2", mixed}});
  const auto refused = list(rig);
  CHECK(refused.error().code == ErrorCode::BadResponse);
  CHECK(refused.error().message.find(std::string(40, 'b')) != std::string::npos);
  FakeAnswer last = page({"b"});
  last.headers.emplace_back("X-Repo-Commit", kCommit);
  HubRig good({{tree_url(), right}, {kApi + "/p2", last}});
  CHECK(list(good)->size() == 2);
}

TEST_CASE("list_tree: the next page elsewhere is never asked for", "[hub][hub_client]") {  // T25
  for (const char* target :
       {"https://evil.example/p2", "http://hub.example/p2", "file:///etc/passwd", "https://hub.example@evil.example/"}) {
    HubRig rig({{tree_url(), page({"a"}, target)}}, with_token());
    const auto refused = list(rig);
    CHECK(refused.error().code == ErrorCode::UnsafeRedirect);
    CHECK(exit_code(refused.error().code) == 12);
    CHECK(rig.asked().size() == 1);
  }
}

TEST_CASE("list_tree: pages of a moved repository redirect each by itself", "[hub][hub_client]") {  // R-206
  const std::string moved = "https://hub.example/api/models/new/name";
  HubRig rig({{tree_url(), redirect(307, moved + "/tree/1")},
              {moved + "/tree/1", page({"a"}, "?cursor=2")},
              {moved + "/tree/1?cursor=2", redirect(307, moved + "/tree/2")},
              {moved + "/tree/2", page({"b"})}},
             with_token());
  CHECK(list(rig)->size() == 2);
}

TEST_CASE("list_tree: listings that never end", "[hub][hub_client]") {  // T24
  SECTION("one cursor for ever") {
    HubRig rig({{tree_url(), page({"a"}, kApi + "/p")}, {kApi + "/p", page({"b"}, kApi + "/p")}});
    CHECK(list(rig).error().code == ErrorCode::BadResponse);
    CHECK(rig.asked().size() <= 3);
  }
  SECTION("ever new cursors and nothing behind them") {
    HubRig rig({});
    int cursor = 0;
    rig.otherwise = [&](const net::Request&) { return page({}, kApi + "/p?cursor=" + std::to_string(++cursor)); };
    CHECK(list(rig).error().code == ErrorCode::BadResponse);
    CHECK(rig.asked().size() <= 100);
  }
  SECTION("ever new cursors and always the same") {
    HubRig rig({});
    int cursor = 0;
    rig.otherwise = [&](const net::Request&) { return page({"a", "b"}, kApi + "/p?cursor=" + std::to_string(++cursor)); };
    CHECK(list(rig).error().code == ErrorCode::BadResponse);
    CHECK(rig.asked().size() <= 20);
  }
}

TEST_CASE("list_tree: a page over its limit", "[hub][hub_client]") {  // T23
  FakeAnswer huge = json_answer("[" + std::string(64UL * 1024 * 1024, ' ') + "]");
  HubRig rig({{tree_url(), huge}});
  CHECK(list(rig).error().code == ErrorCode::BadResponse);
}

TEST_CASE("list_tree: a cancelled listing ends", "[hub][hub_client]") {
  HubRig rig({{tree_url(), page({"a"})}});
  rig.cancel.interrupt(2);
  CHECK(list(rig).error().code == ErrorCode::Interrupted);
}

TEST_CASE("whoami: an answer that repeats the token is shown nowhere", "[hub][hub_client]") {  // T27
  for (const std::string body : {R"({"name": "Bearer hf_canary"})", R"({"name": "a", "orgs": [{"name": "x"}, {"name": "\u0068f_canary"}]})",
                                 R"({"name": "a", "auth": {"accessToken": {"displayName": "hf_canary", "role": "read"}}})"}) {
    CAPTURE(body);
    HubRig rig({{"https://hub.example/api/whoami-v2", json_answer(body)}}, with_token());
    const auto who = rig.hub->whoami(rig.cancel.token());
    REQUIRE_FALSE(who);
    CHECK(who.error().code == ErrorCode::BadResponse);
    CHECK(who.error().text().find("canary") == std::string::npos);
  }
}

TEST_CASE("list_refs and whoami", "[hub][hub_client]") {  // R-217, R-419
  HubRig rig({{kApi + "/refs?include_prs=1", json_answer(R"({"branches": [{"name": "main", "targetCommit": ")" + kCommit + "\"}]}")},
              {"https://hub.example/api/whoami-v2", json_answer(R"({"name": "alice"})")}},
             with_token());
  CHECK(rig.hub->list_refs(model("org/m"), rig.cancel.token())->at(0).name == "main");
  CHECK(rig.hub->whoami(rig.cancel.token())->name == "alice");
  for (const auto& request : rig.transport.seen()) CHECK_FALSE(request.headers.find("X-HF-Download-Counter"));
  HubRig refused({{"https://hub.example/api/whoami-v2", error_answer(401, "", "Invalid username or password.")}}, with_token());
  CHECK(refused.hub->whoami(refused.cancel.token()).error().code == ErrorCode::AuthRequired);
  HubRig broken({{"https://hub.example/api/whoami-v2", json_answer(R"({"name": 7})")}}, with_token());
  CHECK(broken.hub->whoami(broken.cancel.token()).error().code == ErrorCode::BadResponse);
  HubRig anonymous({});
  CHECK(anonymous.hub->whoami(anonymous.cancel.token()).error().code == ErrorCode::AuthRequired);
  CHECK(anonymous.asked().empty());
}
