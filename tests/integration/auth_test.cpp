// Who you are: logging in and out, the files of tokens, renewal, CI identities; and that no token is ever shown (R-401…R-419, T41…T47).
#include "integration/sandbox.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace larder::test;

namespace {

std::string token_file(const Sandbox& box) { return box.root() + "/hf/token"; }
std::string stored_file(const Sandbox& box) { return box.root() + "/hf/stored_tokens"; }

void write_secret(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

std::int64_t seconds_from_now(std::int64_t span) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + span;
}

/// A login by browser that ends in `left` seconds.
void store_login(const Sandbox& box, const std::string& refresh_token, std::int64_t left) {
  write_secret(token_file(box), kStrangerToken);
  write_secret(stored_file(box), "[oauth-alice]\nhf_token = " + kStrangerToken + "\nrefresh_token = " + refresh_token +
                                     "\nexpires_at = " + std::to_string(seconds_from_now(left)) + "\n\n");
}

RunResult login(Sandbox& box, const std::string& input) {
  RunOptions options = box.options({"auth", "login", "--token-stdin"});
  options.input = input;
  RunResult result = run_larder(options);
  box.look_for_secrets(result);
  return result;
}

}  // namespace

TEST_CASE("auth: login by stdin, whoami, status, list, switch, logout", "[integration][auth]") {
  Sandbox box;
  CHECK_EXIT(box.run({"auth", "whoami"}), 4);
  CHECK_EXIT(box.run({"auth", "status"}), 4);
  CHECK_EXIT(box.run({"auth", "login"}), 2);  // no terminal, nothing given
  RunOptions login = box.options({"auth", "login", "--token-stdin"});
  login.input = kMemberToken + "\n";
  const RunResult logged_in = run_larder(login);
  box.look_for_secrets(logged_in);
  REQUIRE_EXIT(logged_in, 0);
  CHECK(read_all(box.root() + "/hf/token") == kMemberToken);
  CHECK(read_all(box.root() + "/hf/stored_tokens") == "[ci read-only]\nhf_token = " + kMemberToken + "\n\n");
  CHECK((std::filesystem::status(box.root() + "/hf/token").permissions() & std::filesystem::perms(077)) == std::filesystem::perms::none);

  const RunResult who = box.run({"auth", "whoami", "--json"});
  REQUIRE_EXIT(who, 0);
  CHECK(parse_output(who)["user"]["name"] == "alice");
  const RunResult status = box.run({"auth", "status", "--json"});
  CHECK_EXIT(status, 0);
  CHECK(parse_output(status)["token"]["source"] == "file");
  const auto list = parse_output(box.run({"auth", "list", "--json"}));
  CHECK(list["stored"][0]["name"] == "ci read-only");
  CHECK(list["stored"][0]["active"] == true);
  CHECK_EXIT(box.run({"auth", "switch", "--token-name", "none"}), 3);
  CHECK_EXIT(box.run({"auth", "switch", "--token-name", "ci read-only"}), 0);
  CHECK_EXIT(box.run({"auth", "logout"}), 0);
  CHECK_FALSE(exists(box.root() + "/hf/token"));
  CHECK_FALSE(exists(box.root() + "/hf/stored_tokens"));
}

TEST_CASE("auth whoami: offline nobody is asked", "[integration][auth]") {
  Sandbox box;
  REQUIRE_EXIT(login(box, kMemberToken), 0);
  const auto before = box.hub.requests();
  CHECK_EXIT(box.run({"auth", "whoami", "--offline"}), 3);
  box.environment["HF_HUB_OFFLINE"] = "1";
  CHECK_EXIT(box.run({"auth", "whoami"}), 3);
  CHECK(box.hub.requests() == before);
}

TEST_CASE("auth login: a token that the Hub refuses is not stored", "[integration][auth]") {
  Sandbox box;
  RunOptions login = box.options({"auth", "login", "--token-stdin"});
  login.input = "hf_InvalidCanary00000000000000000000\n";
  CHECK_EXIT(run_larder(login), 4);
  CHECK_FALSE(exists(box.root() + "/hf/token"));
}

