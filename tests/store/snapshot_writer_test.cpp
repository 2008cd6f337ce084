#include "store/snapshot_writer.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
using store::BlobOrigin;
namespace files = std::filesystem;

namespace {

struct Cache {
  explicit Cache(bool has_symlinks = true) : run(temp.path(), options(has_symlinks)) { REQUIRE(run.store.prepare(layout)); }
  static store::StoreOptions options(bool has_symlinks) {
    store::StoreOptions options;
    options.has_symlinks = has_symlinks;
    return options;
  }
  std::string blob(std::string_view content) {
    const std::string name = sha256_of(content).hex();
    write_file(layout.blob(name), content);
    return name;
  }
  TempDir temp;
  Run run;
  store::RepoLayout layout = run.store.layout(a_repo());
  store::SnapshotWriter writer{run.store, layout, commit_of('1')};
  std::string entry(std::string_view path) const { return layout.entry(commit_of('1'), path); }
};

}  // namespace

TEST_CASE("SnapshotWriter: entries are relative links to blobs", "[store][snapshot]") {  // R-515, I3
  Cache cache;
  const std::string name = cache.blob("content");
  for (const char* path : {"README.md", "sub dir/deep/a#b.txt", ".gitattributes"}) {
    REQUIRE(cache.writer.place(path, name, BlobOrigin::WasHere));
    CHECK(files::read_symlink(cache.entry(path)).string() == store::link_text(path, name));
    CHECK(read_file(cache.entry(path)) == "content");
  }
  REQUIRE(cache.writer.sync());
  CHECK(list_tree(cache.layout.tmp()).empty());
}

TEST_CASE("SnapshotWriter: a right link is left as it is", "[store][snapshot]") {
  Cache cache;
  const std::string name = cache.blob("content");
  REQUIRE(cache.writer.place("f", name, BlobOrigin::WasHere));
  const auto inode = cache.run.disk->look(cache.entry("f")).value()->inode;
  REQUIRE(cache.writer.place("f", name, BlobOrigin::WasHere));
  CHECK(cache.run.disk->look(cache.entry("f")).value()->inode == inode);
}

TEST_CASE("SnapshotWriter: wrong entries are replaced, their targets are not touched", "[store][snapshot]") {  // R-516, C18, I6
  Cache cache;
  const std::string name = cache.blob("content");
  const std::string victim = cache.temp.path() + "/victim";
  write_file(victim, "precious");
  files::create_directories(cache.layout.snapshot(commit_of('1')));
  files::create_symlink("../../blobs/" + std::string(64, '0'), cache.entry("dangling"));
  files::create_symlink(victim, cache.entry("absolute"));
  files::create_symlink("../../../victim", cache.entry("outside"));
  write_file(cache.entry("file"), "somebody's");
  for (const char* path : {"dangling", "absolute", "outside", "file"}) {
    INFO(path);
    REQUIRE(cache.writer.place(path, name, BlobOrigin::WasHere));
    CHECK(files::read_symlink(cache.entry(path)).string() == store::link_text(path, name));
  }
  CHECK(read_file(victim) == "precious");
  CHECK(list_tree(cache.layout.tmp()).empty());
}

TEST_CASE("SnapshotWriter: a folder in the place of an entry is an error, not a loss", "[store][snapshot]") {  // C18
  for (const bool has_symlinks : {true, false}) {
    CAPTURE(has_symlinks);
    Cache cache(has_symlinks);
    const std::string name = cache.blob("content");
    write_file(cache.entry("f/inside"), "kept");
    const auto placed = cache.writer.place("f", name, BlobOrigin::WasHere);
    REQUIRE_FALSE(placed);
    CHECK(exit_code(placed.error().code) == 8);
    CHECK(placed.error().text() == cache.entry("f") + ": is a folder where a file of the snapshot belongs");
    CHECK(placed.error().hint == "move it away");
    CHECK(read_file(cache.entry("f/inside")) == "kept");
    CHECK(list_tree(cache.layout.tmp()).empty());
  }
}

TEST_CASE("SnapshotWriter: no link of a snapshot folder is followed", "[store][snapshot]") {  // T49
  Cache cache;
  const std::string name = cache.blob("content");
  const std::string elsewhere = cache.temp.path() + "/elsewhere";
  files::create_directories(elsewhere);
  files::create_directories(cache.layout.snapshot(commit_of('1')));
  files::create_directory_symlink(elsewhere, cache.entry("sub"));
  const auto placed = cache.writer.place("sub/x", name, BlobOrigin::WasHere);
  REQUIRE_FALSE(placed);
  CHECK(placed.error().code == ErrorCode::UnsafeLink);
  CHECK(list_tree(elsewhere).empty());
}

TEST_CASE("SnapshotWriter: without links an entry is a file with the same bytes", "[store][snapshot]") {  // L31
  for (const auto origin : {BlobOrigin::WasHere, BlobOrigin::JustPublished}) {
    Cache cache(false);
    const std::string name = cache.blob("content");
    REQUIRE(cache.writer.place("sub/f", name, origin));
    REQUIRE(cache.writer.place("sub/f", name, origin));
    CHECK(files::is_regular_file(files::symlink_status(cache.entry("sub/f"))));
    CHECK(read_file(cache.entry("sub/f")) == "content");
    CHECK(files::hard_link_count(cache.entry("sub/f")) == 2);  // a hard link costs nothing
    CHECK(list_tree(cache.layout.tmp()).empty());
    REQUIRE(cache.writer.sync());
  }
}

TEST_CASE("SnapshotWriter: without links a shared payload is copied, never linked hard", "[store][snapshot]") {
  Cache cache(false);
  const std::string name = sha256_of("payload").hex();
  const std::string xet(64, 'a');
  write_file(cache.temp.path() + "/blobs/aa/" + xet, "payload");
  files::create_symlink("../../blobs/aa/" + xet, cache.layout.blob(name));
  REQUIRE(cache.writer.place("f", name, BlobOrigin::WasHere));
  CHECK(read_file(cache.entry("f")) == "payload");
  CHECK(files::hard_link_count(cache.temp.path() + "/blobs/aa/" + xet) == 1);
}
