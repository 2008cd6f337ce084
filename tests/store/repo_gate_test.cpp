#include "store/repo_gate.hpp"
#include "support/catch.hpp"
#include "support/store_rig.hpp"

using namespace larder;
using std::chrono::seconds;
using store::RepoGate;
using test::CacheBuilder;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kOne = CacheBuilder::commit('1');

}  // namespace

TEST_CASE("RepoGate: downloads go in together, a removal goes in alone", "[store][repo_gate]") {  // I7, C6
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {{"config.json", "{}", false}}, {"main"});
  auto one = rig.store();
  const store::RepoLayout layout(one.root(), kRepo);
  {
    const auto first = RepoGate::enter(one, layout, seconds(0), CancelToken{});
    CHECK(first);
    CHECK(RepoGate::enter(one, layout, seconds(0), CancelToken{}));
  }
  const auto closed = RepoGate::close(one, layout, seconds(0), CancelToken{});
  REQUIRE(closed);
  CHECK(closed->has_value());
  const auto late = RepoGate::enter(one, layout, seconds(0), CancelToken{});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::LockBusy);
  CancelSource cancel;
  cancel.interrupt(2);
  const auto stopped = RepoGate::enter(one, layout, seconds(600), cancel.token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::Interrupted);
}

TEST_CASE("RepoGate: who is inside keeps a removal out, and nothing is said to be locked", "[store][repo_gate]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {{"config.json", "{}", false}}, {"main"});
  auto one = rig.store();
  const store::RepoLayout layout(one.root(), kRepo);
  const auto inside = RepoGate::enter(one, layout, seconds(0), CancelToken{});
  REQUIRE(inside);
  CHECK_FALSE(rig.scan().repos.front().revisions.front().is_in_use);  // the gate is no lock of a blob
  const auto closed = RepoGate::close(one, layout, seconds(0), CancelToken{});
  REQUIRE(closed);
  CHECK_FALSE(closed->has_value());
}

TEST_CASE("RepoGate: what is not there, or no folder, has none", "[store][repo_gate]") {
  StoreRig rig;
  auto one = rig.store();
  const store::RepoLayout layout(one.root(), kRepo);
  SECTION("not there") {}
  SECTION("a file") { rig.cache.write(kRepo, ""); }
  SECTION("a link") { rig.cache.link(kRepo, "../victim"); }
  const auto before = rig.cache.picture();
  CHECK(RepoGate::enter(one, layout, seconds(0), CancelToken{}));
  const auto closed = RepoGate::close(one, layout, seconds(0), CancelToken{});
  REQUIRE(closed);
  CHECK(closed->has_value());
  CHECK(rig.cache.picture() == before);
}

TEST_CASE("RepoGate: prepare makes the repository, and nobody takes it away", "[store][repo_gate]") {
  StoreRig rig;
  auto one = rig.store();
  const store::RepoLayout layout(one.root(), kRepo);
  const auto inside = RepoGate::prepare(one, layout, seconds(0), CancelToken{});
  REQUIRE(inside);
  CHECK(rig.cache.has(kRepo + "/snapshots"));
  CHECK_FALSE(RepoGate::close(one, layout, seconds(0), CancelToken{})->has_value());
}
