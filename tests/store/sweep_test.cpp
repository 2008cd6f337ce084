#include "fs/forwarding_disk.hpp"
#include "store/lease.hpp"
#include "store/removal_note.hpp"
#include "store/removal_targets.hpp"
#include "support/catch.hpp"
#include "support/fake_clock.hpp"
#include "support/fault_disk.hpp"
#include "support/store_rig.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <sys/stat.h>

using namespace larder;
using store::RmTargets;
using test::BuiltFile;
using test::CacheBuilder;
using test::Lying;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kTwin = "models--org--twin";
const std::string kOne = CacheBuilder::commit('1');
const std::string kTwo = CacheBuilder::commit('2');
const BuiltFile kConfig{"config.json", "{\"a\": 1}\n", false};
const BuiltFile kOther{"config.json", "{\"a\": 2}\n", false};
const BuiltFile kWeights{"sub/deep/model.bin", std::string(1000, 'w'), true};

BuiltFile shared(BuiltFile file) {
  file.lying = Lying::Shared;
  return file;
}

RmTargets whole(const char* id) { return {{test::model(id)}, {}, {}}; }
RmTargets revision(const char* id, const std::string& commit) { return {{}, {{test::model(id), commit}}, {}}; }

/// Dies at one changing call: it and everything after it fail.
class DyingDisk final : public fs::ForwardingDisk {
 public:
  DyingDisk(fs::Disk& inner, std::size_t at) : fs::ForwardingDisk(inner), at_(at) {}
  [[nodiscard]] std::size_t steps() const { return steps_; }

  Result<UniqueFd> create_new(const std::string& path) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::create_new(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::rename(from, to);
  }
  Result<bool> rename_new(const std::string& from, const std::string& to) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::rename_new(from, to);
  }
  Result<bool> remove_file(const std::string& path) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::remove_file(path);
  }
  Result<bool> remove_folder(const std::string& path) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::remove_folder(path);
  }
  Result<void> sync_folder(const std::string& path) override {
    LARDER_CHECK(step());
    return fs::ForwardingDisk::sync_folder(path);
  }

 private:
  Result<void> step() {
    if (++steps_ >= at_) return fail(ErrorCode::IoFailed, "the process is dead");
    return {};
  }
  std::size_t at_;
  std::size_t steps_ = 0;
};

/// Counts what is asked of it.
class CountingDisk final : public fs::ForwardingDisk {
 public:
  using fs::ForwardingDisk::ForwardingDisk;
  [[nodiscard]] std::size_t calls() const { return calls_; }

  Result<std::optional<std::string>> read_small(const std::string& path, std::uint64_t limit) override {
    ++calls_;
    return fs::ForwardingDisk::read_small(path, limit);
  }
  Result<std::optional<fs::FileFacts>> look(const std::string& path) override {
    ++calls_;
    return fs::ForwardingDisk::look(path);
  }
  Result<std::optional<std::string>> read_link(const std::string& path) override {
    ++calls_;
    return fs::ForwardingDisk::read_link(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    auto names = fs::ForwardingDisk::list(path);
    calls_ += 1 + (names ? names->size() : 0);
    return names;
  }

 private:
  std::size_t calls_ = 0;
};

/// Calls `hook` once, after the first folder with `folder` in its path was removed.
class HookDisk final : public fs::ForwardingDisk {
 public:
  HookDisk(fs::Disk& inner, std::string folder, std::function<void()> hook)
      : fs::ForwardingDisk(inner), folder_(std::move(folder)), hook_(std::move(hook)) {}
  Result<bool> remove_folder(const std::string& path) override {
    auto removed = fs::ForwardingDisk::remove_folder(path);
    if (path.find(folder_) != std::string::npos && hook_) std::exchange(hook_, nullptr)();
    return removed;
  }

 private:
  std::string folder_;
  std::function<void()> hook_;
};

/// Calls `hook` once, after a blob entry has left its place.
class LeavingDisk final : public fs::ForwardingDisk {
 public:
  LeavingDisk(fs::Disk& inner, std::string blob, std::function<void()> hook)
      : fs::ForwardingDisk(inner), blob_(std::move(blob)), hook_(std::move(hook)) {}
  Result<void> rename(const std::string& from, const std::string& to) override {
    auto renamed = fs::ForwardingDisk::rename(from, to);
    leave(from);
    return renamed;
  }
  Result<bool> remove_file(const std::string& path) override {
    auto removed = fs::ForwardingDisk::remove_file(path);
    leave(path);
    return removed;
  }

 private:
  void leave(const std::string& path) {
    if (path.ends_with("/blobs/" + blob_) && hook_) std::exchange(hook_, nullptr)();
  }
  std::string blob_;
  std::function<void()> hook_;
};

/// I1…I3 of what a crash may leave: no ref without its snapshot (but to `absent`), no link without its blob, no blob with other bytes.
void check_readable(const CacheBuilder& cache, const std::string& absent = {}) {
  for (const auto& [path, content] : cache.picture()) {
    CAPTURE(path);
    const bool is_snapshot_entry = path.find("/snapshots/") != std::string::npos;
    if (is_snapshot_entry && content.starts_with("-> ")) CHECK(std::filesystem::exists(cache / path));
    const std::size_t refs = path.find("/refs/");
    if (refs != std::string::npos && !path.ends_with("/") && content != absent)
      CHECK(cache.has(path.substr(0, refs) + "/snapshots/" + content));
    const std::size_t blobs = path.find("/blobs/");
    if (blobs != std::string::npos && path.starts_with("models--") && content.starts_with("-> "))
      CHECK(std::filesystem::exists(cache / path));
  }
}

/// What readers see, a line a path: no locks, no bookkeeping.
std::vector<std::string> visible(const CacheBuilder& cache) {
  std::vector<std::string> lines;
  for (const auto& [path, content] : cache.picture()) {
    const std::string below = "/" + path;
    const bool is_of_payload =
        below.find(".refs") != std::string::npos || below.ends_with(".lock");  // R-576: lines that hold no more are harmless
    const bool is_hidden = below.find("/.locks/") != std::string::npos || below.find("/.larder/") != std::string::npos;
    if (!is_hidden && !is_of_payload) lines.push_back(path + " " + content);
  }
  return lines;
}

/// Manifests of the shared store whose payload is gone.
std::vector<std::string> orphan_manifests(const CacheBuilder& cache) {
  std::vector<std::string> found;
  if (!cache.has("blobs")) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache / "blobs")) {
    const std::string path = entry.path().string();
    const bool is_orphan = path.ends_with(".refs") && !std::filesystem::exists(path.substr(0, path.size() - 5));
    if (is_orphan) found.push_back(path);
  }
  return found;
}

}  // namespace

