#include "store/pin.hpp"

#include "store/no_exist.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
using store::PinKind;
namespace files = std::filesystem;

namespace {

struct Cache : PreparedCache {
  std::optional<PinKind> pin() { return store::read_pin(*run.disk, layout, commit_of('1')).value(); }
};

}  // namespace

TEST_CASE("pin: kept, read back, never weakened, removed", "[store][pin]") {
  Cache cache;
  CHECK_FALSE(cache.pin());
  REQUIRE(store::write_pin(cache.run.store, cache.layout, commit_of('1'), PinKind::Commit));
  CHECK(cache.pin() == PinKind::Commit);
  CHECK(read_file(cache.layout.pin(commit_of('1'))) == "{\"version\":1,\"kind\":\"commit\"}\n");
  REQUIRE(store::write_pin(cache.run.store, cache.layout, commit_of('1'), PinKind::User));
  CHECK(cache.pin() == PinKind::User);
  REQUIRE(store::write_pin(cache.run.store, cache.layout, commit_of('1'), PinKind::Commit));
  CHECK(cache.pin() == PinKind::User);
  CHECK(store::remove_pin(cache.run.store, cache.layout, commit_of('1')).value());
  CHECK_FALSE(cache.pin());
  CHECK_FALSE(store::remove_pin(cache.run.store, cache.layout, commit_of('1')).value());
}

TEST_CASE("pin: one that cannot be understood is still one that somebody set", "[store][pin]") {
  Cache cache;
  for (const char* text : {"", "{", "[]", "{\"version\":2,\"kind\":\"user\"}", "{\"version\":1}", "{\"version\":1,\"kind\":\"other\"}",
                           "{\"version\":1,\"kind\":7}"}) {
    write_file(cache.layout.pin(commit_of('1')), text);
    INFO(text);
    CHECK(cache.pin() == PinKind::User);
  }
  CHECK(store::remove_pin(cache.run.store, cache.layout, commit_of('1')).value());
  CHECK_FALSE(cache.pin());
  files::create_directories(cache.layout.pin(commit_of('1')));
  CHECK_FALSE(cache.pin());
}

TEST_CASE("pin: the mark of use is an empty file whose time moves on", "[store][pin]") {
  Cache cache;
  REQUIRE(store::mark_used(cache.run.store, cache.layout, commit_of('1')));
  const std::string mark = cache.layout.used(commit_of('1'));
  CHECK(files::file_size(mark) == 0);
  const auto old = files::file_time_type::clock::now() - std::chrono::hours(48);
  files::last_write_time(mark, old);
  REQUIRE(store::mark_used(cache.run.store, cache.layout, commit_of('1')));
  CHECK(files::last_write_time(mark) > old + std::chrono::hours(47));
}

TEST_CASE("no_exist: an empty marker below its commit, gone when the file comes", "[store][no_exist]") {
  Cache cache;
  CHECK_FALSE(store::has_no_exist(cache.run.store, cache.layout, commit_of('1')).value());
  REQUIRE(store::write_no_exist(cache.run.store, cache.layout, commit_of('1'), "sub/config.json"));
  REQUIRE(store::write_no_exist(cache.run.store, cache.layout, commit_of('1'), "sub/config.json"));
  const std::string marker = cache.layout.repo() + "/.no_exist/" + std::string(40, '1') + "/sub/config.json";
  CHECK(files::is_regular_file(marker));
  CHECK(files::file_size(marker) == 0);
  CHECK(store::has_no_exist(cache.run.store, cache.layout, commit_of('1')).value());
  CHECK(store::remove_no_exist(cache.run.store, cache.layout, commit_of('1'), "sub/config.json").value());
  CHECK_FALSE(files::exists(marker));
  CHECK_FALSE(store::remove_no_exist(cache.run.store, cache.layout, commit_of('1'), "sub/config.json").value());
}

TEST_CASE("no_exist: a name that would leave its place is refused", "[store][no_exist]") {  // T1
  Cache cache;
  for (const char* path : {"../../../evil", "/evil", "a//b", ""}) {
    CHECK_FALSE(store::write_no_exist(cache.run.store, cache.layout, commit_of('1'), path));
  }
  const std::string elsewhere = cache.temp.path() + "/elsewhere";
  files::create_directories(elsewhere);
  files::create_directory_symlink(elsewhere, cache.layout.repo() + "/.no_exist");
  CHECK_FALSE(store::write_no_exist(cache.run.store, cache.layout, commit_of('1'), "f"));
  CHECK(list_tree(elsewhere).empty());
}
