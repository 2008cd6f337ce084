#include "store/lease.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::test;
using store::Lease;
using store::Liveness;
namespace files = std::filesystem;

namespace {

struct Cache : PreparedCache {
  std::vector<store::LeaseRecord> leases() { return store::read_leases(*run.disk, layout).value(); }
};

/// The pid of a process that is certainly gone.
pid_t a_dead_pid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  return child;
}

}  // namespace

TEST_CASE("Lease: told while held, gone afterwards", "[store][lease]") {
  Cache cache;
  {
    auto lease = Lease::take(cache.run.store, cache.layout, commit_of('1')).value();
    const auto records = cache.leases();
    REQUIRE(records.size() == 1);
    CHECK(records[0].run == cache.run.store.run());
    CHECK(records[0].commit == commit_of('1'));
    CHECK(records[0].owner == store::own_identity(*cache.run.disk));
    CHECK_FALSE(store::is_void(*cache.run.disk, records[0], cache.run.clock->wall_now()));
    Lease moved = std::move(lease);
    CHECK(cache.leases().size() == 1);
  }
  CHECK(cache.leases().empty());
}

TEST_CASE("Lease: void a day after its last renewal", "[store][lease]") {
  Cache cache;
  const auto lease = Lease::take(cache.run.store, cache.layout, commit_of('1')).value();
  const auto record = cache.leases().at(0);
  const auto now = cache.run.clock->wall_now();
  CHECK_FALSE(store::is_void(*cache.run.disk, record, now + std::chrono::hours(23)));
  CHECK(store::is_void(*cache.run.disk, record, now + std::chrono::hours(25)));
}

TEST_CASE("Lease: what cannot be understood counts as a lease of anything, for a while", "[store][lease]") {  // I7
  Cache cache;
  const std::string known = R"("owner":{"host":"h"},"until":4000000000)";
  write_file(cache.layout.leases() + "/00000002", "{\"version\":2,\"owner\":{},\"until\":1}");
  write_file(cache.layout.leases() + "/00000003", "[[[[");
  write_file(cache.layout.leases() + "/00000004", std::string(100000, ' '));
  files::create_directories(cache.layout.leases() + "/00000005");
  files::create_symlink("00000003", cache.layout.leases() + "/00000006");
  write_file(cache.layout.leases() + "/00000007", R"({"version":1,"owner":{},"until":"tomorrow"})");
  write_file(cache.layout.leases() + "/00000008", R"({"version":1,"until":4000000000})");
  write_file(cache.layout.leases() + "/0000000900000009", R"({"version":2})");  // of a larder whose runs have longer names
  write_file(cache.layout.leases() + "/0000000a",
             "{\"version\":1,\"commit\":\"" + commit_of('1').hex() + "\",\"commits\":[],\"owner\":{\"host\":\"h\"},\"until\":4000000000}");
  const auto now = cache.run.clock->wall_now();
  const auto leases = cache.leases();
  CHECK(leases.size() == 9);
  for (const auto& lease : leases) {
    CAPTURE(lease.run);
    CHECK_FALSE(lease.commit);
    CHECK_FALSE(store::is_void(*cache.run.disk, lease, now + std::chrono::hours(24)));
    if (lease.run != "0000000a") CHECK(store::is_void(*cache.run.disk, lease, now + std::chrono::hours(24 * 8)));
  }
  const auto dead = store::DeadRuns::look(*cache.run.disk, cache.layout.leases(), now).value();
  const auto one = store::DeadRuns::look_at(*cache.run.disk, cache.layout.leases(), "00000002", now).value();
  CHECK_FALSE(dead.contains("00000002"));
  CHECK_FALSE(dead.has_dead_owner("00000003"));
  CHECK_FALSE(one.contains("00000002"));
  CHECK(one.contains("00000003"));  // it was not asked about
}

