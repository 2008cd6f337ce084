#include <larder/store/gc.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace larder;
using store::BlobPlace;
using store::GcPolicy;
using store::Inventory;
using store::ItemKind;
using store::KeptReason;
using store::PinState;
using store::RemovalReason;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kNow = 1'000 * kDay;

repo::RepoId model(std::string_view id) { return repo::RepoId::make(repo::RepoType::Model, id).value(); }
std::string commit(char digit) { return std::string(40, digit); }

/// An inventory under construction, values only.
class Shelf {
 public:
  Inventory inventory;

  store::RepoRecord& repo(std::string_view id) {
    const repo::RepoId wanted = model(id);
    for (auto& record : inventory.repos) {
      if (record.repo == wanted) return record;
    }
    store::RepoRecord record;
    record.repo = wanted;
    record.folder = wanted.folder_name();
    inventory.repos.push_back(std::move(record));
    return inventory.repos.back();
  }
  std::uint32_t blob(std::string_view id, char digit, std::uint64_t bytes, BlobPlace place = BlobPlace::Local) {
    auto& record = repo(id);
    store::BlobRecord blob;
    blob.name = std::string(64, digit);
    blob.bytes = bytes;
    blob.inode = ++inodes_;
    blob.place = place;
    blob.ctime_ns = kNow - 2 * kDay;
    record.blobs.push_back(std::move(blob));
    return static_cast<std::uint32_t>(record.blobs.size() - 1);
  }
  store::RevisionRecord& revision(std::string_view id, char digit, std::vector<std::uint32_t> blobs, std::vector<std::string> refs,
                                  std::int64_t used_days_ago = 0) {
    auto& record = repo(id);
    store::RevisionRecord revision;
    revision.folder = commit(digit);
    revision.commit = repo::CommitId::parse(revision.folder);
    for (const auto index : blobs) record.blobs[index].is_linked = true;
    revision.blobs = std::move(blobs);
    revision.refs = std::move(refs);
    revision.used_ns = kNow - used_days_ago * kDay;
    record.revisions.push_back(std::move(revision));
    return record.revisions.back();
  }

 private:
  std::uint64_t inodes_ = 0;
};

std::vector<std::string> shown(const store::RemovalPlan& plan) {
  std::vector<std::string> lines;
  for (const auto& item : plan.items) {
    const std::string where = item.commit.empty() ? item.path : item.repo->id() + "@" + item.commit.substr(0, 1);
    lines.push_back(std::string(store::name(item.kind)) + " " + where + " " + std::to_string(item.bytes) + " " +
                    std::string(store::name(item.reason)));
  }
  return lines;
}

