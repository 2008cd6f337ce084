#include "fs/forwarding_disk.hpp"
#include "store/lease.hpp"
#include "store/pin.hpp"
#include "support/catch.hpp"
#include "support/store_rig.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <set>

#include <sys/stat.h>

using namespace larder;
using store::InventoryDepth;
using test::BuiltFile;
using test::CacheBuilder;
using test::Lying;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kOne = CacheBuilder::commit('1');
const std::string kTwo = CacheBuilder::commit('2');
const BuiltFile kConfig{"config.json", "{\"a\": 1}\n", false};
const BuiltFile kWeights{"model.bin", std::string(1000, 'w'), true};

std::set<std::string> kinds(const std::vector<store::Problem>& problems) {
  std::set<std::string> names;
  for (const auto& problem : problems) names.insert(std::string(store::name(problem.kind)) + " " + problem.path);
  return names;
}

const store::RepoRecord& only_repo(const store::Inventory& inventory) {
  REQUIRE(inventory.repos.size() == 1);
  return inventory.repos.front();
}

}  // namespace

TEST_CASE("take_inventory: no memory in a scanning thread is an error, not the end of the program", "[store][inventory]") {
  class FullHeap final : public fs::ForwardingDisk {
   public:
    using fs::ForwardingDisk::ForwardingDisk;
    Result<std::vector<std::string>> list(const std::string& path) override {
      if (path.ends_with("m3/snapshots")) throw std::bad_alloc();
      return fs::ForwardingDisk::list(path);
    }
  };
  const StoreRig rig;
  for (const char* id : {"m1", "m2", "m3", "m4", "m5", "m6"}) rig.cache.write("models--org--" + std::string(id) + "/snapshots/x/y", "1");
  FullHeap disk(*rig.disk);
  auto store = rig.store(disk);
  NoProgress progress;
  const auto inventory = store::take_inventory(store, {}, progress, CancelToken{});
  REQUIRE_FALSE(inventory);
  CHECK(inventory.error().code == ErrorCode::Internal);
}

TEST_CASE("take_inventory: says within one repository how far it has come", "[store][inventory]") {
  class Listener final : public NoProgress {
   public:
    void note(std::string_view text) override {
      const std::scoped_lock lock(mutex_);
      notes_.emplace_back(text);
      said_.notify_all();
    }
    void await_note() {
      std::unique_lock lock(mutex_);
      said_.wait(lock, [&] { return !notes_.empty(); });
    }
    std::vector<std::string> notes_;

   private:
    std::mutex mutex_;
    std::condition_variable said_;
  };
  /// The last file of the repository takes until something was said of the others.
  class SlowDisk final : public fs::ForwardingDisk {
   public:
    SlowDisk(fs::Disk& inner, Listener& listener) : fs::ForwardingDisk(inner), listener_(listener) {}
    Result<std::optional<std::string>> read_link(const std::string& path) override {
      if (path.ends_with("z.bin")) listener_.await_note();
      return fs::ForwardingDisk::read_link(path);
    }

   private:
    Listener& listener_;
  };
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig, {"a.bin", "1", false}, {"z.bin", "2", false}}, {"main"});
  Listener listener;
  SlowDisk disk(*rig.disk, listener);
  auto store = rig.store(disk);
  REQUIRE(store::take_inventory(store, {}, listener, CancelToken{}));
  REQUIRE(listener.notes_.size() >= 2);
  CHECK(listener.notes_.front() == "scanning: 0 repositories, 5 files");
  CHECK(listener.notes_.back().empty());
}

