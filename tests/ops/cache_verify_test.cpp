#include <larder/ops/cache_verify.hpp>

#include "support/catch.hpp"
#include "support/ops_rig.hpp"

using namespace larder;
using namespace larder::ops;

namespace {

Result<void> verify(test::OpsRig& rig, const std::string& reference, const std::optional<std::string>& local_dir) {
  CacheVerifyOptions options;
  options.references.push_back(repo::parse_reference(reference, {}).value());
  options.local_dir = local_dir;
  CacheVerifyReport report;
  return cache_verify(rig.services, options, report, CancelToken{});
}

}  // namespace

TEST_CASE("cache verify: a part of a repository is refused, in a local folder as in the cache", "[ops][verify]") {
  test::OpsRig rig;
  for (const auto& local_dir : {std::optional<std::string>{}, std::optional(rig.dir.folder("local"))}) {
    for (const char* reference : {"org/m/config.json", "org/m:Q4_K_M", "org/m@main/sub"}) {
      INFO(reference);
      const auto done = verify(rig, reference, local_dir);
      REQUIRE_FALSE(done);
      CHECK(done.error().code == ErrorCode::InvalidArgument);
      CHECK(done.error().message == std::string(reference) + ": verify takes whole repositories and revisions");
    }
  }
}

TEST_CASE("cache verify: a local folder that is none is told as such", "[ops][verify]") {
  test::OpsRig rig;
  rig.cache.write("file", "x");
  for (const auto& [folder, why] : std::vector<std::pair<std::string, std::string>>{{"none", "no such folder"}, {"file", "is no folder"}}) {
    const auto done = verify(rig, "org/m", rig.cache / folder);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::EntryNotFound);
    CHECK(done.error().message == (rig.cache / folder) + ": " + why);
  }
}
