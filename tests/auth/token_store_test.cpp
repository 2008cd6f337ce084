#include <larder/auth/token_store.hpp>

#include "fs/disk.hpp"
#include "fs/file_lock.hpp"
#include "support/catch.hpp"
#include "support/fake_clock.hpp"
#include "support/fault_disk.hpp"
#include "support/temp_dir.hpp"

#include <sys/stat.h>

using namespace larder;
using namespace larder::auth;

namespace {

struct Rig {
  test::TempDir folder;
  std::unique_ptr<fs::Disk> disk = fs::make_real_disk();
  test::FakeClock clock;
  std::unique_ptr<Random> random = make_system_random();
  CancelToken cancel;
  TokenStore store{*disk, clock, *random, folder / "hf/token"};

  StoredToken section(const std::string& name, const std::string& token) const {
    StoredToken made(name);
    made.set("hf_token", token);
    return made;
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat facts {};
    return ::stat((folder / name).c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
  }
};

}  // namespace

TEST_CASE("token store: saving writes both files for their owner only", "[auth][token_store]") {
  Rig rig;
  REQUIRE(rig.store.save(rig.section("b", "hf_b"), rig.cancel));
  REQUIRE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
  CHECK(rig.folder.read("hf/token") == "hf_a");  // no newline
  CHECK(rig.folder.read("hf/stored_tokens") == "[a]\nhf_token = hf_a\n\n[b]\nhf_token = hf_b\n\n");
  CHECK(rig.mode("hf/token") == 0600);
  CHECK(rig.mode("hf/stored_tokens") == 0600);
  CHECK(rig.mode("hf") == 0700);
  CHECK(rig.disk->list(rig.folder / "hf")->size() == 3);  // and the lock
}

TEST_CASE("token store: the mode of a folder that is there is left alone", "[auth][token_store]") {
  Rig rig;
  rig.folder.folder("hf");
  ::chmod((rig.folder / "hf").c_str(), 0755);
  REQUIRE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
  CHECK(rig.mode("hf") == 0755);
}

TEST_CASE("token store: a login and a logout survive a power cut", "[auth][token_store]") {  // I5
  Rig rig;
  test::FaultDisk disk(*rig.disk, rig.folder.folder("attic"));
  TokenStore store(disk, rig.clock, *rig.random, rig.folder / "new/hf/token");
  REQUIRE(store.save(rig.section("a", "hf_a"), rig.cancel));
  REQUIRE(store.save(rig.section("b", "hf_b"), rig.cancel));
  disk.lose_unsynced();
  REQUIRE(rig.folder.has("new/hf/token"));
  CHECK(rig.folder.read("new/hf/token") == "hf_b");
  REQUIRE(store.remove("b", rig.cancel));
  disk.lose_unsynced();
  CHECK_FALSE(rig.folder.has("new/hf/token"));
  REQUIRE(rig.folder.has("new/hf/stored_tokens"));
  REQUIRE(store.remove_all(rig.cancel));
  disk.lose_unsynced();
  CHECK_FALSE(rig.folder.has("new/hf/stored_tokens"));
}

TEST_CASE("token store: a section of the same name is replaced as a whole", "[auth][token_store]") {
  Rig rig;
  auto old = rig.section("a", "hf_1");
  old.set("refresh_token", "r");
  REQUIRE(rig.store.save(old, rig.cancel));
  REQUIRE(rig.store.save(rig.section("a", "hf_2"), rig.cancel));
  CHECK(rig.folder.read("hf/stored_tokens") == "[a]\nhf_token = hf_2\n\n");
}

TEST_CASE("token store: switching and removing by name", "[auth][token_store]") {
  Rig rig;
  REQUIRE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
  REQUIRE(rig.store.save(rig.section("b", "hf_b"), rig.cancel));
  REQUIRE(rig.store.activate("a", rig.cancel));
  CHECK(rig.store.read()->active_section()->name() == "a");
  CHECK(rig.store.activate("none", rig.cancel).error().code == ErrorCode::EntryNotFound);
  REQUIRE(rig.store.remove("b", rig.cancel));
  CHECK(rig.folder.has("hf/token"));
  REQUIRE(rig.store.remove("a", rig.cancel));
  CHECK_FALSE(rig.folder.has("hf/token"));
  CHECK(rig.folder.read("hf/stored_tokens").empty());
  CHECK(rig.store.remove("a", rig.cancel).error().code == ErrorCode::EntryNotFound);
}

TEST_CASE("token store: logging out takes both files away", "[auth][token_store]") {
  Rig rig;
  CHECK(*rig.store.remove_all(rig.cancel) == false);
  CHECK_FALSE(rig.folder.has("hf"));
  REQUIRE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
  CHECK(*rig.store.remove_all(rig.cancel));
  CHECK_FALSE(rig.folder.has("hf/token"));
  CHECK_FALSE(rig.folder.has("hf/stored_tokens"));
}

TEST_CASE("token store: what a killed run left goes with the next change, and with a logout", "[auth][token_store]") {  // R-408, T44
  Rig rig;
  const auto leave = [&] {
    rig.folder.write("hf/token.0a1b2c3d.tmp", "hf_left");
    rig.folder.write("hf/stored_tokens.99887766.tmp", "[a]\nhf_token = hf_left\n\n");
    rig.folder.write("hf/token.0a1b2c3d", "mine");
    rig.folder.write("hf/token.backup00.tmp", "mine");
  };
  const auto check_gone = [&] {
    CHECK_FALSE(rig.folder.has("hf/token.0a1b2c3d.tmp"));
    CHECK_FALSE(rig.folder.has("hf/stored_tokens.99887766.tmp"));
    CHECK(rig.folder.read("hf/token.0a1b2c3d") == "mine");
    CHECK(rig.folder.read("hf/token.backup00.tmp") == "mine");
  };
  leave();
  CHECK(*rig.store.remove_all(rig.cancel));  // also when nothing else is there
  check_gone();
  leave();
  REQUIRE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
  check_gone();
  leave();
  CHECK(*rig.store.remove_all(rig.cancel));
  check_gone();
}

TEST_CASE("token store: a file that can't be understood is never written over", "[auth][token_store]") {
  Rig rig;
  rig.folder.write("hf/stored_tokens", "nonsense\n");
  CHECK(rig.store.save(rig.section("a", "hf_a"), rig.cancel).error().code == ErrorCode::InvalidConfig);
  CHECK(rig.folder.read("hf/stored_tokens") == "nonsense\n");
  CHECK_FALSE(rig.folder.has("hf/token"));
  CHECK(*rig.store.remove_all(rig.cancel));
}

TEST_CASE("token store: a folder in the place of a file is told, not taken for none", "[auth][token_store]") {
  Rig rig;
  const auto path = rig.folder / GENERATE("hf/token", "hf/stored_tokens");
  REQUIRE(rig.disk->make_folders(path));
  const auto state = rig.store.read();
  REQUIRE_FALSE(state);
  CHECK(state.error().code == ErrorCode::IoFailed);
  CHECK(state.error().message.find(path) == 0);
  CHECK_FALSE(rig.store.save(rig.section("a", "hf_a"), rig.cancel));
}

TEST_CASE("token store: another program's lock is waited for, then it is busy", "[auth][token_store]") {
  Rig rig;
  rig.folder.folder("hf");
  const auto held = fs::FileLock::try_lock(rig.folder / "hf/stored_tokens.lock");
  REQUIRE((held && held->outcome == fs::FileLock::Outcome::Held));
  CHECK(rig.store.save(rig.section("a", "hf_a"), rig.cancel).error().code == ErrorCode::LockBusy);
  CHECK_FALSE(rig.folder.has("hf/token"));
}

TEST_CASE("token store: renewing replaces the token in both files, once", "[auth][token_store]") {
  Rig rig;
  REQUIRE(rig.store.save(rig.section("oauth-alice", "hf_old"), rig.cancel));
  int renewals = 0;
  const auto renew = [&](const StoredToken& old) -> Result<StoredToken> {
    ++renewals;
    auto fresh = old;
    fresh.set("hf_token", "hf_new");
    return fresh;
  };
  CHECK(rig.store.renew(Secret("hf_old"), renew, rig.cancel)->reveal() == "hf_new");
  CHECK(rig.folder.read("hf/token") == "hf_new");
  // A second client still has the old one in its hands: it takes what the first one got.
  CHECK(rig.store.renew(Secret("hf_old"), renew, rig.cancel)->reveal() == "hf_new");
  CHECK(renewals == 1);
  const auto failing = [](const StoredToken&) -> Result<StoredToken> { return fail(ErrorCode::AuthRequired, "over"); };
  CHECK_FALSE(rig.store.renew(Secret("hf_new"), failing, rig.cancel));
  CHECK(rig.folder.read("hf/token") == "hf_new");
}

TEST_CASE("token store: a token that no login left is not renewed", "[auth][token_store]") {
  Rig rig;
  rig.folder.write("hf/token", "hf_by_hand");
  const auto never = [](const StoredToken&) -> Result<StoredToken> { return fail(ErrorCode::Internal, "asked"); };
  CHECK(rig.store.renew(Secret("hf_by_hand"), never, rig.cancel)->reveal() == "hf_by_hand");
  CHECK(rig.folder.read("hf/token") == "hf_by_hand");
}