TEST_CASE("take_inventory: temps of the shared store are dead after a day without a lock", "[store][inventory]") {
  StoreRig rig;
  BuiltFile weights = kWeights;
  weights.lying = Lying::Shared;
  rig.cache.add(kRepo, kOne, {weights}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
  const std::vector<std::string> names{payload + ".refs.0e85e3ac.tmp", "blobs/.huggingface-shared-blobs.0e85e3ac.tmp"};
  const std::vector<std::string> others{payload + ".refs.0e85e3aX.tmp", payload + ".tmp", "blobs/" + xet + ".refs.0e85e3ac.tmp",
                                        "blobs/00/" + xet + ".refs.0e85e3ac.tmp", "blobs/.huggingface-shared-blobs.tmp"};
  for (const auto& name : names) rig.cache.write(name, "12345");
  for (const auto& name : others) rig.cache.write(name, "mine");
  const auto dead = [&] {
    const auto inventory = rig.scan();
    REQUIRE(inventory.leftovers.size() == names.size());
    CHECK(inventory.problems.size() == others.size());
    return std::count_if(inventory.leftovers.begin(), inventory.leftovers.end(), [](const auto& one) { return one.is_dead; });
  };
  CHECK(dead() == 0);
  for (const auto& name : names) rig.cache.age(name, 25 * 3600);
  for (const auto& name : others) rig.cache.age(name, 25 * 3600);
  {
    const test::HeldLock lock(rig.cache / (payload + ".lock"));
    CHECK(dead() == 1);
  }
  CHECK(dead() == 2);
  CHECK(rig.scan(InventoryDepth::Sizes).partial_bytes == 10);
}

TEST_CASE("take_inventory: no folder is an empty cache", "[store][inventory]") {
  StoreRig rig;
  rig.cache.remove("");
  const auto inventory = rig.scan();
  CHECK_FALSE(inventory.exists);
  CHECK(inventory.repos.empty());
}

TEST_CASE("take_inventory: what two revisions share counts once", "[store][inventory]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main", "refs/pr/1"});
  rig.cache.add(kRepo, kTwo, {{"config.json", "{}", false}, kWeights, {"sub dir/copy.bin", kWeights.content, true}}, {"v2"});
  const auto inventory = rig.scan(InventoryDepth::Completeness);
  const auto& repo = only_repo(inventory);
  CHECK(repo.bytes == 1000 + 9 + 2);
  CHECK(repo.files == 3);
  CHECK(repo.refs == std::vector<std::string>{"main", "refs/pr/1", "v2"});
  REQUIRE(repo.revisions.size() == 2);
  CHECK(repo.revisions[0].folder == kOne);
  CHECK(repo.revisions[0].bytes == 1009);
  CHECK(repo.revisions[0].refs == std::vector<std::string>{"main", "refs/pr/1"});
  CHECK(repo.revisions[0].is_complete == true);
  CHECK(repo.revisions[1].bytes == 1002);
  CHECK(repo.revisions[1].blobs.size() == 2);
  CHECK(repo.revisions[1].entries == 3);
  CHECK(repo.problems.empty());
  CHECK(inventory.bytes == repo.bytes);
}

TEST_CASE("take_inventory: a shared payload counts in each repository and once in the total", "[store][inventory]") {
  StoreRig rig;  // f
  BuiltFile shared = kWeights;
  shared.lying = Lying::Shared;
  rig.cache.add(kRepo, kOne, {kConfig, shared}, {"main"});
  rig.cache.add("models--org--m2", kTwo, {shared}, {"main"});
  const std::string orphan(64, 'e');
  rig.cache.write("blobs/ee/" + orphan, std::string(50, 'o'));
  const auto inventory = rig.scan();
  REQUIRE(inventory.repos.size() == 2);
  CHECK(inventory.repos[0].bytes == 1009);
  CHECK(inventory.repos[1].bytes == 1000);
  CHECK(inventory.shared_bytes == 1050);
  CHECK(inventory.bytes == 9 + 1050);
  CHECK(inventory.problems.empty());
  REQUIRE(inventory.payloads.size() == 2);
  for (const auto& payload : inventory.payloads) {
    CHECK(payload.entries == (payload.name == orphan ? 0U : 2U));
    CHECK(payload.has_manifest == (payload.name != orphan));
    CHECK(payload.referrers.size() == (payload.name == orphan ? 0U : 2U));
  }
}

