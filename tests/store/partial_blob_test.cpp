#include "store/partial_blob.hpp"

#include "store/partial_store.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <thread>

using namespace larder;
using namespace larder::test;
using store::JournalHeader;
using store::PartialBlob;
namespace files = std::filesystem;

namespace {

struct Place {
  TempDir temp;
  std::unique_ptr<fs::Disk> disk = fs::make_real_disk();
  std::unique_ptr<Clock> clock = make_system_clock();
  std::string folder = temp.path() + "/partial";
  JournalHeader header{1000, sha256_of("whatever"), store::boot_id(*fs::make_real_disk())};

  std::unique_ptr<PartialBlob> create() { return PartialBlob::create(*disk, *clock, folder, header).value(); }
  std::unique_ptr<PartialBlob> reopen() { return reopen(header); }
  std::unique_ptr<PartialBlob> reopen(const JournalHeader& expected) {
    return PartialBlob::reopen(*disk, *clock, folder, expected).value();
  }
};

void write(PartialBlob& partial, std::uint64_t offset, const std::string& bytes) { REQUIRE(partial.write(offset, as_bytes(bytes))); }

}  // namespace

TEST_CASE("PartialBlob: what was checkpointed is there after a kill, what was not is fetched again", "[store][partial]") {  // L1, L21
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    write(*partial, 500, std::string(50, 'b'));
    REQUIRE(partial->checkpoint());
    write(*partial, 900, std::string(10, 'c'));
  }
  const auto again = place.reopen();
  REQUIRE(again);
  CHECK(again->resumed().ranges() == std::vector<ByteRange>{{0, 100}, {500, 550}});
  std::string bytes(50, '\0');
  REQUIRE(again->read_at(500, std::as_writable_bytes(std::span(bytes))));
  CHECK(bytes == std::string(50, 'b'));
}

TEST_CASE("PartialBlob: after a power cut only durable ranges count", "[store][partial]") {  // engine.md §5.3
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    REQUIRE(partial->sync_all());
    write(*partial, 100, std::string(100, 'b'));
    REQUIRE(partial->checkpoint());
  }
  JournalHeader other_boot = place.header;
  other_boot.boot = "another boot";
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, place.header).value() == 200);
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, other_boot).value() == 100);
  {
    const auto again = place.reopen(other_boot);
    REQUIRE(again);
    CHECK(again->resumed().ranges() == std::vector<ByteRange>{{0, 100}});
  }
  // The journal was rewritten under the new boot: what did not count then does not count later.
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, other_boot).value() == 100);
}

TEST_CASE("PartialBlob: a kernel without a boot id trusts durable ranges only", "[store][partial]") {
  Place place;
  place.header.boot = "";
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    REQUIRE(partial->checkpoint());
  }
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, place.header).value() == 0);
}

TEST_CASE("PartialBlob: another file, a lying journal or foreign data start anew", "[store][partial]") {  // C15, T48
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    REQUIRE(partial->checkpoint());
  }
  JournalHeader other = place.header;
  other.size = 999;
  CHECK_FALSE(place.reopen(other));
  other = place.header;
  other.digest = sha256_of("other");
  CHECK_FALSE(place.reopen(other));

  SECTION("the data is shorter than the journal says") {
    files::resize_file(place.folder + "/data", 99);
    CHECK_FALSE(place.reopen());
  }
  SECTION("the journal is gone") {
    files::remove(place.folder + "/journal");
    CHECK_FALSE(place.reopen());
  }
  SECTION("the data is a link") {
    files::rename(place.folder + "/data", place.folder + "/elsewhere");
    files::create_symlink("elsewhere", place.folder + "/data");
    CHECK_FALSE(place.reopen());
  }
  SECTION("the data has another name too") {  // writing into it would write into a published blob
    files::create_hard_link(place.folder + "/data", place.temp.path() + "/blob");
    CHECK_FALSE(place.reopen());
  }
  SECTION("the journal is a folder") {
    files::remove(place.folder + "/journal");
    files::create_directories(place.folder + "/journal");
    CHECK_FALSE(place.reopen());
  }
}

TEST_CASE("PartialBlob: data longer than the file is cut", "[store][partial]") {
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    REQUIRE(partial->checkpoint());
  }
  files::resize_file(place.folder + "/data", 5000);
  REQUIRE(place.reopen());
  CHECK(files::file_size(place.folder + "/data") == 1000);
}

TEST_CASE("PartialBlob: reopening drops a torn line before it writes new ones", "[store][partial]") {
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(100, 'a'));
    REQUIRE(partial->checkpoint());
  }
  std::ofstream(place.folder + "/journal", std::ios::app) << "w 100 2";
  {
    const auto again = place.reopen();
    REQUIRE(again);
    write(*again, 100, std::string(100, 'b'));
    REQUIRE(again->checkpoint());
  }
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, place.header).value() == 200);
}

