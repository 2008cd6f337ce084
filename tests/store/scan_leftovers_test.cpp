#include "store/scan_leftovers.hpp"

#include "support/catch.hpp"
#include "support/store_rig.hpp"

#include <map>

using namespace larder;
using namespace larder::test;

TEST_CASE("scan_unfinished_repos: dead when every lease in it is void for certain", "[store][scan_leftovers]") {
  const StoreRig rig;
  auto store = rig.store();
  const auto put = [&](const std::string& run, std::string_view lease) {
    rig.cache.write(".locks/.larder-new." + run + "/.larder/leases/" + run, lease);
  };
  store::Owner gone = store::own_identity(*rig.disk);
  gone.boot = "another boot";
  const auto later = rig.clock->wall_now() + std::chrono::hours(1);
  put("00000001", store::format_lease(gone, {}, later));
  put("00000002", store::format_lease(store::own_identity(*rig.disk), {}, later));
  put("00000003", "");                 // a power cut took the bytes: leases get their names by a rename
  put("00000004", "{\"version\":2}");  // of a larder to come
  rig.cache.write(".locks/.larder-new.00000005/blobs/.keep", "");
  const auto found = store::scan_unfinished_repos(store, store::Deadness::Judged);
  REQUIRE(found);
  std::map<std::string, bool> dead;
  for (const auto& leftover : *found) dead[leftover.path] = leftover.is_dead;
  const std::string start = ".locks/.larder-new.";
  CHECK(dead == std::map<std::string, bool>{{start + "00000001", true},
                                            {start + "00000002", false},
                                            {start + "00000003", true},
                                            {start + "00000004", false},
                                            {start + "00000005", false}});
}
