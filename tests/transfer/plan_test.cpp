#include <larder/transfer/plan.hpp>

#include "support/catch.hpp"
#include "transfer/segment.hpp"

#include <fmt/format.h>

#include <map>
#include <numeric>

using namespace larder;
using namespace larder::transfer;

namespace {

/// A repository of git files in the order given, which is that of its paths.
class Repo {
 public:
  Repo& add(std::string_view path, std::uint64_t size, std::uint8_t content) {
    repo::FileEntry file;
    file.path = path;
    file.size = size;
    file.git_oid.fill(content);
    return add(file);
  }
  Repo& add(const repo::FileEntry& file) {
    if (!builder_.add(file)) FAIL("not added: " << file.path);  // no assertion each: there are many
    return *this;
  }
  [[nodiscard]] repo::Tree tree() { return builder_.finish().value(); }

 private:
  repo::TreeBuilder builder_;
};

std::vector<std::uint32_t> all_of(const repo::Tree& tree) {
  std::vector<std::uint32_t> chosen(tree.size());
  std::iota(chosen.begin(), chosen.end(), 0U);
  return chosen;
}

/// What lies at the destination; a path that is not named is missing.
using Here = std::map<std::string, PresenceFacts, std::less<>>;

struct Mode {
  bool force = false;
  bool overwrite = false;
};

Result<TransferPlan> plan_of(const repo::Tree& tree, const Here& here, Mode mode = {}) {
  const auto look = [&](const repo::FileEntry& file) -> Result<PresenceFacts> {
    const auto found = here.find(file.path);
    return found == here.end() ? PresenceFacts{} : found->second;
  };
  return make_plan(tree, all_of(tree), look, mode.force, mode.overwrite);
}

/// A file whose SHA-256 begins with 24 zeros and ends with `number`.
repo::FileEntry alike(const std::string& path, std::uint32_t number) {
  repo::FileEntry file;
  file.path = path;
  file.size = 1;
  file.lfs_sha256.emplace();
  for (std::size_t at = 0; at < 4; ++at) (*file.lfs_sha256)[31 - at] = static_cast<std::uint8_t>(number >> (8 * at));
  return file;
}

}  // namespace

TEST_CASE("plan: what is done to a file follows from what is here", "[transfer][plan]") {
  const auto tree = Repo().add("a", 10, 1).tree();
  struct Row {
    PresenceFacts facts;
    Mode mode;
    Action action;
    std::string_view reason;
    std::uint64_t fetch;
    std::uint64_t space;
  };
  const std::vector<Row> rows = {
      {{Presence::Missing}, {}, Action::Fetch, "not here", 10, 10},
      {{Presence::Partial, 4}, {}, Action::Resume, "partial download: 4 bytes", 6, 6},
      {{Presence::Partial, 10}, {}, Action::Resume, "partial download: 10 bytes", 0, 0},
      {{Presence::Partial, 99}, {}, Action::Resume, "partial download: 10 bytes", 0, 0},  // never more than the file is long
      {{Presence::Complete}, {}, Action::Reuse, "in the snapshot", 0, 0},
      {{Presence::BlobHere}, {}, Action::Reuse, "blob is here", 0, 0},
      {{Presence::BlobHere, 0, 10}, {}, Action::Reuse, "blob is here", 0, 10},  // a copy takes room
      {{Presence::SharedHere, 0, 10}, {}, Action::Share, "in the shared store", 0, 10},
      {{Presence::Complete}, {.force = true}, Action::Fetch, "fetched again (--force)", 10, 10},
      {{Presence::BlobHere, 0, 10}, {.force = true}, Action::Fetch, "fetched again (--force)", 10, 10},
      {{Presence::SharedHere}, {.force = true}, Action::Fetch, "fetched again (--force)", 10, 10},
      {{Presence::Foreign}, {.overwrite = true}, Action::Fetch, "replaces a file that is not ours (--overwrite)", 10, 10},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reason, row.mode.force, row.facts.partial_bytes);
    const auto plan = plan_of(tree, {{"a", row.facts}}, row.mode);
    REQUIRE(plan);
    REQUIRE(plan->files.size() == 1);
    CHECK(plan->files[0].action == row.action);
    CHECK(reason(tree, plan->files[0]) == row.reason);
    CHECK(plan->total_bytes == 10);
    CHECK(plan->fetch_bytes == row.fetch);
    CHECK(plan->reuse_bytes == 10 - row.fetch);
    CHECK(plan->needed_space == row.space);
    CHECK((plan->expected_requests == 0) == (row.fetch == 0));
  }
}

