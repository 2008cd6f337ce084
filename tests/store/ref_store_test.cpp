#include "store/ref_store.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
using store::RefWrite;
namespace files = std::filesystem;

namespace {

repo::Revision revision(std::string_view text) { return repo::Revision::parse(text).value(); }

using Cache = PreparedCache;

}  // namespace

TEST_CASE("ref_store: a ref is exactly forty bytes below its own name", "[store][ref]") {
  Cache cache;
  for (const char* name : {"main", "refs/pr/1", "feature/x", "refs/convert/parquet"}) {
    CHECK(store::write_ref(cache.run.store, cache.layout, revision(name), commit_of('1')).value() == RefWrite::Written);
    CHECK(read_file(cache.layout.refs() + "/" + name) == std::string(40, '1'));
    CHECK(store::read_ref(cache.run.store, cache.layout, revision(name)).value() == commit_of('1'));
  }
  CHECK(list_tree(cache.layout.tmp()).empty());
  CHECK(list_tree(cache.layout.refs()).size() == 8);  // nothing but the refs and their folders
}

TEST_CASE("ref_store: an equal ref is not written again, another one is replaced", "[store][ref]") {
  Cache cache;
  REQUIRE(store::write_ref(cache.run.store, cache.layout, revision("main"), commit_of('1')));
  const auto inode = cache.run.disk->look(cache.layout.refs() + "/main").value()->inode;
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("main"), commit_of('1')).value() == RefWrite::AlreadyThere);
  CHECK(cache.run.disk->look(cache.layout.refs() + "/main").value()->inode == inode);
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("main"), commit_of('2')).value() == RefWrite::Written);
  CHECK(read_file(cache.layout.refs() + "/main") == std::string(40, '2'));
}

TEST_CASE("ref_store: a commit needs no ref", "[store][ref]") {
  Cache cache;
  const auto asked = revision(std::string(40, '3'));
  CHECK(store::write_ref(cache.run.store, cache.layout, asked, commit_of('3')).value() == RefWrite::AlreadyThere);
  CHECK(list_tree(cache.layout.refs()).empty());
  CHECK(store::read_ref(cache.run.store, cache.layout, asked).value() == commit_of('3'));
}

TEST_CASE("ref_store: damaged refs are no refs, and the next pull mends them", "[store][ref]") {  // C16, R-539
  struct Row {
    std::string content;
    bool is_read;
  };
  const std::string ones(40, '1');
  for (const Row& row : {Row{"", false}, Row{ones + "\n", true}, Row{" \t" + ones + "\r\n", true}, Row{"garbage", false},
                         Row{ones + "1", false}, Row{std::string(40, 'A'), false}, Row{std::string(5000, '1'), false}}) {
    Cache cache;
    write_file(cache.layout.refs() + "/main", row.content);
    INFO(row.content);
    CHECK(store::read_ref(cache.run.store, cache.layout, revision("main")).value().has_value() == row.is_read);
    CHECK(store::write_ref(cache.run.store, cache.layout, revision("main"), commit_of('1')).value() == RefWrite::Written);
    CHECK(read_file(cache.layout.refs() + "/main") == ones);
  }
}

TEST_CASE("ref_store: a ref that is no file is no ref", "[store][ref]") {  // C16
  Cache cache;
  REQUIRE(mkfifo((cache.layout.refs() + "/fifo").c_str(), 0600) == 0);
  files::create_directories(cache.layout.refs() + "/folder");
  files::create_symlink("loop", cache.layout.refs() + "/loop");
  files::create_symlink("nowhere", cache.layout.refs() + "/dangling");
  for (const char* name : {"fifo", "folder", "loop", "dangling", "missing", "missing/too"}) {
    INFO(name);
    CHECK_FALSE(store::read_ref(cache.run.store, cache.layout, revision(name)).value());
  }
  write_file(cache.layout.refs() + "/a", std::string(40, '1'));
  CHECK_FALSE(store::read_ref(cache.run.store, cache.layout, revision("a/b")).value());
}

TEST_CASE("ref_store: a name inside another name is not written", "[store][ref]") {  // R-111, T16
  Cache cache;
  REQUIRE(store::write_ref(cache.run.store, cache.layout, revision("a"), commit_of('1')));
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("a/b"), commit_of('1')).value() == RefWrite::Collides);
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("a/b/c"), commit_of('1')).value() == RefWrite::Collides);
  REQUIRE(store::write_ref(cache.run.store, cache.layout, revision("x/y"), commit_of('1')));
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("x"), commit_of('1')).value() == RefWrite::Collides);
  files::remove(cache.layout.refs() + "/x/y");  // the empty folder that is left is in nobody's way
  CHECK(store::write_ref(cache.run.store, cache.layout, revision("x"), commit_of('1')).value() == RefWrite::Written);
}

TEST_CASE("ref_store: a link in refs is not written through", "[store][ref]") {  // T48, T49
  Cache cache;
  const std::string elsewhere = cache.temp.path() + "/elsewhere";
  files::create_directories(elsewhere);
  files::create_directory_symlink(elsewhere, cache.layout.refs() + "/feature");
  const auto written = store::write_ref(cache.run.store, cache.layout, revision("feature/x"), commit_of('1'));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::UnsafeLink);
  CHECK(list_tree(elsewhere).empty());
}

TEST_CASE("ref_store: a short commit is found among refs and snapshots", "[store][ref]") {
  Cache cache;
  const auto of = [](std::string_view start) { return repo::CommitId::parse(std::string(start) + std::string(40 - start.size(), '0')); };
  REQUIRE(store::write_ref(cache.run.store, cache.layout, revision("main"), *of("abcdef1")));
  REQUIRE(store::write_ref(cache.run.store, cache.layout, revision("refs/pr/7"), *of("abcdef2")));
  files::create_directories(cache.layout.snapshot(*of("abcdef1")));
  files::create_directories(cache.layout.snapshot(*of("abcdef3")));
  files::create_directories(cache.layout.snapshots() + "/not-a-commit");
  const auto found = [&](std::string_view prefix) { return store::commits_with_prefix(cache.run.store, cache.layout, prefix).value(); };
  CHECK(found("abcdef") == std::vector<repo::CommitId>{*of("abcdef1"), *of("abcdef2"), *of("abcdef3")});
  CHECK(found("abcdef3") == std::vector<repo::CommitId>{*of("abcdef3")});
  CHECK(found("ABCDEF3") == found("abcdef3"));
  CHECK(found("0000000").empty());
}