TEST_CASE("take_inventory: an inode counts once", "[store][inventory]") {
  StoreRig rig;  // C25
  rig.cache.add(kRepo, kOne, {kWeights}, {"main"});
  rig.cache.add("models--org--twin", kOne, {}, {"main"});
  const std::string blob = "/blobs/" + CacheBuilder::blob_name(kWeights);
  std::filesystem::create_hard_link(rig.cache / (kRepo + blob), rig.cache / ("models--org--twin" + blob));
  rig.cache.add_file("models--org--twin", kOne, kWeights);
  const auto inventory = rig.scan();
  CHECK(inventory.repos[0].bytes == 1000);
  CHECK(inventory.repos[1].bytes == 1000);
  CHECK(inventory.bytes == 1000);
}

TEST_CASE("take_inventory: files instead of links are their own blobs", "[store][inventory]") {
  StoreRig rig;
  BuiltFile copy = kWeights;
  copy.lying = Lying::Copy;
  rig.cache.add(kRepo, kOne, {copy}, {"main"});
  const auto inventory = rig.scan();
  const auto& repo = only_repo(inventory);
  CHECK(repo.bytes == 1000);
  CHECK(repo.revisions[0].kept_entries == 0);
  CHECK(repo.problems.empty());
}

TEST_CASE("take_inventory: types, legacy ids, and folders that are no repository", "[store][inventory]") {
  StoreRig rig;
  for (const char* folder : {"models--gpt2", "datasets--org--d", "spaces--org--s", "kernels--org--k"})
    rig.cache.add(folder, kOne, {kConfig}, {});
  rig.cache.write("version.txt", "x");  // C21
  rig.cache.write("xet/logs/a.log", "x");
  rig.cache.write("models--a-file", "x");
  rig.cache.write("things--org--t/snapshots/x", "x");
  rig.cache.write(".DS_Store", "x");
  rig.cache.write("CACHEDIR.TAG", "x");
  rig.cache.write(".locks/models--gpt2/x.lock", "");
  const auto inventory = rig.scan();
  std::set<std::string> ids;
  for (const auto& repo : inventory.repos) ids.insert(repo.repo.text());
  CHECK(ids == std::set<std::string>{"gpt2", "datasets/org/d", "spaces/org/s", "kernels/org/k"});
  CHECK(kinds(inventory.problems) ==
        std::set<std::string>{"foreign models--a-file", "foreign things--org--t", "foreign version.txt", "foreign xet"});
}

TEST_CASE("take_inventory: one broken repository hides no other and says what is wrong", "[store][inventory]") {
  StoreRig rig;  // C16, C18
  rig.cache.add("models--org--good", kOne, {kConfig}, {"main"});
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  const std::string snapshot = kRepo + "/snapshots/" + kOne;
  rig.cache.write(kRepo + "/refs/empty", "");
  rig.cache.write(kRepo + "/refs/newline", kOne + "\n");
  rig.cache.write(kRepo + "/refs/garbage", "not a commit");
  rig.cache.write(kRepo + "/refs/long", kOne + "1");
  rig.cache.write(kRepo + "/refs/gone", kTwo);
  rig.cache.link(kRepo + "/refs/link", "main");
  rig.cache.write(kRepo + "/snapshots/file", "x");
  rig.cache.link(kRepo + "/snapshots/" + kTwo, kOne);
  rig.cache.link(snapshot + "/dangling", "../../blobs/" + std::string(40, 'd'));
  rig.cache.link(snapshot + "/absolute", rig.cache / (kRepo + "/blobs/" + CacheBuilder::blob_name(kConfig)));
  rig.cache.link(snapshot + "/outside", "../../../models--org--good/refs/main");
  rig.cache.link(snapshot + "/circle", "circle");
  rig.cache.link(snapshot + "/far", std::string(4000, 'a'));  // with the folder before it longer than any path
  rig.cache.link(kRepo + "/blobs/" + std::string(40, 'e'), std::string(40, 'e'));
  rig.cache.write(kRepo + "/blobs/notes.txt", "mine");
  mkfifo((rig.cache / (kRepo + "/blobs/" + std::string(40, 'f'))).c_str(), 0600);
  const auto inventory = rig.scan(InventoryDepth::Sizes);
  REQUIRE(inventory.repos.size() == 2);
  CHECK(inventory.repos[0].problems.empty());
  CHECK(kinds(inventory.repos[1].problems) ==
        std::set<std::string>{"ref " + kRepo + "/refs/empty", "ref " + kRepo + "/refs/newline", "ref " + kRepo + "/refs/garbage",
                              "ref " + kRepo + "/refs/long", "ref " + kRepo + "/refs/gone", "ref " + kRepo + "/refs/link",
                              "foreign " + kRepo + "/snapshots/file", "link " + kRepo + "/snapshots/" + kTwo,
                              "missing " + kRepo + "/blobs/" + std::string(40, 'd'), "link " + snapshot + "/absolute",
                              "link " + snapshot + "/outside", "link " + snapshot + "/circle", "link " + snapshot + "/far",
                              "missing " + kRepo + "/blobs/" + std::string(40, 'e'), "foreign " + kRepo + "/blobs/notes.txt",
                              "missing " + kRepo + "/blobs/" + std::string(40, 'f')});
  CHECK(inventory.repos[1].revisions.size() == 1);
  CHECK(inventory.repos[1].revisions[0].refs == std::vector<std::string>{"main", "newline"});
}