TEST_CASE("auth login: what is no token is refused before any request", "[integration][auth]") {  // T34, R-409
  Sandbox box;
  CHECK_EXIT(login(box, "hf_abc\tdef0123456789\n"), 2);
  CHECK_EXIT(login(box, " \n"), 2);
  CHECK_EXIT(login(box, "api_org_abcdefgh0123456789\n"), 4);
  CHECK_EXIT(box.run({"auth", "login", "--device", "--token-stdin"}), 2);
  CHECK_EXIT(box.run({"auth", "login", "--device", "--offline"}), 2);
  CHECK_EXIT(box.run({"auth", "login", "hf_abcdefghijklmnop"}), 2);
  CHECK(box.hub.requests() == 0);
  CHECK_FALSE(exists(box.root() + "/hf"));
}

TEST_CASE("auth login: by browser, at an endpoint with and without its slash", "[integration][auth]") {
  for (const char* slash : {"", "/"}) {
    Sandbox box;
    box.environment["HF_ENDPOINT"] = box.hub.endpoint() + slash;
    const RunResult result = box.run({"auth", "login", "--device", "--json"});
    REQUIRE_EXIT(result, 0);
    CHECK(contains(result.err, "ABCD-1234"));
    CHECK(contains(result.err, box.hub.endpoint() + "/device?code=ABCD-1234"));
    CHECK(box.hub.server().count_path("/oauth/device") == 1);
    CHECK(box.hub.server().count_path("/oauth/token") == 1);
    const auto document = parse_output(result);
    CHECK(document["schema"] == "larder.auth/1");
    CHECK(document["user"]["name"] == "alice");
    CHECK(document["token"]["name"] == "oauth-alice");  // a browser's token has no name of its own
    CHECK(read_all(token_file(box)) == kOAuthToken);
    CHECK(read_all(stored_file(box))
              .rfind("[oauth-alice]\nhf_token = " + kOAuthToken + "\nrefresh_token = " + kRefreshToken + "\nexpires_at = ", 0) == 0);
    const auto listed = parse_output(box.run({"auth", "list", "--json"}));
    CHECK(listed["stored"][0]["expires_at"].is_string());
  }
}

TEST_CASE("auth login: by browser, refused or too late", "[integration][auth]") {
  struct Case {
    const char* word;
    int exit;
  };
  for (const Case& each : {Case{"access_denied", 4}, Case{"expired_token", 5}, Case{"made_up", 4}}) {
    Sandbox box;
    box.hub.device_answers({each.word});
    CHECK_EXIT(box.run({"auth", "login", "--device"}), each.exit);
    CHECK_FALSE(exists(token_file(box)));
  }
}

TEST_CASE("auth: the files are 0600, a new folder is 0700, an old one keeps its mode", "[integration][auth]") {  // T44, R-405
  Sandbox box;
  SECTION("new") {
    REQUIRE_EXIT(login(box, kMemberToken), 0);
    CHECK(mode_of(box.root() + "/hf") == 0700);
  }
  SECTION("old") {
    std::filesystem::create_directories(box.root() + "/hf");
    REQUIRE(::chmod((box.root() + "/hf").c_str(), 02775) == 0);
    REQUIRE_EXIT(login(box, kMemberToken), 0);
    CHECK(mode_of(box.root() + "/hf") == 02775);
  }
  SECTION("a link planted where the token goes is replaced, not followed") {  // T48
    write_secret(box.root() + "/home/victim", "mine");
    std::filesystem::create_directories(box.root() + "/hf");
    REQUIRE(::symlink((box.root() + "/home/victim").c_str(), token_file(box).c_str()) == 0);
    REQUIRE_EXIT(login(box, kMemberToken), 0);
    CHECK(read_all(box.root() + "/home/victim") == "mine");
  }
  CHECK(mode_of(token_file(box)) == 0600);
  CHECK(mode_of(stored_file(box)) == 0600);
}