TEST_CASE("sweep: a revision goes with what only it needs", "[store][sweep]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  rig.cache.add(kRepo, kTwo, {kOther, kWeights}, {"v2", "refs/pr/1"});
  rig.cache.write(kRepo + "/.no_exist/" + kTwo + "/absent.json", "");
  const auto plan = store::plan_rm(rig.scan(), revision("org/m", kTwo), {});
  const auto report = rig.sweep(plan);
  CHECK(report.failures.empty());
  CHECK(report.removed.size() == 1);
  CHECK(report.bytes_freed == plan.bytes_freed);
  for (const std::string& gone : {"/snapshots/" + kTwo, std::string("/refs/v2"), std::string("/refs/refs/pr/1"), "/trees/" + kTwo + ".json",
                                  "/.no_exist/" + kTwo, "/blobs/" + CacheBuilder::blob_name(kOther)}) {
    CAPTURE(gone);
    CHECK_FALSE(rig.cache.has(kRepo + gone));
  }
  CHECK(rig.cache.read(kRepo + "/snapshots/" + kOne + "/sub/deep/model.bin") == kWeights.content);
  CHECK(rig.cache.read(kRepo + "/refs/main") == kOne);
  check_readable(rig.cache);
  CHECK(rig.scan().repos.front().bytes == 1009);
}

TEST_CASE("sweep: a repository goes without a trace, its twin stays", "[store][sweep]") {
  StoreRig rig;  // R-822
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  rig.cache.add(kTwin, kOne, {kConfig, kWeights}, {"main"});
  rig.cache.write(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", "x");
  rig.cache.write(kRepo + "/blobs/" + std::string(64, 'b'), "an orphan");
  rig.cache.write(kRepo + "/.larder/partial/" + std::string(64, 'c') + ".0123abcd/data", "x");
  const auto twin = rig.cache.picture(kTwin);
  const auto report = rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  CHECK(report.failures.empty());
  CHECK_FALSE(rig.cache.has(kRepo));
  CHECK(rig.cache.picture(kTwin) == twin);
}

TEST_CASE("sweep: one file in all revisions, its blob with the last", "[store][sweep]") {
  StoreRig rig;  // R-820
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  const std::string entry = kRepo + "/snapshots/" + kOne + "/sub/deep/model.bin";
  const auto inventory = rig.scan();
  const auto& blobs = inventory.repos.front().blobs;
  const auto blob = static_cast<std::uint32_t>(std::find_if(blobs.begin(), blobs.end(), [](const auto& one) { return one.bytes == 1000; }) -
                                               blobs.begin());
  const auto report = rig.sweep(store::plan_rm(inventory, {}, {{{test::model("org/m"), kOne}, "sub/deep/model.bin", blob, 1}}));
  CHECK(report.failures.empty());
  CHECK(report.bytes_freed == 1000);
  CHECK_FALSE(rig.cache.has(entry));
  CHECK_FALSE(rig.cache.has(kRepo + "/snapshots/" + kOne + "/sub"));
  CHECK_FALSE(rig.cache.has(kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights)));
  CHECK(rig.cache.read(kRepo + "/refs/main") == kOne);
  CHECK(rig.cache.read(kRepo + "/snapshots/" + kOne + "/config.json") == kConfig.content);
}

TEST_CASE("sweep: a file that is another by now is left and told", "[store][sweep]") {
  StoreRig rig;
  const BuiltFile copy{"copy.txt", "copied", false, Lying::Copy};
  rig.cache.add(kRepo, kOne, {kConfig, kWeights, copy}, {"main"});
  const auto inventory = rig.scan();
  auto store = rig.store();
  const std::string snapshot = kRepo + "/snapshots/" + kOne + "/";
  const auto plan_for = [&](const std::string& path) {
    const auto files = store::find_files(store, inventory.repos.front(), {test::model("org/m"), ""}, path, CancelToken{});
    REQUIRE(files);
    return store::plan_rm(inventory, {}, *files);
  };
  SECTION("a link became a file") {
    const auto plan = plan_for("config.json");
    rig.cache.remove(snapshot + "config.json");
    rig.cache.write(snapshot + "config.json", "mine");
    const auto report = rig.sweep(plan);
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures.front().error.code == ErrorCode::LocalChanges);
    CHECK(report.removed.empty());
    CHECK(rig.cache.read(snapshot + "config.json") == "mine");
  }
  SECTION("a link leads elsewhere") {
    const auto plan = plan_for("config.json");
    rig.cache.link(snapshot + "config.json", "../../blobs/" + CacheBuilder::blob_name(kWeights));
    CHECK(rig.sweep(plan).failures.size() == 1);
    CHECK(rig.cache.has(snapshot + "config.json"));
  }
  SECTION("a copy was written to") {
    const auto plan = plan_for("copy.txt");
    rig.cache.age(snapshot + "copy.txt", 5);
    CHECK(rig.sweep(plan).failures.size() == 1);
    CHECK(rig.cache.has(snapshot + "copy.txt"));
  }
  SECTION("only that one") {
    auto plan = plan_for("config.json");
    const auto other = plan_for("copy.txt");
    plan.items.insert(plan.items.end(), other.items.begin(), other.items.end());
    rig.cache.age(snapshot + "copy.txt", 5);
    const auto report = rig.sweep(plan);
    CHECK(report.failures.size() == 1);
    CHECK(report.removed.size() == 1);
    CHECK_FALSE(rig.cache.has(snapshot + "config.json"));
  }
  SECTION("what is gone is gone") {
    const auto plan = plan_for("copy.txt");
    rig.cache.remove(snapshot + "copy.txt");
    CHECK(rig.sweep(plan).failures.empty());
  }
}