TEST_CASE("PartialBlob: a restart forgets everything, also for the next run", "[store][partial]") {  // T20
  Place place;
  {
    const auto partial = place.create();
    write(*partial, 0, std::string(1000, 'a'));
    REQUIRE(partial->sync_all());
    REQUIRE(partial->restart());
    CHECK(partial->resumed().empty());
    CHECK_FALSE(partial->has_ranges());
    CHECK(files::file_size(place.folder + "/data") == 0);
    write(*partial, 10, std::string(10, 'b'));
    REQUIRE(partial->checkpoint());
  }
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, place.header).value() == 10);
}

TEST_CASE("PartialBlob: the journal stays short", "[store][partial]") {  // engine.md §5.3: 1 MiB
  Place place;
  place.header.size = 1000000;
  const auto partial = place.create();
  for (std::uint64_t i = 0; i < 60000; ++i) {
    write(*partial, i * 10, "x");  // scattered: nothing merges
    if (i % 10 == 9) REQUIRE(partial->checkpoint());
  }
  CHECK(files::file_size(place.folder + "/journal") < (3U << 20U));
  CHECK(PartialBlob::resumable_bytes(*place.disk, place.folder, place.header).value() == 60000);
}

TEST_CASE("PartialBlob: removing leaves nothing", "[store][partial]") {
  Place place;
  const auto partial = place.create();
  REQUIRE(partial->remove());
  CHECK_FALSE(files::exists(place.folder));
}

TEST_CASE("PartialStore: the partial of a dead run is taken over", "[store][partial]") {  // I11, C12
  const TempDir temp;
  const auto blob = sha256_of("x");
  {
    Run first(temp.path());
    store::PartialStore partials(first.store, first.store.layout(a_repo()).own());
    const auto partial = partials.open(blob, 1000).value();
    write(*partial, 0, std::string(300, 'a'));
    REQUIRE(partial->checkpoint());
  }
  Run second(temp.path());
  const auto layout = second.store.layout(a_repo());
  store::PartialStore partials(second.store, layout.own());
  CHECK(partials.resumable_bytes(blob, 1000).value() == 300);
  CHECK(partials.resumable_bytes(blob, 999).value() == 0);
  CHECK(partials.resumable_bytes(sha256_of("y"), 1000).value() == 0);
  const auto partial = partials.open(blob, 1000).value();
  CHECK(partial->resumed().bytes() == 300);
  CHECK(partial->folder() == layout.partial(blob.hex(), second.store.run()));
  CHECK(files::exists(partial->folder()));
  CHECK(std::distance(files::directory_iterator(layout.partials()), files::directory_iterator{}) == 1);
}

TEST_CASE("PartialStore: the partial of a living run is left alone", "[store][partial]") {  // L33
  const TempDir temp;
  const auto blob = sha256_of("x");
  Run first(temp.path());
  Run second(temp.path());
  const auto layout = first.store.layout(a_repo());
  const auto lease = store::Lease::take(first.store, layout, commit_of('1')).value();
  store::PartialStore of_first(first.store, layout.own());
  store::PartialStore of_second(second.store, layout.own());
  const auto one = of_first.open(blob, 1000).value();
  write(*one, 0, std::string(300, 'a'));
  REQUIRE(one->checkpoint());
  CHECK(of_second.resumable_bytes(blob, 1000).value() == 0);
  const auto two = of_second.open(blob, 1000).value();
  CHECK(two->folder() != one->folder());
  CHECK(two->resumed().empty());
}

TEST_CASE("PartialStore: useless leftovers of dead runs make room", "[store][partial]") {  // C15
  const TempDir temp;
  Run run(temp.path());
  const auto layout = run.store.layout(a_repo());
  const auto blob = sha256_of("x");
  write_file(layout.partial(blob.hex(), "00000001") + "/data", "rubbish");
  write_file(layout.partial(blob.hex(), "00000001") + "/journal", "larder-journal 9 {}");
  store::PartialStore partials(run.store, layout.own());
  const auto partial = partials.open(blob, 1000).value();
  CHECK(partial->resumed().empty());
  CHECK_FALSE(files::exists(layout.partial(blob.hex(), "00000001")));
}

TEST_CASE("PartialStore: of many takers exactly one wins", "[store][partial]") {
  for (int round = 0; round < 20; ++round) {
    const TempDir temp;
    const auto blob = sha256_of("x");
    {
      Run dead(temp.path());
      store::PartialStore partials(dead.store, dead.store.layout(a_repo()).own());
      const auto partial = partials.open(blob, 1000).value();
      write(*partial, 0, std::string(300, 'a'));
      REQUIRE(partial->checkpoint());
    }
    std::atomic<int> winners{0};
    std::atomic<int> failures{0};
    {
      std::vector<std::jthread> takers;
      for (int i = 0; i < 4; ++i) {
        takers.emplace_back([&] {
          Run run(temp.path());
          const auto layout = run.store.layout(a_repo());
          const auto lease = store::Lease::take(run.store, layout, commit_of('1'));
          store::PartialStore partials(run.store, layout.own());
          const auto partial = partials.open(blob, 1000);
          if (!lease || !partial) ++failures;
          if (partial && (*partial)->resumed().bytes() == 300) ++winners;
          if (partial) (void)(*partial)->remove();  // the winner is done: nobody finds it twice
        });
      }
    }
    CHECK(failures == 0);
    CHECK(winners == 1);
  }
}