TEST_CASE("auth status: makes no request, even when a renewal is due", "[integration][auth]") {
  Sandbox box;
  store_login(box, kRefreshToken, 60);
  const auto status = parse_output(box.run({"auth", "status", "--json"}));
  CHECK(status["token"]["name"] == "oauth-alice");
  CHECK(status["token"]["source"] == "file");
  for (const Words& words : {Words{"auth", "list"}, Words{"auth", "switch", "--token-name", "oauth-alice"}, Words{"env"}}) {
    CHECK_EXIT(box.run(words), 0);
  }
  CHECK(box.hub.requests() == 0);
  CHECK(read_all(token_file(box)) == kStrangerToken);
}

TEST_CASE("auth: a login by browser is renewed when it is due, and both files follow", "[integration][auth]") {
  Sandbox box;
  box.hub.put(golden_repo());
  SECTION("due") {
    store_login(box, kRefreshToken, 3600);
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
    CHECK(read_all(token_file(box)) == kOAuthToken);
    CHECK(contains(read_all(stored_file(box)), "hf_token = " + kOAuthToken));
    CHECK(box.hub.server().count([](const LogEntry& entry) { return entry.request.bearer() == kStrangerToken; }) == 0);
  }
  SECTION("not yet") {
    store_login(box, kRefreshToken, 48L * 3600);
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
    CHECK(box.hub.server().count_path("/oauth/token") == 0);
    CHECK(read_all(token_file(box)) == kStrangerToken);
  }
  SECTION("over: one warning, and the old token is used") {
    store_login(box, "hf_refresh_of_yesterday_0123456789", 3600);
    const RunResult result = box.run({"resolve", "org/m"});
    CHECK_EXIT(result, 0);
    CHECK(contains(result.err, "auth login"));
    CHECK_FALSE(contains(result.err, "hf_refresh"));
    CHECK(read_all(token_file(box)) == kStrangerToken);
  }
}

TEST_CASE("auth: the identity of a CI job is exchanged, or it is an error", "[integration][auth]") {
  Sandbox box({.needs_token = true});
  box.hub.put(golden_repo());
  box.environment["HF_OIDC_RESOURCE"] = "org/m";
  box.environment["HF_TOKEN"] = kMemberToken;  // never a fall-back
  SECTION("minted on GitHub Actions") {
    box.environment["GITHUB_ACTIONS"] = "true";
    box.environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = box.hub.endpoint() + "/mint?api-version=2.0";
    box.environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = kMintToken;
    CHECK_EXIT(box.run({"pull", "org/m", "-vv"}), 0);
    const auto who = parse_output(box.run({"auth", "whoami", "--json"}));
    CHECK(who["token"]["source"] == "oidc");
    CHECK(box.hub.server().count([](const LogEntry& entry) { return entry.request.bearer() == kMemberToken; }) == 0);
    CHECK_FALSE(exists(token_file(box)));
  }
  SECTION("given") {
    box.environment["HF_OIDC_ID_TOKEN"] = kIdToken + "\n";
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
    CHECK(box.hub.server().count_path("/mint") == 0);
  }
  SECTION("refused") {
    box.environment["HF_OIDC_ID_TOKEN"] = "eyJub25l";
    const RunResult result = box.run({"resolve", "org/m"});
    CHECK_EXIT(result, 4);
    CHECK(contains(result.err, "HF_OIDC_RESOURCE"));
    CHECK(box.hub.server().count_path("/api/models/org/m/revision/main") == 0);
  }
  SECTION("not to be had") {
    CHECK_EXIT(box.run({"resolve", "org/m"}), 4);
    CHECK(box.hub.requests() == 0);
  }
  SECTION("status and env ask nobody") {
    CHECK(parse_output(box.run({"auth", "status", "--json"}))["token"]["source"] == "oidc");
    CHECK(parse_output(box.run({"env", "--json"}))["token"] == nlohmann::json({{"present", true}, {"source", "oidc"}}));
    CHECK(box.hub.requests() == 0);
  }
  SECTION("a token file named by flag goes before it") {
    write_secret(box.root() + "/home/t", kMemberToken);
    CHECK_EXIT(box.run({"resolve", "org/m", "--token-file", box.root() + "/home/t"}), 0);
  }
}

