// Who may read what: the four kinds of refusal, and what each says.
#include "integration/sandbox.hpp"

#include <filesystem>
#include <fstream>

using namespace larder::test;

namespace {

HubRepo with_access(const std::string& id, Access access) {
  HubRepo repo = golden_repo();
  repo.id = id;
  repo.access = access;
  return repo;
}

}  // namespace

TEST_CASE("pull: each refusal of the Hub has its exit code and its advice", "[integration][access]") {
  Sandbox box;
  box.hub.put(golden_repo());
  box.hub.put(with_access("org/gated", Access::Gated));
  box.hub.put(with_access("org/private", Access::Private));
  box.hub.put(with_access("org/off", Access::Disabled));
  struct Case {
    std::string reference, token;
    int exit;
    std::string says;  // some word that the message or its hint must hold
  };
  for (const Case& c :
       {Case{"org/m", "", 0, ""}, Case{"org/m", "hf_InvalidCanary00000000000000000000", 4, "token"}, Case{"org/none", "", 3, "log"},
        Case{"org/none", kStrangerToken, 3, "org/none"}, Case{"org/m@none", "", 3, "none"}, Case{"org/gated", "", 4, "org/gated"},
        Case{"org/gated", kStrangerToken, 4, "org/gated"}, Case{"org/gated", kMemberToken, 0, ""}, Case{"org/private", "", 3, "log"},
        Case{"org/private", kStrangerToken, 3, "org/private"}, Case{"org/private", kMemberToken, 0, ""},
        Case{"org/off", kMemberToken, 4, "disabled"}}) {
    CAPTURE(c.reference, c.token);
    box.environment.erase("HF_TOKEN");
    if (!c.token.empty()) box.environment["HF_TOKEN"] = c.token;
    const RunResult result = box.run({"pull", c.reference});
    CHECK_EXIT(result, c.exit);
    CHECK(contains(result.err, c.says));
    CHECK_FALSE(contains(result.err, "hf_Invalid"));
    if (c.exit != 0) CHECK(result.out.empty());
  }
}

TEST_CASE("pull: a gated repository costs one refusal, not one a file", "[integration][access]") {  // N23
  Sandbox box;
  box.hub.put(with_access("org/m", Access::Gated));
  CHECK_EXIT(box.run({"pull", "org/m"}), 4);
  CHECK(box.hub.server().count([](const LogEntry& entry) { return entry.status == 401; }) <= 6);
}

TEST_CASE("pull: the token comes from --token-file, the variables or the stored file, in that order",
          "[integration][access]") {
  Sandbox box({.needs_token = true});
  box.hub.put(golden_repo());
  const std::string file = box.root() + "/home/token";
  std::ofstream(file) << "  " << kMemberToken << "\r\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  SECTION("--token-file") { CHECK_EXIT(box.run({"resolve", "org/m", "--token-file", file}), 0); }
  SECTION("HF_TOKEN") {
    box.environment["HF_TOKEN"] = kMemberToken + "\n";
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
  }
  SECTION("HUGGING_FACE_HUB_TOKEN when HF_TOKEN is empty") {
    box.environment["HF_TOKEN"] = "";
    box.environment["HUGGING_FACE_HUB_TOKEN"] = kMemberToken;
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
  }
  SECTION("the stored file") {
    box.environment["HF_TOKEN_PATH"] = file;
    CHECK_EXIT(box.run({"resolve", "org/m"}), 0);
  }
  SECTION("none") { CHECK_EXIT(box.run({"resolve", "org/m"}), 3); }
  SECTION("never by argument") { CHECK_EXIT(box.run({"resolve", "org/m", "--token", "x"}), 2); }
  SECTION("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
    box.environment["HF_TOKEN"] = kMemberToken;
    box.environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
    CHECK_EXIT(box.run({"resolve", "org/m"}), 3);
  }
}

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

TEST_CASE("auth login: a token that the Hub refuses is not stored", "[integration][auth]") {
  Sandbox box;
  RunOptions login = box.options({"auth", "login", "--token-stdin"});
  login.input = "hf_InvalidCanary00000000000000000000\n";
  CHECK_EXIT(run_larder(login), 4);
  CHECK_FALSE(exists(box.root() + "/hf/token"));
}