TEST_CASE("plan: files that are not ours are all named, and nothing is planned", "[transfer][plan]") {
  const auto tree = Repo().add("a\n", 1, 1).add("b", 1, 2).add("c", 1, 3).tree();
  const auto refused = plan_of(tree, {{"a\n", {Presence::Foreign}}, {"c", {Presence::Foreign}}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::LocalChanges);
  CHECK(refused.error().message == "2 files here are not what larder wrote: a\\n, c");
  CHECK_FALSE(plan_of(tree, {{"b", {Presence::Foreign}}}, {.force = true}));  // --force is no --overwrite
}

TEST_CASE("plan: equal contents are fetched once, for the first of them (C10)", "[transfer][plan]") {
  const auto tree = Repo().add("a", 7, 1).add("b", 5, 2).add("c", 7, 1).add("d", 7, 1).tree();
  const auto plan = plan_of(tree, {});
  REQUIRE(plan);
  CHECK(plan->files[0].same_as == PlannedFile::kNone);
  CHECK(plan->files[1].same_as == PlannedFile::kNone);
  CHECK(plan->files[2].same_as == 0);
  CHECK(plan->files[3].same_as == 0);
  CHECK(reason(tree, plan->files[3]) == "same content as a");
  CHECK(plan->total_bytes == 26);
  CHECK(plan->fetch_bytes == 12);
  CHECK(plan->reuse_bytes == 14);
  CHECK(plan->needed_space == 12);
  CHECK(plan->expected_requests == 2 * (1 + expected_requests(7)));
}

TEST_CASE("plan: a twin of a file that is here is fetched by itself", "[transfer][plan]") {
  const auto tree = Repo().add("a", 7, 1).add("b", 7, 1).add("c", 7, 1).tree();
  const auto plan = plan_of(tree, {{"a", {Presence::Complete}}});
  REQUIRE(plan);
  CHECK(plan->files[0].action == Action::Reuse);
  CHECK(plan->files[1].same_as == PlannedFile::kNone);
  CHECK(plan->files[2].same_as == 1);  // by its place in the tree
  CHECK(plan->fetch_bytes == 7);
}

TEST_CASE("plan: only chosen files are looked at, and twins are named by their place in the tree", "[transfer][plan]") {
  const auto tree = Repo().add("a", 7, 1).add("b", 7, 1).add("c", 7, 1).tree();
  std::vector<std::string> looked;
  const auto look = [&](const repo::FileEntry& file) -> Result<PresenceFacts> {
    looked.emplace_back(file.path);
    return PresenceFacts{};
  };
  const auto plan = make_plan(tree, {1, 2}, look, false, false);
  REQUIRE(plan);
  CHECK(looked == std::vector<std::string>{"b", "c"});
  CHECK(plan->files[0].index == 1);
  CHECK(plan->files[1].same_as == 1);
}

TEST_CASE("plan: what a look fails for ends it", "[transfer][plan]") {
  const auto tree = Repo().add("a", 7, 1).tree();
  const auto look = [](const repo::FileEntry&) -> Result<PresenceFacts> { return fail(ErrorCode::PermissionDenied, "no"); };
  const auto plan = make_plan(tree, {0}, look, false, false);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code == ErrorCode::PermissionDenied);
}

// Compared pair by pair these would be more than 10^9 comparisons.
TEST_CASE("plan: digests that begin alike are told apart, and cost no more than others", "[transfer][plan]") {
  constexpr std::uint32_t kFiles = 50'000;
  Repo repo;
  for (std::uint32_t at = 0; at < kFiles; ++at) repo.add(alike(fmt::format("{:06}", at), at % (kFiles / 2)));
  const auto tree = repo.tree();
  const auto plan = plan_of(tree, {});
  REQUIRE(plan);
  CHECK(plan->fetch_bytes == kFiles / 2);
  std::uint32_t wrong = 0;
  for (std::uint32_t at = 0; at < kFiles; ++at) {
    const std::uint32_t expected = at < kFiles / 2 ? PlannedFile::kNone : at - kFiles / 2;
    if (plan->files[at].same_as != expected) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("plan: a planned file takes at most 256 bytes, all of the listing included (I9)", "[transfer][plan]") {
  constexpr std::uint32_t kFiles = 10'000;
  Repo repo;
  for (std::uint32_t at = 0; at < kFiles; ++at) {
    const std::string path = fmt::format("data/train/part-{:03}/image_{:08}_of_00010000.jpeg", at % 100, at);  // an entry holds a view
    repo::FileEntry file = alike(path, at);
    file.xet_hash = file.lfs_sha256;
    repo.add(file);
  }
  const auto tree = repo.tree();
  const auto plan = plan_of(tree, {});
  REQUIRE(plan);
  CHECK(plan->files.capacity() == kFiles);
  constexpr std::size_t kTwinKey = 16;  // while equal contents are looked for
  const std::size_t held = tree.memory() + plan->files.capacity() * (sizeof(PlannedFile) + kTwinKey);
  CHECK(held / kFiles <= 256);
}
