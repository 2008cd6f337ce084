#include "store/store.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

#include <thread>

using namespace larder;
using namespace larder::test;
namespace files = std::filesystem;

namespace {

std::string layout_root(const TempDir& temp) { return temp.path() + "/hub"; }

}  // namespace

TEST_CASE("Store: nothing is made before something is stored", "[store]") {
  const TempDir temp;
  const Run run(layout_root(temp));
  CHECK_FALSE(files::exists(layout_root(temp)));
}

TEST_CASE("Store: a new repository appears whole, beside a tag, and leaves nothing else", "[store]") {  // step 0, R-503
  const TempDir temp;
  Run run(layout_root(temp));
  const auto layout = run.store.layout(a_repo());
  REQUIRE(run.store.prepare(layout));
  CHECK(list_tree(layout_root(temp)) == std::vector<std::string>{".locks/", "CACHEDIR.TAG", "models--org--m/", "models--org--m/.larder/",
                                                                 "models--org--m/.larder/leases/", "models--org--m/.larder/tmp/",
                                                                 "models--org--m/blobs/", "models--org--m/refs/",
                                                                 "models--org--m/snapshots/"});
  CHECK(read_file(layout_root(temp) + "/CACHEDIR.TAG") == store::cachedir_tag());
  const auto before = list_tree(layout_root(temp));
  REQUIRE(run.store.prepare(layout));
  CHECK(list_tree(layout_root(temp)) == before);
}

TEST_CASE("Store: what another client made is completed, not touched", "[store]") {
  const TempDir temp;
  Run run(layout_root(temp));
  const auto layout = run.store.layout(a_repo());
  write_file(layout.ref(repo::Revision{}), "1111111111111111111111111111111111111111");
  write_file(layout_root(temp) + "/CACHEDIR.TAG", "the user's own");
  REQUIRE(run.store.prepare(layout));
  CHECK(read_file(layout.ref(repo::Revision{})) == std::string(40, '1'));
  CHECK(read_file(layout_root(temp) + "/CACHEDIR.TAG") == "the user's own");
  CHECK(files::is_directory(layout.snapshots()));
}

TEST_CASE("Store: the root may be a link, nothing below it", "[store]") {  // T48, T49, C20
  const TempDir temp;
  files::create_directories(temp.path() + "/disk2");
  files::create_directory_symlink(temp.path() + "/disk2", layout_root(temp));
  Run run(layout_root(temp));
  CHECK(run.store.root() == temp.path() + "/disk2");
  const auto layout = run.store.layout(a_repo());
  REQUIRE(run.store.prepare(layout));

  const std::string elsewhere = temp.path() + "/elsewhere";
  for (const std::string& path : {layout.blobs(), layout.refs(), layout.snapshots(), layout.own(), layout.trees(),
                                  layout.repo() + "/.no_exist", layout.locks(), layout.repo()}) {
    INFO(path);
    files::create_directories(elsewhere);
    files::remove_all(path);
    files::create_directory_symlink(elsewhere, path);
    const auto prepared = run.store.prepare(layout);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == ErrorCode::UnsafeLink);
    CHECK(list_tree(elsewhere).empty());
    files::remove(path);
    REQUIRE(run.store.prepare(layout));
  }
}

TEST_CASE("Store: two runs make one repository", "[store]") {
  for (int round = 0; round < 20; ++round) {
    const TempDir temp;
    Run a(layout_root(temp));
    Run b(layout_root(temp));
    const auto layout = a.store.layout(a_repo());
    Result<void> second;
    {
      const std::jthread other([&] { second = b.store.prepare(layout); });
      CHECK(a.store.prepare(layout));
    }
    CHECK(second);
    CHECK(list_tree(layout_root(temp)).size() == 9);
  }
}

TEST_CASE("Store: a small file is written whole, replaces a link itself, and leaves no temp", "[store]") {  // T48
  const TempDir temp;
  Run run(layout_root(temp));
  const auto layout = run.store.layout(a_repo());
  REQUIRE(run.store.prepare(layout));
  const std::string victim = temp.path() + "/victim";
  write_file(victim, "precious");
  const std::string ref = layout.refs() + "/main";
  files::create_symlink(victim, ref);
  REQUIRE(run.store.write_small(layout.tmp(), ref, "new"));
  CHECK(read_file(victim) == "precious");
  CHECK(read_file(ref) == "new");
  CHECK(files::is_regular_file(files::symlink_status(ref)));
  CHECK(list_tree(layout.tmp()).empty());
}

TEST_CASE("Store: modes come from the umask", "[store]") {  // T52, R-508, R-531
  struct Row {
    mode_t mask;
    mode_t file;
    mode_t folder;
  };
  for (const Row& row : {Row{022, 0644, 0755}, Row{002, 0664, 0775}, Row{077, 0600, 0700}}) {
    const TempDir temp;
    const Umask umask(row.mask);
    Run run(layout_root(temp));
    const auto layout = run.store.layout(a_repo());
    REQUIRE(run.store.prepare(layout));
    REQUIRE(run.store.write_small(layout.tmp(), layout.refs() + "/main", "x"));
    CHECK(mode_of(layout.refs() + "/main") == row.file);
    CHECK(mode_of(layout.blobs()) == row.folder);
    CHECK(mode_of(layout_root(temp) + "/CACHEDIR.TAG") == row.file);
  }
}