std::vector<std::string> kept(const store::RemovalPlan& plan) {
  std::vector<std::string> lines;
  for (const auto& item : plan.kept) {
    lines.push_back(item.repo.id() + "@" + item.commit.substr(0, 1) + " " + std::string(store::name(item.reason)));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("plan_rm: a blob goes with the last revision that leads to it", "[store][plan_removal]") {
  Shelf shelf;
  const auto a = shelf.blob("org/m", 'a', 100);
  const auto b = shelf.blob("org/m", 'b', 10);
  const auto c = shelf.blob("org/m", 'c', 1);
  shelf.revision("org/m", '1', {a, b}, {"main"});
  shelf.revision("org/m", '2', {a, c}, {});
  SECTION("one of two: the shared blob stays") {
    const auto plan = store::plan_rm(shelf.inventory, {{}, {{model("org/m"), commit('2')}}, {}}, {});
    CHECK(shown(plan) == Lines{"revision org/m@2 1 asked"});
    CHECK(plan.bytes_freed == 1);
    CHECK(plan.bytes_before == 111);
    CHECK(plan.bytes_after() == 110);
  }
  SECTION("both: it is counted once") {
    const auto plan = store::plan_rm(shelf.inventory, {{}, {{model("org/m"), commit('1')}, {model("org/m"), commit('2')}}, {}}, {});
    CHECK(plan.bytes_freed == 111);
    CHECK(plan.items.size() == 2);
  }
  SECTION("the repository: one item with everything in it, orphans too") {
    shelf.blob("org/m", 'd', 1000);
    const auto plan = store::plan_rm(shelf.inventory, {{model("org/m")}, {}, {}}, {});
    CHECK(shown(plan) == Lines{"repo models--org--m 1111 asked"});
  }
}

TEST_CASE("plan_rm: the same commit in two repositories is two things", "[store][plan_removal]") {
  Shelf shelf;  // R-822
  shelf.revision("org/m", '1', {shelf.blob("org/m", 'a', 100)}, {"main"});
  shelf.revision("org/twin", '1', {shelf.blob("org/twin", 'a', 100)}, {"main"});
  const auto plan = store::plan_rm(shelf.inventory, {{}, {{model("org/twin"), commit('1')}}, {}}, {});
  CHECK(shown(plan) == Lines{"revision org/twin@1 100 asked"});
  const auto prune = store::plan_prune(shelf.inventory, kNow);
  CHECK(prune.items.empty());
}

TEST_CASE("plan_rm: a file frees its blob only with its last use", "[store][plan_removal]") {
  Shelf shelf;
  const auto a = shelf.blob("org/m", 'a', 100);
  shelf.revision("org/m", '1', {a}, {"main"});
  const store::FileTarget one{{model("org/m"), commit('1')}, "x.bin", a, 2};
  const store::FileTarget two{{model("org/m"), commit('1')}, "y.bin", a, 2};
  CHECK(store::plan_rm(shelf.inventory, {}, {one}).bytes_freed == 0);
  const auto both = store::plan_rm(shelf.inventory, {}, {one, two});
  CHECK(both.bytes_freed == 100);
  CHECK(both.items.size() == 2);
  CHECK(both.items.front().path == "models--org--m/snapshots/" + commit('1') + "/x.bin");
}

TEST_CASE("plan_rm: what is in use stays and is said", "[store][plan_removal]") {
  Shelf shelf;  // I7
  const auto a = shelf.blob("org/m", 'a', 100);
  shelf.revision("org/m", '1', {a}, {"main"}).is_in_use = true;
  shelf.revision("org/m", '2', {a}, {});
  const auto plan = store::plan_rm(shelf.inventory, {{model("org/m")}, {}, {}}, {});
  CHECK(shown(plan) == Lines{"revision org/m@2 0 asked"});
  CHECK(kept(plan) == Lines{"org/m@1 in-use"});
  shelf.repo("org/m").is_in_use = true;
  const auto all = store::plan_rm(shelf.inventory, {{model("org/m")}, {}, {}}, {});
  CHECK(all.items.empty());
  CHECK(kept(all) == Lines{"org/m@ in-use"});
}

TEST_CASE("plan_rm: a repository folder that is a link is left alone", "[store][plan_removal]") {
  Shelf shelf;  // T49
  shelf.revision("org/m", '1', {shelf.blob("org/m", 'a', 100)}, {"main"});
  shelf.repo("org/m").is_link = true;
  CHECK(store::plan_rm(shelf.inventory, {{model("org/m")}, {}, {}}, {}).items.empty());
  CHECK(store::plan_gc(shelf.inventory, {0, {}, {}, {}}, kNow).items.empty());
}

TEST_CASE("plan_prune: takes what nothing names and keeps what somebody wants", "[store][plan_removal]") {
  Shelf shelf;
  shelf.revision("org/m", '1', {shelf.blob("org/m", '1', 1)}, {"main"});
  shelf.revision("org/m", '2', {shelf.blob("org/m", '2', 2)}, {});
  shelf.revision("org/m", '3', {shelf.blob("org/m", '3', 4)}, {}).pin = PinState::User;
  shelf.revision("org/m", '4', {shelf.blob("org/m", '4', 8)}, {}).pin = PinState::Commit;
  shelf.revision("org/m", '5', {shelf.blob("org/m", '5', 16)}, {}).is_in_use = true;
  const auto plan = store::plan_prune(shelf.inventory, kNow);
  CHECK(shown(plan) == Lines{"revision org/m@2 2 detached"});
  CHECK(kept(plan) == Lines{"org/m@3 pinned", "org/m@4 by-commit", "org/m@5 in-use"});
}

TEST_CASE("plan_prune: blobs without a link get a day", "[store][plan_removal]") {
  struct Row {
    const char* what;
    std::int64_t age;
    bool is_locked;
    bool goes;
  };
  for (const Row& row : {Row{"older than a day", kDay + kSecond, false, true}, Row{"a day", kDay, false, false},
                         Row{"new", 0, false, false}, Row{"old and locked", 9 * kDay, true, false}}) {
    CAPTURE(row.what);
    Shelf shelf;  // C7
    const auto index = shelf.blob("org/m", 'a', 7);
    auto& blob = shelf.repo("org/m").blobs[index];
    blob.ctime_ns = kNow - row.age;
    blob.is_locked = row.is_locked;
    CHECK(store::plan_prune(shelf.inventory, kNow).items.size() == (row.goes ? 1U : 0U));
  }
}

TEST_CASE("plan_prune: foreign files in blobs/ are nobody's to remove", "[store][plan_removal]") {
  Shelf shelf;  // I6
  const auto index = shelf.blob("org/m", 'a', 7);
  shelf.repo("org/m").blobs[index].name = "notes.txt";
  CHECK(store::plan_prune(shelf.inventory, kNow).items.empty());
  shelf.repo("org/m").blobs[index].name = std::string(64, 'a');
  shelf.repo("org/m").blobs[index].place = BlobPlace::Outside;
  CHECK(store::plan_prune(shelf.inventory, kNow).items.empty());
}

TEST_CASE("plan_prune: dead leftovers only", "[store][plan_removal]") {
  Shelf shelf;
  shelf.repo("org/m").leftovers = {{store::LeftoverKind::Partial, "models--org--m/.larder/partial/x.00000001", 5, true},
                                   {store::LeftoverKind::Partial, "models--org--m/.larder/partial/x.00000002", 6, false},
                                   {store::LeftoverKind::Temp, "models--org--m/.larder/tmp/y.00000001", 7, true}};
  shelf.inventory.leftovers = {{store::LeftoverKind::Temp, ".locks/.larder-new.00000001", 8, true}};
  const auto plan = store::plan_prune(shelf.inventory, kNow);
  CHECK(plan.bytes_freed == 20);
  CHECK(plan.items.size() == 3);
  CHECK(plan.items[0].path == ".locks/.larder-new.00000001");
}

TEST_CASE("Plans: a payload goes with its last referrer, and never without a manifest", "[store][plan_removal]") {
  Shelf shelf;  // R-576
  const auto a = shelf.blob("org/a", 'a', 100, BlobPlace::Shared);
  const auto b = shelf.blob("org/b", 'a', 100, BlobPlace::Shared);
  shelf.revision("org/a", '1', {a}, {"main"});
  shelf.revision("org/b", '2', {b}, {"main"});
  shelf.repo("org/a").blobs[a].payload = 0;
  shelf.repo("org/b").blobs[b].payload = 0;
  store::PayloadRecord payload;
  payload.name = std::string(64, 'f');
  payload.bytes = 100;
  payload.has_manifest = true;
  payload.referrers = {"models--org--a/blobs/x", "models--org--b/blobs/x"};
  shelf.inventory.payloads = {payload};
  shelf.inventory.shared_bytes = 100;
  const store::RmTargets one{{model("org/a")}, {}, {}};
  const store::RmTargets both{{model("org/a"), model("org/b")}, {}, {}};
  CHECK(store::plan_rm(shelf.inventory, one, {}).bytes_freed == 0);
  const auto plan = store::plan_rm(shelf.inventory, both, {});
  CHECK(plan.bytes_freed == 100);
  CHECK(plan.bytes_after() == 0);
  CHECK(plan.items.back().kind == ItemKind::Payload);
  CHECK(plan.items.back().path == "blobs/ff/" + payload.name);
  shelf.inventory.payloads[0].has_manifest = false;
  CHECK(store::plan_rm(shelf.inventory, both, {}).bytes_freed == 0);
  shelf.inventory.payloads[0].referrers.clear();
  CHECK(store::plan_prune(shelf.inventory, kNow).items.empty());
  shelf.inventory.payloads[0].has_manifest = true;
  CHECK(store::plan_prune(shelf.inventory, kNow).bytes_freed == 100);
}

TEST_CASE("Plans: an inode with several links frees its bytes with the last of them", "[store][plan_removal]") {
  Shelf shelf;  // T53, C25
  const auto a = shelf.blob("org/a", 'a', 100);
  const auto b = shelf.blob("org/b", 'a', 100);
  for (const auto& [id, index] : {std::pair{"org/a", a}, std::pair{"org/b", b}}) {
    shelf.revision(id, '1', {index}, {"main"});
    shelf.repo(id).blobs[index].inode = 77;
    shelf.repo(id).blobs[index].links = 2;
  }
  CHECK(store::plan_rm(shelf.inventory, {{model("org/a")}, {}, {}}, {}).bytes_freed == 0);
  const auto plan = store::plan_rm(shelf.inventory, {{model("org/a"), model("org/b")}, {}, {}}, {});
  CHECK(plan.bytes_freed == 100);
  CHECK(plan.bytes_before == 100);
  shelf.repo("org/a").blobs[a].links = 3;  // a third one lies outside the cache
  shelf.repo("org/b").blobs[b].links = 3;
  CHECK(store::plan_rm(shelf.inventory, {{model("org/a"), model("org/b")}, {}, {}}, {}).bytes_freed == 0);
}

TEST_CASE("plan_gc: chooses by age, by rank, by size", "[store][plan_removal]") {
  Shelf shelf;
  shelf.revision("org/a", '1', {shelf.blob("org/a", '1', 100)}, {"main"}, 50);
  shelf.revision("org/a", '2', {shelf.blob("org/a", '2', 100)}, {}, 20);
  shelf.revision("org/a", '3', {shelf.blob("org/a", '3', 100)}, {"v3"}, 1);
  shelf.revision("org/b", '4', {shelf.blob("org/b", '4', 100)}, {"main"}, 40);
  const auto days = [](std::int64_t count) { return std::chrono::seconds(count * 86'400); };
  struct Row {
    const char* what;
    std::optional<std::uint64_t> max_size;
    std::optional<std::chrono::seconds> older_than;
    std::optional<std::uint64_t> keep_last;
    Lines items;
  };
  const std::vector<Row> rows{
      {"unused for 30 days", {}, days(30), {}, {"revision org/a@1 100 older-than", "revision org/b@4 100 older-than"}},
      {"unused for 50 days", {}, days(50), {}, {"revision org/a@1 100 older-than"}},
      {"unused for 51 days", {}, days(51), {}, {}},
      {"all but the last", {}, {}, 1, {"revision org/a@1 100 keep-last", "revision org/a@2 100 keep-last"}},
      {"all but two", {}, {}, 2, {"revision org/a@1 100 keep-last"}},
      {"old and beyond the last", {}, days(30), 1, {"revision org/a@1 100 older-than"}},
      {"under 250", 250, {}, {}, {"revision org/a@1 100 max-size", "revision org/b@4 100 max-size"}},
      {"under 300", 300, {}, {}, {"revision org/a@1 100 max-size"}},
      {"is under 400", 400, {}, {}, {}},
      {"size takes from the chosen only", 0, {}, 1, {"revision org/a@1 100 max-size", "revision org/a@2 100 max-size"}},
      {"nothing",
       0,
       {},
       {},
       {"revision org/a@1 100 max-size", "revision org/a@2 100 max-size", "revision org/a@3 100 max-size",
        "revision org/b@4 100 max-size"}},
      {"an age beyond the calendar", {}, std::chrono::seconds::max(), {}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    GcPolicy policy;
    policy.max_size = row.max_size;
    policy.older_than = row.older_than;
    policy.keep_last = row.keep_last;
    CHECK(shown(store::plan_gc(shelf.inventory, policy, kNow)) == row.items);
  }
}

TEST_CASE("plan_gc: access times count by the hour, larder's own marks exactly", "[store][plan_removal]") {
  Shelf shelf;
  shelf.revision("org/a", '1', {shelf.blob("org/a", '1', 100)}, {"main"}).used_ns = kNow - 30 * kSecond;
  shelf.revision("org/a", '2', {shelf.blob("org/a", '2', 100)}, {"v2"}).used_ns = kNow - 20 * kSecond;
  const GcPolicy one{100, {}, {}, {}};
  CHECK(shown(store::plan_gc(shelf.inventory, one, kNow)) == Lines{"revision org/a@1 100 max-size"});
  shelf.repo("org/a").revisions[0].accessed_ns = kNow - 1 * kSecond;  // somebody read through the cache
  shelf.repo("org/a").revisions[1].accessed_ns = kNow - 2 * kSecond;
  CHECK(shown(store::plan_gc(shelf.inventory, one, kNow)) == Lines{"revision org/a@1 100 max-size"});
  shelf.repo("org/a").revisions[0].accessed_ns = kNow + 2 * 3600 * kSecond;
  CHECK(shown(store::plan_gc(shelf.inventory, one, kNow)) == Lines{"revision org/a@2 100 max-size"});
}

TEST_CASE("plan_gc: leaves pins and what is in use, and takes more of the rest for it", "[store][plan_removal]") {
  Shelf shelf;
  shelf.revision("org/a", '1', {shelf.blob("org/a", '1', 100)}, {"main"}, 50).pin = PinState::User;
  shelf.revision("org/a", '2', {shelf.blob("org/a", '2', 100)}, {}, 40).pin = PinState::Commit;  // keeps from prune only
  shelf.revision("org/a", '3', {shelf.blob("org/a", '3', 100)}, {}, 30).is_in_use = true;
  shelf.revision("org/a", '4', {shelf.blob("org/a", '4', 100)}, {}, 20);
  shelf.revision("org/a", '5', {shelf.blob("org/a", '5', 100)}, {}, 10);
  GcPolicy policy;
  policy.max_size = 300;
  policy.pins = {{model("org/a"), commit('4')}};
  const auto plan = store::plan_gc(shelf.inventory, policy, kNow);
  CHECK(shown(plan) == Lines{"revision org/a@2 100 max-size", "revision org/a@5 100 max-size"});
  CHECK(kept(plan) == Lines{"org/a@1 pinned", "org/a@3 in-use", "org/a@4 pinned"});
}

TEST_CASE("plan_gc: a pin names one repository's revision, not the commit", "[store][plan_removal]") {
  Shelf shelf;  // R-822
  shelf.revision("org/a", '1', {shelf.blob("org/a", '1', 100)}, {"main"}, 50);
  shelf.revision("org/b", '1', {shelf.blob("org/b", '1', 100)}, {"main"}, 50);
  GcPolicy policy;
  policy.older_than = std::chrono::seconds(1);
  policy.pins = {{model("org/a"), commit('1')}};
  CHECK(shown(store::plan_gc(shelf.inventory, policy, kNow)) == Lines{"revision org/b@1 100 older-than"});
}

TEST_CASE("plan_gc: begins with what is dead, detached revisions excepted", "[store][plan_removal]") {
  Shelf shelf;
  shelf.revision("org/a", '1', {shelf.blob("org/a", '1', 100)}, {}, 1);
  shelf.blob("org/a", 'e', 40);
  shelf.repo("org/a").leftovers = {{store::LeftoverKind::Partial, "models--org--a/blobs/x.incomplete", 5, true}};
  shelf.inventory.partial_bytes = 5;
  GcPolicy policy;
  policy.max_size = 100;  // reached by that alone
  const auto plan = store::plan_gc(shelf.inventory, policy, kNow);
  CHECK(shown(plan) == Lines{"blob models--org--a/blobs/" + std::string(64, 'e') + " 40 unreferenced",
                             "partial models--org--a/blobs/x.incomplete 5 dead"});
  CHECK(plan.bytes_before == 145);
  CHECK(plan.bytes_after() == 100);
}

TEST_CASE("plan_gc: a revision that holds only somebody's own files is not one of ours", "[store][plan_removal]") {
  Shelf shelf;  // I6
  auto& revision = shelf.revision("org/a", '1', {}, {}, 50);
  revision.kept_entries = 1;
  GcPolicy policy;
  policy.max_size = 0;
  CHECK(store::plan_gc(shelf.inventory, policy, kNow).items.empty());
  CHECK(store::plan_prune(shelf.inventory, kNow).items.empty());
}