TEST_CASE("Lease: what a power cut left, and what is nobody's, is no lease", "[store][lease]") {
  Cache cache;
  write_file(cache.layout.leases() + "/00000001", "");
  write_file(cache.layout.leases() + "/.DS_Store", std::string("\0\0\0\1Bud1", 8));
  write_file(cache.layout.leases() + "/notes", "mine");
  files::create_directories(cache.layout.leases() + "/folder");
  CHECK(cache.leases().empty());
}

TEST_CASE("Lease: a hostile end of life does not overflow", "[store][lease]") {
  const auto parsed = [](const std::string& until) { return store::parse_lease("{\"version\":1,\"owner\":{},\"until\":" + until + "}"); };
  for (const char* until : {"9223372036854775807", "18446744073709551615"}) {
    REQUIRE(parsed(until));
    CHECK(parsed(until)->until > WallTime(std::chrono::hours(24 * 365 * 100)));
  }
  REQUIRE(parsed("-9223372036854775808"));
  CHECK(parsed("-9223372036854775808")->until == WallTime());
  for (const char* until : {"1e300", "\"x\"", "null", "true"}) CHECK_FALSE(parsed(until));
}

TEST_CASE("owner: dead only for certain", "[store][owner]") {
  const auto disk = fs::make_real_disk();
  const store::Owner self = store::own_identity(*disk);
  CHECK_FALSE(self.boot.empty());
  CHECK(store::liveness(*disk, self) == Liveness::Alive);

  auto other = self;
  other.host = "another-host";
  CHECK(store::liveness(*disk, other) == Liveness::Unknown);
  other = self;
  other.boot = "00000000-0000-0000-0000-000000000000";
  CHECK(store::liveness(*disk, other) == Liveness::Dead);
  other.boot = "";
  CHECK(store::liveness(*disk, other) == Liveness::Unknown);
  other = self;
  other.pid_namespace = "pid:[1]";
  CHECK(store::liveness(*disk, other) == Liveness::Unknown);
  other = self;
  other.started = "1";  // the pid was given to another process since
  CHECK(store::liveness(*disk, other) == Liveness::Dead);
  other = self;
  other.pid = a_dead_pid();
  CHECK(store::liveness(*disk, other) == Liveness::Dead);
  other.pid = -1;
  CHECK(store::liveness(*disk, other) == Liveness::Unknown);
}

TEST_CASE("DeadRuns: without a lease, or with a void one", "[store][lease]") {
  Cache cache;
  const auto now = cache.run.clock->wall_now();
  const auto lease = Lease::take(cache.run.store, cache.layout, commit_of('1')).value();
  auto gone = store::own_identity(*cache.run.disk);
  gone.pid = a_dead_pid();
  write_file(cache.layout.leases() + "/00000001", store::format_lease(gone, commit_of('1'), now + std::chrono::hours(24)));
  auto far = store::own_identity(*cache.run.disk);
  far.host = "another-host";
  write_file(cache.layout.leases() + "/00000002", store::format_lease(far, commit_of('1'), now + std::chrono::hours(24)));
  write_file(cache.layout.leases() + "/00000003", store::format_lease(far, commit_of('1'), now - std::chrono::hours(1)));
  const auto dead = store::DeadRuns::look(*cache.run.disk, cache.layout.leases(), now).value();
  CHECK_FALSE(dead.contains(cache.run.store.run()));
  CHECK(dead.contains("00000001"));
  CHECK_FALSE(dead.contains("00000002"));
  CHECK(dead.contains("00000003"));
  CHECK(dead.contains("00000004"));
  CHECK_FALSE(dead.has_dead_owner(cache.run.store.run()));
  CHECK(dead.has_dead_owner("00000001"));
  CHECK_FALSE(dead.has_dead_owner("00000002"));
  CHECK_FALSE(dead.has_dead_owner("00000003"));  // run out, but nobody knows whether it still writes
  CHECK(dead.has_dead_owner("00000004"));
}