TEST_CASE("sweep: what it costs to remove a revision does not grow with the refs, locks and notes of the repository", "[store][sweep]") {
  StoreRig rig;
  constexpr std::size_t kRevisions = 300;
  constexpr std::size_t kThings = 1000;
  const auto commit = [](std::size_t number) { return fmt::format("{:040x}", number + 1); };
  for (std::size_t i = 0; i < kRevisions; ++i) rig.cache.add(kRepo, commit(i), {{"f", std::to_string(i), false}}, {});
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  for (std::size_t i = 0; i < kThings; ++i) {
    rig.cache.write(kRepo + "/refs/v" + std::to_string(i), kOne);
    rig.cache.write(".locks/" + kRepo + "/" + std::to_string(i) + ".lock", "");
  }
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  REQUIRE(plan.items.size() == kRevisions);
  CountingDisk disk(*rig.disk);
  test::FakeClock later;  // so that nothing changed a moment ago
  later.set_wall(rig.clock->wall_now() + std::chrono::hours(1));
  store::Store store(disk, later, *rig.random, {rig.cache.root(), true, true});
  store::SweepReport report;
  NoProgress progress;
  REQUIRE(store::sweep(store, plan, report, progress, CancelToken{}));
  CHECK(report.removed.size() == kRevisions);
  CHECK(disk.calls() < kRevisions * 1000);  // asked of each for each it would be 1,500,000
}

TEST_CASE("sweep: says within one item how far it is", "[store][sweep]") {
  StoreRig rig;
  std::vector<BuiltFile> files;
  for (int i = 0; i < 20; ++i) files.push_back({"f" + std::to_string(i), std::to_string(i), false});
  rig.cache.add(kRepo, kOne, files, {});
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  REQUIRE(plan.items.size() == 1);
  class Notes final : public NoProgress {
   public:
    void note(std::string_view text) override { texts.emplace_back(text); }
    std::vector<std::string> texts;
  };
  /// Each removal takes its time.
  class SlowDisk final : public fs::ForwardingDisk {
   public:
    SlowDisk(fs::Disk& inner, test::FakeClock& clock) : fs::ForwardingDisk(inner), clock_(clock) {}
    Result<bool> remove_file(const std::string& path) override {
      clock_.advance(std::chrono::milliseconds(100));
      return fs::ForwardingDisk::remove_file(path);
    }

   private:
    test::FakeClock& clock_;
  };
  test::FakeClock clock;
  clock.set_wall(rig.clock->wall_now() + std::chrono::hours(1));
  SlowDisk disk(*rig.disk, clock);
  store::Store store(disk, clock, *rig.random, {rig.cache.root(), true, true});
  store::SweepReport report;
  Notes notes;
  REQUIRE(store::sweep(store, plan, report, notes, CancelToken{}));
  REQUIRE(notes.texts.size() >= 3);
  CHECK(notes.texts.size() <= 10);
  CHECK(notes.texts.front() == "removing: 20 files looked at, 5 removed");
}

TEST_CASE("sweep: a ref that comes between two revisions keeps the second, however many there are", "[store][sweep]") {
  StoreRig rig;  // I7, C7
  rig.cache.add(kRepo, kOne, {kConfig}, {});
  rig.cache.add(kRepo, kTwo, {kOther}, {});
  for (int i = 0; i < 500; ++i) rig.cache.write(kRepo + "/refs/v" + std::to_string(i), CacheBuilder::commit('3'));
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  REQUIRE(plan.items.size() == 2);
  const auto replace = [&] {  // as larder and the Python client write a ref
    rig.cache.write("ref", kTwo);
    std::filesystem::rename(rig.cache / "ref", rig.cache / (kRepo + "/refs/v7"));
    rig.cache.age(kRepo + "/refs", 100);  // the clock of the file system moved on
  };
  std::function<void()> change = replace;
  store::Owner owner = store::own_identity(*rig.disk);
  const std::string lease = kRepo + "/.larder/leases/0000000a";
  SECTION("a ref is replaced") {}
  SECTION("a ref is made") {
    change = [&] {
      rig.cache.write(kRepo + "/refs/pr/new", kTwo);
      rig.cache.age(kRepo + "/refs", 100);
    };
  }
  SECTION("a pull that began before the sweep ends, and wrote in place") {
    rig.cache.write(lease, store::format_lease(owner, repo::CommitId::parse(kTwo).value(), rig.clock->wall_now() + std::chrono::hours(1)));
    change = [&] {
      rig.cache.write(kRepo + "/refs/v7", kTwo);
      rig.cache.remove(lease);
    };
  }
  HookDisk disk(*rig.disk, "/snapshots/" + kOne, change);
  auto store = rig.store(disk);
  store::SweepReport report;
  NoProgress progress;
  REQUIRE(store::sweep(store, plan, report, progress, CancelToken{}));
  CHECK(report.removed.size() == 1);
  REQUIRE(report.kept.size() == 1);
  CHECK(report.kept.front().commit == kTwo);
  CHECK(rig.cache.has(kRepo + "/snapshots/" + kTwo + "/config.json"));
  check_readable(rig.cache, CacheBuilder::commit('3'));
}