TEST_CASE("take_inventory: a repository without snapshots/ is listed", "[store][inventory]") {
  StoreRig rig;
  rig.cache.write(kRepo + "/refs/main", kOne);
  const auto inventory = rig.scan();
  const auto& repo = only_repo(inventory);
  CHECK(repo.revisions.empty());
  CHECK(kinds(repo.problems).contains("missing " + kRepo + "/snapshots"));
}

TEST_CASE("take_inventory: links in place of layout folders are read, and mark the repository untouchable", "[store][inventory]") {
  StoreRig rig;  // C20, T49
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  std::filesystem::rename(rig.cache / (kRepo + "/blobs"), rig.dir / "elsewhere");
  rig.cache.link(kRepo + "/blobs", rig.dir / "elsewhere");
  const auto inventory = rig.scan();
  CHECK(only_repo(inventory).is_link);
  CHECK(only_repo(inventory).bytes == 9);
  rig.cache.remove(kRepo);
  rig.cache.link(kRepo, rig.dir / "elsewhere");
  const auto again = rig.scan();
  CHECK(only_repo(again).is_link);
}

TEST_CASE("take_inventory: completeness is judged by the listing", "[store][inventory]") {
  StoreRig rig;
  BuiltFile absent = kWeights;
  absent.lying = Lying::Absent;
  rig.cache.add(kRepo, kOne, {kConfig, absent}, {"main"});
  rig.cache.add(kRepo, kTwo, {kConfig}, {});
  rig.cache.remove(kRepo + "/trees/" + kTwo + ".json");
  rig.cache.add(kRepo, CacheBuilder::commit('3'), {kConfig, kWeights}, {});
  rig.cache.write(kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights), "short");  // C17
  const auto inventory = rig.scan(InventoryDepth::Completeness);
  const auto& revisions = only_repo(inventory).revisions;
  REQUIRE(revisions.size() == 3);
  CHECK(revisions[0].is_complete == false);
  CHECK_FALSE(revisions[1].is_complete.has_value());
  CHECK(revisions[2].is_complete == false);
}

TEST_CASE("take_inventory: entries that no cache writer made are counted as somebody's own", "[store][inventory]") {
  StoreRig rig;  // C18, I6
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  const std::string snapshot = kRepo + "/snapshots/" + kOne + "/";
  rig.cache.write(snapshot + "NOTES.txt", "mine");
  rig.cache.link(snapshot + "mine", "/etc/hostname");
  rig.cache.remove(snapshot + "config.json");
  rig.cache.write(snapshot + "config.json", "edited, longer than before");  // listed, but no longer what was listed
  const auto inventory = rig.scan();
  CHECK(only_repo(inventory).revisions[0].kept_entries == 3);
}

