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