TEST_CASE("sweep: a lease that cannot be understood keeps its repository, not the others", "[store][sweep]") {
  StoreRig rig;  // I7
  rig.cache.add(kRepo, kOne, {kConfig}, {});
  rig.cache.add(kTwin, kOne, {kConfig}, {});
  const auto before = store::plan_prune(rig.scan(), rig.now_ns());
  rig.cache.write(kRepo + "/.larder/leases/0000000a", R"({"version":2,"holds":["everything"]})");
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  CHECK(plan.items.size() == 1);
  CHECK(plan.kept.size() == 1);
  const auto report = rig.sweep(before);
  CHECK(report.removed.size() == 1);
  CHECK(report.kept.size() == 1);
  CHECK(rig.cache.has(kRepo + "/snapshots/" + kOne + "/config.json"));
  CHECK(rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {})).removed.empty());
}

TEST_CASE("sweep: a lease that may be of nobody is named, with what to do about it", "[store][sweep]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig}, {});
  const std::string lease = kRepo + "/.larder/leases/0000000a";
  const auto warnings = [&] { return store::plan_rm(rig.scan(), whole("org/m"), {}).warnings; };
  auto owner = store::own_identity(*rig.disk);
  const auto write_lease = [&] {
    rig.cache.write(lease, store::format_lease(owner, repo::CommitId::parse(kOne).value(), rig.clock->wall_now() + std::chrono::hours(1)));
  };
  SECTION("one that cannot be understood") {
    rig.cache.write(lease, R"({"version":2})");
    REQUIRE(warnings().size() == 1);
    CHECK(warnings().front().starts_with(lease + ": a lease that cannot be understood keeps org/m until 2"));
  }
  SECTION("of another machine") {
    owner.host = "elsewhere\n";
    owner.pid = 4711;
    write_lease();
    REQUIRE(warnings().size() == 1);
    CHECK(warnings().front().starts_with(lease + ": the lease of process 4711 on elsewhere"));
    CHECK(warnings().front().find('\n') == std::string::npos);
    CHECK(warnings().front().ends_with("remove this file"));
  }
  SECTION("not one of a process that runs") {
    write_lease();
    CHECK(warnings().empty());
  }
}

TEST_CASE("sweep: foreign files at every level stay as they are", "[store][sweep]") {
  StoreRig rig;  // I6, C21
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  const std::string snapshot = kRepo + "/snapshots/" + kOne;
  const std::vector<std::string> foreign{"notes.txt",
                                         "mine/deep/file",
                                         ".locks/mine.txt",
                                         kRepo + "/README",
                                         kRepo + "/blobs/notes.txt",
                                         kRepo + "/refs/keep.me",
                                         snapshot + "/NOTES.md",
                                         snapshot + "/sub/deep/mine",
                                         kRepo + "/trees/mine.json",
                                         kRepo + "/.no_exist/mine",
                                         kRepo + "/.larder/mine",
                                         kRepo + "/.larder/tmp/mine.txt",
                                         kRepo + "/.larder/partial/mine/data"};
  for (const auto& path : foreign) rig.cache.write(path, "mine");
  std::filesystem::create_directories(rig.dir / "outside");
  rig.dir.write("outside/precious", "precious");
  rig.cache.link(snapshot + "/link-out", rig.dir / "outside/precious");
  rig.cache.link(snapshot + "/folder-out", rig.dir / "outside");
  rig.cache.link(kRepo + "/refs/link-out", rig.dir / "outside/precious");
  rig.cache.link(kRepo + "/blobs/" + std::string(64, 'a'), rig.dir / "outside/precious");
  SECTION("rm of the repository") { rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {})); }
  SECTION("rm of the repository, twice") {
    rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
    rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  }
  SECTION("rm of the revision") { rig.sweep(store::plan_rm(rig.scan(), revision("org/m", kOne), {})); }
  SECTION("gc of everything") { rig.sweep(store::plan_gc(rig.scan(), {0, {}, {}, {}}, rig.now_ns())); }
  for (const auto& path : foreign) {
    CAPTURE(path);
    CHECK(rig.cache.read(path) == "mine");
  }
  CHECK(rig.dir.read("outside/precious") == "precious");
  CHECK(rig.cache.has(snapshot + "/link-out"));
  CHECK(rig.cache.has(snapshot + "/folder-out"));
  CHECK(rig.cache.has(kRepo + "/refs/link-out"));
  CHECK_FALSE(rig.cache.has(snapshot + "/config.json"));
  CHECK_FALSE(rig.cache.has(kRepo + "/refs/main"));
  CHECK_FALSE(rig.cache.has(kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights)));
}

TEST_CASE("sweep: somebody's own file in a snapshot without a listing is no copy, however often and wherever it is cut off",
          "[store][sweep]") {
  const std::string snapshot = kRepo + "/snapshots/" + kOne;  // I6, R-550
  const auto fill = [&](StoreRig& rig) {
    rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
    std::filesystem::remove(rig.cache / (kRepo + "/trees/" + kOne + ".json"));
    rig.cache.write(snapshot + "/mine.txt", "mine");
  };
  const std::vector<std::pair<const char*, std::function<store::RemovalPlan(StoreRig&)>>> commands{
      {"rm repo", [](StoreRig& rig) { return store::plan_rm(rig.scan(), whole("org/m"), {}); }},
      {"rm revision", [](StoreRig& rig) { return store::plan_rm(rig.scan(), revision("org/m", kOne), {}); }},
      {"gc",
       [](StoreRig& rig) {
         return store::plan_gc(rig.scan(), {0, {}, {}, {}}, rig.now_ns());
       }},
  };
  for (const auto& [command, plan_of] : commands) {
    for (std::size_t at = 1;; ++at) {
      CAPTURE(command, at);
      StoreRig rig;
      fill(rig);
      DyingDisk disk(*rig.disk, at);
      auto run = rig.store(disk);
      store::SweepReport report;
      NoProgress progress;
      (void)store::sweep(run, plan_of(rig), report, progress, CancelToken{});
      for (int again = 0; again < 3; ++again) rig.sweep(plan_of(rig));
      CHECK(rig.cache.read(snapshot + "/mine.txt") == "mine");
      CHECK_FALSE(rig.cache.has(snapshot + "/config.json"));
      std::filesystem::remove_all(rig.cache / snapshot);  // the user takes it away: then nothing is left
      rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
      CHECK_FALSE(rig.cache.has(kRepo));
      if (disk.steps() < at) break;
    }
  }
}

