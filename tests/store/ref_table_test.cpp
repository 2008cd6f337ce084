#include "store/ref_table.hpp"

#include "fs/forwarding_disk.hpp"
#include "support/catch.hpp"
#include "support/store_rig.hpp"

#include <filesystem>
#include <functional>

using namespace larder;
using test::CacheBuilder;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kOne = CacheBuilder::commit('1');
const std::string kTwo = CacheBuilder::commit('2');
using Names = std::vector<std::string>;

struct Refs {
  explicit Refs(std::size_t others) : store(rig.store()), table(store, store::RepoLayout(rig.cache.root(), kRepo)) {
    put("main", kOne);
    for (std::size_t i = 0; i < others; ++i) put("v" + std::to_string(i), CacheBuilder::commit('9'));
  }
  void put(const std::string& name, const std::string& commit) const { rig.cache.write(kRepo + "/refs/" + name, commit); }
  /// As larder and the Python client write one: aside, then renamed.
  void replace(const std::string& name, const std::string& commit) const {
    rig.cache.write("aside", commit);
    std::filesystem::rename(rig.cache / "aside", rig.cache / (kRepo + "/refs/" + name));
  }
  /// The clock of the file system moved on since the last look: without, two changes in one tick of it look like one.
  void tick() { rig.cache.age(kRepo + "/refs", ++ticks); }
  Names of(const std::string& commit) { return table.names_of(commit).value(); }

  StoreRig rig;
  store::Store store;
  store::RefTable table;
  std::int64_t ticks = 100;
};

}  // namespace

TEST_CASE("RefTable: knows at once what was made, replaced or removed, however many refs there are", "[store][ref_table]") {
  Refs refs(GENERATE(0U, 1000U));
  CHECK(refs.of(kOne) == Names{"main"});
  CHECK(refs.of(kTwo).empty());
  refs.replace("main", kTwo);
  refs.tick();
  CHECK(refs.of(kTwo) == Names{"main"});
  CHECK(refs.of(kOne).empty());
  refs.put("refs/pr/1", kOne);
  refs.put("user/branch", kOne + "\n");
  refs.tick();
  CHECK(refs.of(kOne) == Names{"refs/pr/1", "user/branch"});
  refs.rig.cache.remove(kRepo + "/refs/refs");
  refs.tick();
  CHECK(refs.of(kOne) == Names{"user/branch"});
  refs.rig.cache.remove(kRepo + "/refs");
  CHECK(refs.of(kOne).empty());
}

TEST_CASE("RefTable: what an old client writes in place is seen at once of few, soon of many, and when there is doubt",
          "[store][ref_table]") {
  constexpr std::size_t kMany = 1000;
  Refs few(10);
  CHECK(few.of(kTwo).empty());
  few.put("v3", kTwo);
  CHECK(few.of(kTwo) == Names{"v3"});

  Refs many(kMany);
  CHECK(many.of(kTwo).empty());
  many.put("v3", kTwo);
  std::size_t questions = 1;
  while (many.of(kTwo).empty() && questions < kMany) ++questions;
  CHECK(questions <= kMany / store::LookBudget::kLooksEach + 2);

  Refs doubted(kMany);
  CHECK(doubted.of(kTwo).empty());
  doubted.put("v3", kTwo);
  doubted.table.doubt();
  CHECK(doubted.of(kTwo) == Names{"v3"});
}

TEST_CASE("RefTable: removes what leads there, and nothing that was moved meanwhile", "[store][ref_table]") {
  Refs refs(100);
  refs.put("refs/pr/1", kOne);
  refs.put("refs/pr/2", kOne);
  REQUIRE(refs.of(kOne).size() == 3);
  /// Moves a ref as soon as the first one goes.
  class MovingDisk final : public fs::ForwardingDisk {
   public:
    MovingDisk(fs::Disk& inner, std::function<void()> move) : fs::ForwardingDisk(inner), move_(std::move(move)) {}
    Result<bool> remove_file(const std::string& path) override {
      if (move_) std::exchange(move_, nullptr)();
      return fs::ForwardingDisk::remove_file(path);
    }

   private:
    std::function<void()> move_;
  };
  MovingDisk disk(*refs.rig.disk, [&] { refs.replace("refs/pr/2", kTwo); });
  auto store = refs.rig.store(disk);
  store::RefTable table(store, store::RepoLayout(refs.rig.cache.root(), kRepo));
  REQUIRE(table.remove_refs_of(kOne));
  CHECK_FALSE(refs.rig.cache.has(kRepo + "/refs/main"));
  CHECK_FALSE(refs.rig.cache.has(kRepo + "/refs/refs/pr/1"));
  CHECK(refs.rig.cache.read(kRepo + "/refs/refs/pr/2") == kTwo);
  CHECK(table.names_of(kTwo).value() == Names{"refs/pr/2"});
  CHECK(table.names_of(kOne).value().empty());
}

TEST_CASE("RefTable: nothing is read through a link in place of a folder", "[store][ref_table]") {  // T49
  Refs refs(0);
  refs.rig.cache.write("elsewhere/stolen", kTwo);
  refs.rig.cache.link(kRepo + "/refs/linked", "../../elsewhere");
  CHECK(refs.of(kTwo).empty());
  refs.rig.cache.remove(kRepo + "/refs");
  refs.rig.cache.link(kRepo + "/refs", "../elsewhere");
  CHECK(refs.of(kTwo).empty());
}