TEST_CASE("auth: the token of a CI job is exchanged again before it ends", "[integration][auth]") {
  // One that was asked for is renewed 300 s early, a given one when it ends: both are due for every request here.
  for (const bool is_given : {false, true}) {
    Sandbox box({.needs_token = true, .identity_life = std::chrono::seconds(is_given ? 0 : 300)});
    box.hub.put(golden_repo());
    box.environment["HF_OIDC_RESOURCE"] = "org/m";
    if (is_given) box.environment["HF_OIDC_ID_TOKEN"] = kIdToken;
    box.environment["GITHUB_ACTIONS"] = "true";
    box.environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = box.hub.endpoint() + "/mint";
    box.environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = kMintToken;
    CHECK_EXIT(box.run({"pull", "org/m"}), 0);
    CHECK(box.hub.server().count_path("/oauth/token") > 4);  // info, listing and files
    CHECK(box.hub.server().count_path("/mint") == (is_given ? 0 : box.hub.server().count_path("/oauth/token")));
  }
  Sandbox box({.needs_token = true, .identity_life = std::chrono::seconds(3600)});
  box.hub.put(golden_repo());
  box.environment["HF_OIDC_RESOURCE"] = "org/m";
  box.environment["HF_OIDC_ID_TOKEN"] = kIdToken;
  CHECK_EXIT(box.run({"pull", "org/m"}), 0);
  CHECK(box.hub.server().count_path("/oauth/token") == 1);
}

TEST_CASE("auth logout: a token from elsewhere is an error after the deletion", "[integration][auth]") {
  Sandbox box;
  REQUIRE_EXIT(login(box, kMemberToken), 0);
  SECTION("of a variable") {
    box.environment["HF_TOKEN"] = kMemberToken;
    const RunResult result = box.run({"auth", "logout"});
    CHECK_EXIT(result, 10);
    CHECK(contains(result.err, "HF_TOKEN still holds one"));
    CHECK_FALSE(exists(token_file(box)));
    CHECK_EXIT(box.run({"auth", "logout"}), 10);  // nothing was stored, and still not logged out
  }
  SECTION("of a job") {
    box.environment["HF_OIDC_RESOURCE"] = "org/m";
    CHECK_EXIT(box.run({"auth", "logout", "--token-name", "ci read-only"}), 10);
    CHECK_FALSE(contains(read_all(stored_file(box)), "hf_"));
  }
  SECTION("of none") { CHECK_EXIT(box.run({"auth", "logout"}), 0); }
}

TEST_CASE("auth: a list says when it is empty or not what is in use", "[integration][auth]") {
  Sandbox box;
  const auto notes = [&] {
    const auto listed = box.run({"auth", "list"});
    CHECK_EXIT(listed, 0);
    return listed.err;
  };
  CHECK(contains(notes(), "larder: note: no token is stored; `larder auth login` stores one"));
  REQUIRE_EXIT(login(box, kMemberToken), 0);
  CHECK(notes().empty());
  box.environment["HF_TOKEN"] = "hf_another";
  CHECK(contains(notes(), "in use is the token of HF_TOKEN"));
  box.environment.erase("HF_TOKEN");
  std::filesystem::remove(box.root() + "/hf/token");
  CHECK(contains(notes(), "none of them is in use"));
  std::filesystem::create_directory(box.root() + "/hf/token");
  const auto folder = box.run({"auth", "list"});
  CHECK_EXIT(folder, 8);
  CHECK(contains(folder.err, box.root() + "/hf/token: is a folder where a file belongs"));
  for (const Words& words : {Words{"auth", "status"}, Words{"resolve", "org/m"}}) {  // not as if there were none
    const auto status = box.run(words);
    CHECK_EXIT(status, 8);
    CHECK(contains(status.err, box.root() + "/hf/token: is a folder"));
  }
}