TEST_CASE("sweep: nothing is reached through a link in place of a layout folder", "[store][sweep]") {
  for (const char* folder : {"blobs", "refs", "snapshots", "trees", ".larder", ""}) {
    CAPTURE(folder);
    StoreRig rig;  // T49
    rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
    const auto plan = store::plan_rm(rig.scan(), whole("org/m"), {});
    // The link comes after the plan.
    const std::string path = kRepo + (std::string(folder).empty() ? "" : "/" + std::string(folder));
    std::filesystem::create_directories(rig.cache / path);
    std::filesystem::rename(rig.cache / path, rig.dir / "elsewhere");
    rig.cache.link(path, rig.dir / "elsewhere");
    const auto before = CacheBuilder(rig.dir.path()).picture();
    const auto report = rig.sweep(plan);
    CHECK(report.removed.empty());
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures.front().error.code == ErrorCode::UnsafeLink);
    CHECK(CacheBuilder(rig.dir.path()).picture() == before);
  }
}

TEST_CASE("sweep: what came into use after the plan stays", "[store][sweep]") {
  StoreRig rig;  // I7, C6
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {});
  rig.cache.add(kRepo, kTwo, {kOther}, {"main"});
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  REQUIRE(plan.items.size() == 1);
  auto run = rig.store();
  SECTION("a lease") {
    const auto lease = store::Lease::take(run, run.layout(test::model("org/m")), *repo::CommitId::parse(kOne));
    REQUIRE(lease);
    CHECK(rig.sweep(plan).kept.size() == 1);
  }
  SECTION("a lock on one of its blobs") {
    const test::HeldLock lock(rig.cache / (".locks/" + kRepo + "/" + CacheBuilder::blob_name(kWeights) + ".lock"));
    CHECK(rig.sweep(plan).kept.size() == 1);
  }
  SECTION("a ref") {
    rig.cache.write(kRepo + "/refs/new", kOne);
    CHECK(rig.sweep(plan).kept.size() == 1);
  }
  CHECK(rig.cache.read(kRepo + "/snapshots/" + kOne + "/sub/deep/model.bin") == kWeights.content);
}

TEST_CASE("sweep: a blob that got a link after the plan stays", "[store][sweep]") {
  StoreRig rig;  // C7
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  rig.cache.write(kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights), kWeights.content);
  auto inventory = rig.scan();
  for (auto& blob : inventory.repos.front().blobs) blob.ctime_ns -= 2 * 86'400'000'000'000;
  const auto plan = store::plan_prune(inventory, rig.now_ns());
  REQUIRE(plan.items.size() == 1);
  SECTION("linked meanwhile") { rig.cache.add_file(kRepo, kOne, kWeights); }
  SECTION("locked meanwhile") {
    const test::HeldLock lock(rig.cache / (".locks/" + kRepo + "/" + CacheBuilder::blob_name(kWeights) + ".lock"));
    rig.sweep(plan);
  }
  if (rig.cache.has(kRepo + "/snapshots/" + kOne + "/sub")) rig.sweep(plan);
  CHECK(rig.cache.has(kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights)));
}

TEST_CASE("sweep: who saw a blob before it went and links it after gets it back", "[store][sweep]") {
  StoreRig rig;  // C7, I7: the Python client waits for the lock of a blob that it has seen, and does not look again (R-516)
  auto whole_weights = kWeights;
  const bool is_shared = GENERATE(false, true);
  if (is_shared) whole_weights = shared(kWeights);
  const std::string blob = CacheBuilder::blob_name(kWeights);
  rig.cache.add(kRepo, kOne, {kConfig, whole_weights}, {"main"});
  rig.cache.add(kRepo, kTwo, {kOther}, {"v2"});
  bool is_made_anew = false;
  LeavingDisk disk(*rig.disk, blob, [&] {
    rig.cache.add_file(kRepo, kTwo, kWeights);  // the link, and a blob for it
    if (!is_made_anew) rig.cache.remove(kRepo + "/blobs/" + blob);
  });
  SECTION("the same") {}
  SECTION("one that was fetched meanwhile") { is_made_anew = true; }
  const auto plan = store::plan_rm(rig.scan(), revision("org/m", kOne), {});
  auto run = rig.store(disk);
  store::SweepReport report;
  NoProgress progress;
  REQUIRE(store::sweep(run, plan, report, progress, CancelToken{}));
  CHECK(report.failures.empty());
  CHECK(rig.cache.read(kRepo + "/snapshots/" + kTwo + "/sub/deep/model.bin") == kWeights.content);
  check_readable(rig.cache);
  CHECK(std::filesystem::is_empty(rig.cache / (kRepo + "/.larder/tmp")));
}

