// What a broken-off run leaves, and what the next one makes of it (engine.md §5.3, I11).
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using transfer::FileStatus;
using namespace std::chrono_literals;

namespace {

struct TwoFiles : EngineRig {
  TwoFiles() {
    add("a.bin", {60 * kMiB, 1});
    add("b.bin", {50 * kMiB + 11, 2}, digest::Algorithm::GitSha1);
    usual_hub();
    net.path.connection_rate = 4e6;
    net.path.link_rate = 20e6;
  }
  [[nodiscard]] std::uint64_t total() const { return 110 * kMiB + 11; }
};

}  // namespace

TEST_CASE("Engine: after a kill at most 32 MiB are fetched again", "[transfer][engine][resume]") {  // L2
  for (const auto when : {500ms, 1500ms, 3000ms, 4700ms}) {
    CAPTURE(when.count());
    TwoFiles rig;
    rig.run_killed_after(when);
    const std::uint64_t before = rig.net.body_bytes();
    rig.redirects("hub.test", "other.test");  // other addresses, other number of connections
    rig.serves("other.test");
    rig.options.jobs = 3;
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.net.body_bytes() - rig.total() <= 32 * kMiB);
    CHECK(rig.report.body_bytes <= rig.total() - before + 32 * kMiB);
    CHECK(std::filesystem::is_empty(rig.layout.partials()));
  }
}

TEST_CASE("Engine: an interrupt loses nothing that has been written", "[transfer][engine][resume]") {  // L21
  TwoFiles rig;
  CancelSource cancel;
  rig.clock.after(2s, [&cancel] { cancel.interrupt(2); });
  const auto done = rig.run(cancel.token());
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::Interrupted);
  CHECK(rig.clock.seconds() < 2.1);
  const std::uint64_t first = rig.report.body_bytes;
  CHECK(first > 30'000'000);
  rig.net.path = {};  // so that the second run asks for nothing twice
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.report.body_bytes == rig.total() - first);
  CHECK(rig.report.statuses == std::vector<FileStatus>(2, FileStatus::Resumed));
}

TEST_CASE("Engine: what an earlier run left wrong is fetched again from zero, once", "[transfer][engine][resume]") {  // T20
  TwoFiles rig;
  rig.run_killed_after(3s);
  for (const auto& partial : std::filesystem::directory_iterator(rig.layout.partials())) {
    std::fstream data(partial.path() / "data", std::ios::binary | std::ios::in | std::ios::out);
    data.seekp(100);
    data.put('!');
  }
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.warned("wrong bytes in what an earlier run left"));
  CHECK(rig.report.statuses == std::vector<FileStatus>(2, FileStatus::Fetched));
}

TEST_CASE("Engine: a mirror goes on where the Hub was killed", "[transfer][engine][resume]") {
  TwoFiles rig;
  rig.run_killed_after(3s);
  rig.mirror("one.test");
  rig.serves("one.test");
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.report.body_bytes < rig.total() - 20 * kMiB);
}

TEST_CASE("Engine: the partial of a run that may live is left alone", "[transfer][engine][resume]") {  // L33
  TwoFiles rig;
  struct Killed {};
  rig.clock.after(3s, [] { throw Killed{}; });
  CHECK_THROWS_AS((void)rig.run(), Killed);
  rig.net.forget_all();
  std::vector<std::string> before;
  for (const auto& partial : std::filesystem::directory_iterator(rig.layout.partials())) before.push_back(partial.path().string());
  // Its lease went with the exception; this one stands for a process that lives.
  REQUIRE_FALSE(before.empty());
  const std::string run = before.front().substr(before.front().rfind('.') + 1);
  store::StoreOptions options{rig.temp.path() + "/hub"};
  store::Store store(*rig.disk, rig.clock, rig.random, options);
  auto lease = store::Lease::take(store, rig.layout, commit_of('1'));
  REQUIRE(lease);
  std::filesystem::rename(rig.layout.leases() + "/" + store.run(), rig.layout.leases() + "/" + run);
  REQUIRE(rig.run());
  rig.check_complete();
  for (const auto& path : before) CHECK(std::filesystem::exists(path + "/data"));
}
