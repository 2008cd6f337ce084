#include "store/folders.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"
#include "support/fault_disk.hpp"

#include <set>

using namespace larder;
using namespace larder::test;
namespace files = std::filesystem;

namespace {

struct Base {
  TempDir temp;
  std::unique_ptr<fs::Disk> real = fs::make_real_disk();
  std::unique_ptr<fs::Disk> unsynced = fs::make_unsynced_disk(*real);
  FaultDisk disk{*unsynced};
  std::string path = temp.path() + "/base";

  /// Every folder that was synced so far, and how often one was.
  std::multiset<std::string> synced() const {
    std::multiset<std::string> found;
    const std::string call = "sync_folder ";
    for (const auto& step : disk.calls()) {
      if (step.starts_with(call)) found.insert(step.substr(call.size()));
    }
    return found;
  }
};

}  // namespace

TEST_CASE("Folders: what is made is synced, each folder once", "[store][folders]") {
  Base base;
  store::Folders folders(base.disk, base.path);
  for (const std::string name : {"/a/b", "/a/c", "/a/b"}) {
    REQUIRE(folders.make(base.path + name));
    folders.touched(base.path + name);
  }
  REQUIRE(folders.sync());
  CHECK(base.synced() == std::multiset<std::string>{base.temp.path(), base.path, base.path + "/a", base.path + "/a/b", base.path + "/a/c"});
}

TEST_CASE("require_folder: a file is no folder, nor is what would be below one", "[store][folders]") {
  Base base;
  base.temp.write("file", "x");
  const std::string file = base.temp.path() + "/file";
  for (const std::string& path : {file, file + "/deep/below"}) {
    const auto refused = store::require_folder(base.disk, path, "--cache-dir");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::IoFailed);
    CHECK(refused.error().message == file + ": is a file where a folder belongs");
    CHECK(refused.error().hint.find("--cache-dir") != std::string::npos);
  }
  files::create_symlink(base.temp.path() + "/nowhere", base.temp.path() + "/dangling");
  const auto dangling = store::require_folder(base.disk, base.temp.path() + "/dangling", "--cache-dir");
  REQUIRE_FALSE(dangling);
  CHECK(dangling.error().message.ends_with("/dangling: is a link that leads nowhere"));
  files::create_directory_symlink(base.temp.path(), base.temp.path() + "/link");
  CHECK(store::require_folder(base.disk, base.temp.path() + "/link", "--cache-dir"));
  CHECK(store::require_folder(base.disk, base.temp.path(), "--cache-dir"));
  CHECK(store::require_folder(base.disk, base.temp.path() + "/none/yet", "--cache-dir"));
}

TEST_CASE("Folders: a folder a file is bounded, and every one is synced all the same", "[store][folders]") {  // I9, I5
  Base base;
  store::Folders folders(base.disk, base.path);
  const std::size_t many = store::Folders::kRemembered * 3;
  std::set<std::string> made;
  std::size_t most_open = 0;  // touched, and not synced yet
  for (std::size_t i = 0; i < many; ++i) {
    const std::string folder = base.path + "/" + std::to_string(1'000'000 + i);
    REQUIRE(folders.make(folder));
    folders.touched(folder);
    made.insert(folder);
    if (i % 256 == 0) most_open = std::max(most_open, made.size() - std::min(made.size(), base.synced().size()));
  }
  CHECK(most_open <= store::Folders::kRemembered + 256);
  REQUIRE(folders.sync());
  const auto synced = base.synced();
  for (const auto& folder : made) {
    if (!synced.contains(folder)) FAIL(folder << " was not synced");
  }
}

TEST_CASE("Folders: nothing is made through a link, also where much was forgotten", "[store][folders]") {  // T49
  Base base;
  store::Folders folders(base.disk, base.path);
  REQUIRE(folders.make(base.path + "/x"));
  files::remove(base.path + "/x");
  files::create_directories(base.temp.path() + "/elsewhere");
  files::create_directory_symlink(base.temp.path() + "/elsewhere", base.path + "/x");
  for (std::size_t i = 0; i < store::Folders::kRemembered + 1; ++i) REQUIRE(folders.make(base.path + "/" + std::to_string(i)));
  const auto made = folders.make(base.path + "/x/y");
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::UnsafeLink);
  CHECK(files::is_empty(base.temp.path() + "/elsewhere"));
}