TEST_CASE("take_inventory: pins, marks of use and leases are read", "[store][inventory]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  rig.cache.add(kRepo, kTwo, {kWeights}, {});
  auto run = rig.store();
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(store::write_pin(run, layout, *repo::CommitId::parse(kOne), store::PinKind::User));
  REQUIRE(store::write_pin(run, layout, *repo::CommitId::parse(kTwo), store::PinKind::Commit));
  REQUIRE(store::mark_used(run, layout, *repo::CommitId::parse(kTwo)));
  const auto lease = store::Lease::take(run, layout, *repo::CommitId::parse(kTwo));
  REQUIRE(lease);
  const auto inventory = rig.scan();
  const auto& revisions = only_repo(inventory).revisions;
  CHECK(revisions[0].pin == store::PinState::User);
  CHECK_FALSE(revisions[0].is_in_use);
  CHECK(revisions[1].pin == store::PinState::Commit);
  CHECK(revisions[1].used_ns > 0);
  CHECK(revisions[1].is_in_use);
  CHECK_FALSE(only_repo(inventory).is_in_use);  // the listing says which blobs it needs
}

TEST_CASE("take_inventory: a lease of a commit without a listing protects the whole repository", "[store][inventory]") {
  StoreRig rig;  // I7
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  auto run = rig.store();
  const auto lease = store::Lease::take(run, run.layout(test::model("org/m")), *repo::CommitId::parse(kTwo));
  REQUIRE(lease);
  CHECK(only_repo(rig.scan()).is_in_use);
}

TEST_CASE("take_inventory: a lock that somebody holds protects the blob and what may need it", "[store][inventory]") {
  StoreRig rig;  // R-540, I7
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  rig.cache.add(kRepo, kTwo, {kWeights}, {});
  rig.cache.add(kRepo, CacheBuilder::commit('3'), {kConfig}, {});
  rig.cache.remove(kRepo + "/trees/" + CacheBuilder::commit('3') + ".json");      // may need anything
  rig.cache.write(".locks/" + kRepo + "/" + std::string(40, '0') + ".lock", "");  // stale: nobody holds it (C13)
  rig.dir.folder("hub/.locks/" + kRepo + "/folder.lock");
  mkfifo((rig.cache / (".locks/" + kRepo + "/fifo.lock")).c_str(), 0600);
  test::HeldLock lock(rig.cache / (".locks/" + kRepo + "/" + CacheBuilder::blob_name(kWeights) + ".lock"));
  const auto inventory = rig.scan();
  const auto& repo = only_repo(inventory);
  CHECK_FALSE(repo.revisions[0].is_in_use);
  CHECK(repo.revisions[1].is_in_use);
  CHECK(repo.revisions[2].is_in_use);
  for (const auto& blob : repo.blobs) CHECK(blob.is_locked == (blob.name == CacheBuilder::blob_name(kWeights)));
}

TEST_CASE("take_inventory: leftovers of other clients are dead after a day without a lock", "[store][inventory]") {
  StoreRig rig;  // C14, R-522
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  const std::string sha(64, 'a');
  const std::vector<std::string> names{"blobs/" + sha + ".0e85e3ac.incomplete", "blobs/" + sha + ".incomplete",
                                       "blobs/." + sha + ".0e85e3ac.new", "refs/main.0e85e3ac.tmp", "trees/tmpabcdefgh.tmp"};
  for (const auto& name : names) rig.cache.write(kRepo + "/" + name, "12345");
  const auto dead = [&] {
    const auto inventory = rig.scan();
    const auto& leftovers = only_repo(inventory).leftovers;
    REQUIRE(leftovers.size() == names.size());
    return std::count_if(leftovers.begin(), leftovers.end(), [](const auto& one) { return one.is_dead; });
  };
  CHECK(dead() == 0);
  for (const auto& name : names) rig.cache.age(kRepo + "/" + name, 25 * 3600);
  CHECK(dead() == 5);
  {
    test::HeldLock lock(rig.cache / (".locks/" + kRepo + "/" + sha + ".lock"));
    CHECK(dead() == 2);
  }
  test::HeldLock lock(rig.cache / (kRepo + "/" + names[1]));
  CHECK(dead() == 4);
}
