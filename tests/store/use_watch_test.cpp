#include "store/use_watch.hpp"

#include "support/catch.hpp"
#include "support/store_rig.hpp"

using namespace larder;
using test::BuiltFile;
using test::CacheBuilder;
using test::HeldLock;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kOne = CacheBuilder::commit('1');
const std::string kTwo = CacheBuilder::commit('2');
const BuiltFile kConfig{"config.json", "{}", false};
const BuiltFile kOther{"other.json", "[]", false};

/// Two snapshots with a listing each, one without, and as many lock files that nobody holds.
struct Watched {
  explicit Watched(std::size_t locks) {
    rig.cache.add(kRepo, kOne, {kConfig}, {"main"});
    rig.cache.add(kRepo, kTwo, {kOther}, {});
    rig.cache.write(kRepo + "/snapshots/odd/file", "1");
    for (std::size_t i = 0; i < locks; ++i) rig.cache.write(".locks/" + kRepo + "/" + std::to_string(i) + ".lock", "");
  }
  [[nodiscard]] std::string lock_of(const BuiltFile& file) const {
    return rig.cache / (".locks/" + kRepo + "/" + CacheBuilder::blob_name(file) + ".lock");
  }
  void lease(const std::string& run, const std::string& commit) const {
    const auto until = rig.clock->wall_now() + std::chrono::hours(1);
    rig.cache.write(kRepo + "/.larder/leases/" + run,
                    store::format_lease(store::own_identity(*rig.disk), repo::CommitId::parse(commit).value(), until));
  }
  StoreRig rig;
  store::Store store = rig.store();
  store::UseWatch watch{store, store::RepoLayout(rig.cache.root(), kRepo)};
};

}  // namespace

TEST_CASE("UseWatch: a held lock keeps the snapshots whose listing names its blob, and those without", "[store][use_watch]") {
  Watched watched(GENERATE(0U, 1000U));  // I7, R-540
  CHECK_FALSE(watched.watch.uses(kOne).value());
  CHECK_FALSE(watched.watch.uses(kTwo).value());
  const HeldLock held(watched.lock_of(kOther));
  CHECK_FALSE(watched.watch.uses(kOne).value());
  CHECK(watched.watch.uses(kTwo).value());
  std::size_t questions = 1;
  while (!watched.watch.uses("odd").value() && questions < 100) ++questions;
  CHECK(questions <= 1000 / store::LookBudget::kLooksEach + 2);
}

TEST_CASE("UseWatch: a lease keeps its commit, and everything while its files are not known", "[store][use_watch]") {
  Watched watched(0);
  watched.lease("0000000a", kOne);
  CHECK(watched.watch.uses(kOne).value());
  CHECK_FALSE(watched.watch.uses(kTwo).value());
  CHECK_FALSE(watched.watch.take_ended());
  watched.lease("0000000b", CacheBuilder::commit('3'));
  CHECK(watched.watch.uses(kTwo).value());
  watched.rig.cache.remove(kRepo + "/.larder/leases/0000000b");
  CHECK_FALSE(watched.watch.uses(kTwo).value());
  CHECK(watched.watch.take_ended());
  CHECK_FALSE(watched.watch.take_ended());
}