TEST_CASE("sweep: blobs that a removal put aside when it was killed are dead after a minute", "[store][sweep]") {
  StoreRig rig;  // I11
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  const std::string aside = kRepo + "/.larder/tmp/" + CacheBuilder::blob_name(kWeights) + ".0123abcd";
  rig.cache.write(aside, kWeights.content);
  rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
  CHECK(rig.cache.has(aside));
  rig.clock = std::make_unique<test::HastyClock>(std::chrono::minutes(2));
  rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
  CHECK_FALSE(rig.cache.has(aside));
}

TEST_CASE("sweep: a shared payload goes with its last referrer", "[store][sweep]") {
  StoreRig rig;  // R-576
  rig.cache.add(kRepo, kOne, {kConfig, shared(kWeights)}, {"main"});
  rig.cache.add(kTwin, kTwo, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
  const std::string line = "/blobs/" + CacheBuilder::blob_name(kWeights) + "\n";
  rig.cache.write(payload + ".refs", rig.cache.read(payload + ".refs") + kRepo + line + "models--org--gone" + line + "../../etc/x\n");
  rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  CHECK(rig.cache.read(payload) == kWeights.content);
  CHECK(rig.cache.read(payload + ".refs") == kTwin + line);
  CHECK(rig.cache.read(kTwin + "/snapshots/" + kTwo + "/sub/deep/model.bin") == kWeights.content);
  const auto plan = store::plan_rm(rig.scan(), whole("org/twin"), {});
  CHECK(plan.bytes_freed == 1000);
  rig.sweep(plan);
  CHECK_FALSE(rig.cache.has(payload));
  CHECK_FALSE(rig.cache.has(payload + ".refs"));
  CHECK(rig.cache.has(payload + ".lock"));
  CHECK(rig.cache.read("blobs/.huggingface-shared-blobs") == "1\n");
}

TEST_CASE("sweep: any way to write a link into the store refers to the payload", "[store][sweep]") {
  StoreRig rig;  // R-576: the client resolves the text, so an absolute or a roundabout one counts
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  rig.cache.add(kTwin, kTwo, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
  std::filesystem::create_directory_symlink(rig.cache.root(), rig.dir / "other-name");
  std::string text;
  SECTION("absolute") { text = rig.cache / payload; }
  SECTION("roundabout") { text = "../.././blobs/" + xet.substr(0, 2) + "//" + xet; }
  SECTION("through a repository") { text = "../../" + kTwin + "/../" + payload; }
  SECTION("by another name of the root") { text = rig.dir / "other-name/" + payload; }
  rig.cache.link(kTwin + "/blobs/" + CacheBuilder::blob_name(kWeights), text);
  rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
  CHECK(rig.cache.read(kTwin + "/snapshots/" + kTwo + "/sub/deep/model.bin") == kWeights.content);
}

TEST_CASE("sweep: a payload that the plan does not name stays, line or no line", "[store][sweep]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
  const std::string lines = rig.cache.read(payload + ".refs");
  rig.cache.add(kTwin, kTwo, {shared(kWeights)}, {"main"});
  rig.cache.write(payload + ".refs", lines);  // the twin's line was lost
  rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  CHECK(rig.cache.read(kTwin + "/snapshots/" + kTwo + "/sub/deep/model.bin") == kWeights.content);
}

TEST_CASE("sweep: a manifest that is no text says nothing", "[store][sweep]") {
  StoreRig rig;  // R-576
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  rig.cache.write("blobs/" + xet.substr(0, 2) + "/" + xet + ".refs", "\xff\xfe\n");
  const auto plan = store::plan_rm(rig.scan(), whole("org/m"), {});
  CHECK(plan.items.size() == 1);
  rig.sweep(plan);
  CHECK(rig.cache.has("blobs/" + xet.substr(0, 2) + "/" + xet));
}

TEST_CASE("sweep: dead temps of the shared store go, fresh ones stay", "[store][sweep]") {
  StoreRig rig;  // R-522
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string old = "blobs/" + xet.substr(0, 2) + "/" + xet + ".refs.0e85e3ac.tmp";
  const std::string fresh = "blobs/.huggingface-shared-blobs.0e85e3ac.tmp";
  for (const auto& name : {old, fresh}) rig.cache.write(name, "1\n");
  rig.cache.age(old, 25 * 3600);
  const auto report = rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
  CHECK(report.removed.size() == 1);
  CHECK(report.failures.empty());
  CHECK_FALSE(rig.cache.has(old));
  CHECK(rig.cache.has(fresh));
}

TEST_CASE("sweep: a manifest without its payload goes, unless somebody still links there", "[store][sweep]") {
  StoreRig rig;  // R-576: a sweep cut off between the two; R-577: a 1.x client took the payload
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string linked = "blobs/" + xet.substr(0, 2) + "/" + xet;
  rig.cache.remove(linked);
  const std::string orphan = "blobs/ab/ab" + std::string(62, '0') + ".refs";
  const std::string unreadable = "blobs/ab/ab" + std::string(62, '1') + ".refs";
  rig.cache.write(orphan, kRepo + "/blobs/" + std::string(64, 'e') + "\n");
  rig.cache.write(unreadable, "\xff\xfe\n");
  SECTION("free") {
    const auto report = rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
    CHECK(report.removed.size() == 1);
    CHECK_FALSE(rig.cache.has(orphan));
  }
  SECTION("published again after the plan") {
    const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
    rig.cache.write(orphan.substr(0, orphan.size() - 5), "payload");
    rig.sweep(plan);
    CHECK(rig.cache.has(orphan));
  }
  CHECK(rig.cache.has(linked + ".refs"));
  CHECK(rig.cache.has(unreadable));
}

TEST_CASE("sweep: a snapshot that another client is filling stays", "[store][sweep]") {
  StoreRig rig;  // I7: no lock lies between two files of the Python client (R-545)
  BuiltFile late{"late.json", "{}", false};
  late.lying = Lying::Absent;
  rig.cache.add(kRepo, kOne, {kConfig, late}, {});
  rig.cache.add(kRepo, kTwo, {kOther}, {});
  auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  REQUIRE(plan.items.size() == 1);
  CHECK(plan.items.front().commit == kTwo);
  REQUIRE(plan.kept.size() == 1);
  CHECK(plan.kept.front().commit == kOne);
  CHECK(plan.kept.front().reason == store::KeptReason::Recent);
  SECTION("also when it began after the plan") {
    rig.cache.age(kRepo + "/snapshots/" + kOne, 3600);
    plan = store::plan_gc(rig.scan(), {.max_size = 0, .older_than = {}, .keep_last = {}, .pins = {}}, rig.now_ns());
    CHECK(plan.kept.empty());
    rig.cache.age(kRepo + "/snapshots/" + kOne, 0);
    const auto report = rig.sweep(plan);
    REQUIRE(report.kept.size() == 1);
    CHECK(report.kept.front().reason == store::KeptReason::Recent);
    CHECK(rig.cache.has(kRepo + "/snapshots/" + kOne + "/config.json"));
  }
  SECTION("not for ever") {
    rig.cache.age(kRepo + "/snapshots/" + kOne, 3600);
    CHECK(store::plan_prune(rig.scan(), rig.now_ns()).items.size() == 2);
  }
  SECTION("not when it was a pull of larder's that has ended") {
    rig.cache.write(kRepo + "/.larder/used/" + kOne, "");
    CHECK(store::plan_prune(rig.scan(), rig.now_ns()).items.size() == 2);
  }
  SECTION("not when it is named") { CHECK(rig.sweep(store::plan_rm(rig.scan(), revision("org/m", kOne), {})).removed.size() == 1); }
}

TEST_CASE("sweep: an empty snapshot that has just been made is about to get its file", "[store][sweep]") {
  StoreRig rig;  // I7: hf_hub_download makes the folder, waits for the lock of the blob, and then links it
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  const std::string empty = kRepo + "/snapshots/" + kTwo;
  std::filesystem::create_directories(rig.cache / (empty + "/sub"));
  const auto plan = store::plan_prune(rig.scan(), rig.now_ns());
  CHECK(plan.items.empty());
  REQUIRE(plan.kept.size() == 1);
  CHECK(plan.kept.front().reason == store::KeptReason::Recent);
  rig.cache.age(empty + "/sub", 3600);
  rig.cache.age(empty, 3600);
  rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
  CHECK_FALSE(rig.cache.has(empty));
}

TEST_CASE("sweep: a payload without a manifest, or of a busy or unknown store, stays", "[store][sweep]") {
  StoreRig rig;  // R-576, R-572
  rig.cache.add(kRepo, kOne, {shared(kWeights)}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
  auto plan = store::plan_rm(rig.scan(), whole("org/m"), {});
  REQUIRE(plan.items.size() == 2);
  SECTION("no manifest") { rig.cache.remove(payload + ".refs"); }
  SECTION("another version") { rig.cache.write("blobs/.huggingface-shared-blobs", "2\n"); }
  SECTION("busy") {
    const test::HeldLock lock(rig.cache / (payload + ".lock"));
    rig.sweep(plan);
    plan.items.clear();
  }
  rig.sweep(plan);
  CHECK(rig.cache.read(payload) == kWeights.content);
  CHECK_FALSE(rig.cache.has(kRepo + "/snapshots/" + kOne));
}

TEST_CASE("sweep: killed at any step it leaves a readable cache, and once more finishes", "[store][sweep]") {
  const auto fill = [](StoreRig& rig) {  // C9
    rig.cache.add(kRepo, kOne, {kConfig, kWeights, shared({"big.bin", std::string(500, 'x'), true})}, {"main"});
    rig.cache.add(kRepo, kTwo, {kOther, kWeights}, {});
    rig.cache.add(kTwin, kOne, {kConfig, shared({"big.bin", std::string(500, 'x'), true})}, {"main"});
    rig.cache.write(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", "x");
    rig.cache.age(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", 100'000);
  };
  const std::vector<std::pair<const char*, std::function<store::RemovalPlan(StoreRig&)>>> commands{
      {"rm repo", [](StoreRig& rig) { return store::plan_rm(rig.scan(), whole("org/m"), {}); }},
      {"rm revision", [](StoreRig& rig) { return store::plan_rm(rig.scan(), revision("org/m", kTwo), {}); }},
      {"prune", [](StoreRig& rig) { return store::plan_prune(rig.scan(), rig.now_ns()); }},
      {"gc",
       [](StoreRig& rig) {
         return store::plan_gc(rig.scan(), {0, {}, {}, {}}, rig.now_ns());
       }},
  };
  for (const auto& [command, plan_of] : commands) {
    StoreRig undisturbed;
    fill(undisturbed);
    undisturbed.sweep(plan_of(undisturbed));
    for (std::size_t at = 1;; ++at) {
      CAPTURE(command, at);
      StoreRig rig;
      fill(rig);
      const auto plan = plan_of(rig);
      std::set<std::string> planned;
      for (const auto& item : plan.items) planned.insert(item.path);
      DyingDisk disk(*rig.disk, at);
      auto run = rig.store(disk);
      store::SweepReport report;
      NoProgress progress;
      (void)store::sweep(run, plan, report, progress, CancelToken{});
      check_readable(rig.cache);
      // What the plan does not name is all there.
      if (!planned.contains(kTwin) && !planned.contains(kTwin + "/snapshots/" + kOne)) {
        CHECK(rig.cache.read(kTwin + "/snapshots/" + kOne + "/big.bin") == std::string(500, 'x'));
      }
      if (!planned.contains(kRepo) && !planned.contains(kRepo + "/snapshots/" + kOne)) {
        CHECK(rig.cache.read(kRepo + "/snapshots/" + kOne + "/sub/deep/model.bin") == kWeights.content);
      }
      const bool died = disk.steps() >= at;
      const auto second = rig.sweep(plan_of(rig));
      CHECK(second.failures.empty());
      check_readable(rig.cache);
      CHECK(visible(rig.cache) == visible(undisturbed.cache));
      rig.sweep(store::plan_prune(rig.scan(), rig.now_ns()));
      CHECK(orphan_manifests(rig.cache).empty());
      if (!died) break;
    }
  }
}

TEST_CASE("sweep: what a removal that was cut off left behind is not taken from who came after it", "[store][sweep]") {  // C9, I7
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
  const std::string blob = kRepo + "/blobs/" + CacheBuilder::blob_name(kWeights);
  const auto note = [&] {
    const auto layout = rig.store().layout(test::model("org/m"));
    auto run = rig.store();
    CHECK_FALSE(store::write_removal_note(run, layout, kTwo, {CacheBuilder::blob_name(kWeights), "not/../a blob"}).empty());
  };
  const auto prune = [&] { rig.sweep(store::plan_prune(rig.scan(), rig.now_ns())); };
  SECTION("the rest goes, with the note") {
    rig.cache.write(blob, kWeights.content);
    rig.cache.write(kRepo + "/trees/" + kTwo + ".json", "{}");
    note();
    prune();
    CHECK_FALSE(rig.cache.has(blob));
    CHECK_FALSE(rig.cache.has(kRepo + "/trees/" + kTwo + ".json"));
  }
  SECTION("a blob newer than the note has its day") {
    note();
    for (const auto& file : std::filesystem::directory_iterator(rig.cache / (kRepo + "/.larder/removing"))) {
      rig.cache.age(kRepo + "/.larder/removing/" + file.path().filename().string(), 10);
    }
    rig.cache.write(blob, kWeights.content);
    prune();
    CHECK(rig.cache.has(blob));
  }
  SECTION("so has one that is linked again") {
    rig.cache.write(blob, kWeights.content);
    note();
    rig.cache.add(kRepo, kTwo, {kWeights}, {"v2"});
    prune();
    CHECK(rig.cache.read(kRepo + "/snapshots/" + kTwo + "/sub/deep/model.bin") == kWeights.content);
    CHECK(rig.cache.has(kRepo + "/trees/" + kTwo + ".json"));
  }
  SECTION("a note that is damaged says nothing") {
    rig.cache.write(blob, kWeights.content);
    rig.cache.write(kRepo + "/.larder/removing/0123abcd.89abcdef", "{\"version\":1,\"blobs\":[\"" + CacheBuilder::blob_name(kWeights));
    prune();
    CHECK(rig.cache.has(blob));
  }
  CHECK(std::filesystem::is_empty(rig.cache / (kRepo + "/.larder/removing")));
}

TEST_CASE("sweep: a full disk keeps nobody from removing", "[store][sweep]") {  // L7
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig, kWeights}, {"main"});
  rig.cache.add(kRepo, kTwo, {kOther, kWeights}, {});
  const auto plan = store::plan_rm(rig.scan(), revision("org/m", kTwo), {});
  test::FaultDisk disk(*rig.disk);
  disk.fail_if([](std::string_view call, const std::string&) {
    return call == "create_new" || call == "make_folder" || call == "make_folders" || call == "append" ? ENOSPC : 0;
  });
  auto run = rig.store(disk);
  store::SweepReport report;
  NoProgress progress;
  REQUIRE(store::sweep(run, plan, report, progress, CancelToken{}));
  for (const auto& failure : report.failures) FAIL_CHECK(failure.error.text());
  CHECK_FALSE(rig.cache.has(kRepo + "/blobs/" + CacheBuilder::blob_name(kOther)));
}

TEST_CASE("sweep: a dry run's items are the items that go", "[store][sweep]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {kConfig, shared(kWeights)}, {"main"});
  rig.cache.add(kRepo, kTwo, {kOther}, {});
  rig.cache.write(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", "12345");
  rig.cache.age(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", 100'000);
  rig.cache.write("blobs/ee/" + std::string(64, 'e'), "orphan");
  rig.cache.write("blobs/ee/" + std::string(64, 'e') + ".refs", "");
  const auto before = rig.scan();
  const auto plan = store::plan_prune(before, rig.now_ns());
  CHECK(plan.items.size() == 3);
  const auto report = rig.sweep(plan);
  CHECK(report.removed.size() == plan.items.size());
  CHECK(report.bytes_freed == plan.bytes_freed);
  const auto after = store::plan_prune(rig.scan(), rig.now_ns());
  CHECK(after.items.empty());
  CHECK(after.bytes_before == plan.bytes_after());
}

TEST_CASE("sweep: modes of a shared cache stay", "[store][sweep]") {
  StoreRig rig;  // T52
  rig.cache.add(kRepo, kOne, {kConfig, shared(kWeights)}, {"main"});
  rig.cache.add(kTwin, kOne, {shared(kWeights)}, {"main"});
  for (const std::string& path : {std::string(""), kTwin, kTwin + "/blobs", std::string("blobs")})
    ::chmod((rig.cache / path).c_str(), 02775);
  rig.sweep(store::plan_rm(rig.scan(), whole("org/m"), {}));
  struct stat facts {};
  for (const std::string& path : {std::string(""), kTwin, kTwin + "/blobs", std::string("blobs")}) {
    CAPTURE(path);
    REQUIRE(::stat((rig.cache / path).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777U) == 02775U);
  }
  const std::string xet = CacheBuilder::xet_hash(kWeights.content);
  REQUIRE(::stat((rig.cache / ("blobs/" + xet.substr(0, 2) + "/" + xet + ".refs")).c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0666U);  // R-570
}