TEST_CASE("auth: broken stored tokens are never written over", "[integration][auth]") {
  Sandbox box;
  for (const std::string& broken :
       {std::string("no section\n"), std::string("[a]\nhf_token = x\n[a]\nhf_token = y\n"), std::string("[a]\n\xff = 1\n")}) {
    write_secret(stored_file(box), broken);
    CHECK_EXIT(box.run({"auth", "list"}), 2);
    CHECK_EXIT(login(box, kMemberToken), 2);
    CHECK(read_all(stored_file(box)) == broken);
    CHECK_EXIT(box.run({"auth", "logout"}), 0);  // takes it away all the same
    CHECK_FALSE(exists(stored_file(box)));
  }
}

TEST_CASE("tokens: no output of any command shows one", "[integration][auth][secrets]") {  // T41, T42, I8
  Sandbox box;
  HubRepo gated = golden_repo();
  gated.id = "org/gated";
  gated.access = Access::Gated;
  box.hub.put(golden_repo());
  box.hub.put(gated);
  REQUIRE_EXIT(login(box, kMemberToken), 0);
  store_login(box, kRefreshToken, 48L * 3600);
  for (const std::string& variable : {std::string(), kMemberToken}) {
    box.environment.erase("HF_TOKEN");
    if (!variable.empty()) box.environment["HF_TOKEN"] = variable;
    for (const Words& words : std::vector<Words>{{"pull", "org/m"},
                                                 {"pull", "org/gated"},
                                                 {"pull", "org/none"},
                                                 {"pull", "org/m", "--local-dir", box.root() + "/out"},
                                                 {"plan", "org/m"},
                                                 {"resolve", "org/m"},
                                                 {"files", "org/m"},
                                                 {"cache", "ls"},
                                                 {"cache", "verify"},
                                                 {"auth", "whoami"},
                                                 {"auth", "status"},
                                                 {"auth", "list"},
                                                 {"auth", "switch", "--token-name", "none"},
                                                 {"env"},
                                                 {"doctor"},
                                                 {"pull", kMemberToken},
                                                 {"resolve", "org/m", "--nonsense"}}) {
      for (const Words& more : std::vector<Words>{{}, {"-vvv"}, {"--json"}, {"--json", "-vvv"}}) {
        Words all = words;
        all.insert(all.end(), more.begin(), more.end());
        CAPTURE(all);
        (void)box.run(all);  // searches the output
      }
    }
  }
  const auto everything = box.everything();
  for (const auto& [path, text] : everything) {  // nor a file but the two
    CAPTURE(path);
    if (path == "hf/token" || path == "hf/stored_tokens") continue;
    CHECK(text.find("Canary") == std::string::npos);
  }
}

TEST_CASE("tokens: a process that holds one leaves no core", "[integration][auth]") {  // T43
  Sandbox box;
  box.hub.put(golden_repo());
  box.environment["HF_TOKEN"] = kMemberToken;
  box.hub.fault("api:info", "stallhdr");
  box.environment["ASAN_OPTIONS"] = "handle_segv=0";  // AddressSanitizer would catch the signal, report it and exit
  LarderProcess process(box.options({"resolve", "org/m"}));
  REQUIRE(box.hub.server().await_stalled(1));
  const std::string folder = "/proc/" + std::to_string(process.pid());
  struct stat facts {};
  REQUIRE(::stat((folder + "/environ").c_str(), &facts) == 0);
  CHECK(facts.st_uid == 0);  // not dumpable: /proc hands it to root
  const std::string limits = read_all(folder + "/limits");
  CHECK(contains(limits, "Max core file size        0                    0"));
  process.send_signal(SIGSEGV);
  const RunResult result = process.wait();
  CHECK(result.signal == SIGSEGV);
  box.look_for_secrets(result);
}
