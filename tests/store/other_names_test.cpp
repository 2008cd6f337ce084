#include "store/other_names.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
namespace files = std::filesystem;

namespace {

const std::string kContent = "content";
const std::string kCdnName = "7ba08f5e6a60f14c426c978a88b8e5ed";

struct Cache {
  TempDir temp;
  Run run{temp.path() + "/hub"};
  store::RepoLayout layout = run.store.layout(a_repo());
  repo::FileEntry file = lfs_file("a/f", kContent);

  std::string blob(const std::string& name, std::string_view content = kContent) {
    write_file(layout.blob(name), content);
    return name;
  }
  std::string entry(char commit) { return layout.entry(commit_of(commit), file.path); }
  void link(char commit, const std::string& text) {
    files::create_directories(files::path(entry(commit)).parent_path());
    files::create_symlink(text, entry(commit));
  }
  void link_blob(char commit, const std::string& name) { link(commit, "../../../blobs/" + name); }
  /// Path of what a fresh look finds; empty: nothing.
  std::string found() {
    const auto one = store::OtherNames(*run.disk, layout, commit_of('1')).find(file);
    return one ? one->path : "";
  }
};

}  // namespace

TEST_CASE("OtherNames: the link of the wanted snapshot leads to the bytes, whatever their name", "[store][other_names]") {
  for (const std::string& name : {kCdnName, std::string(64, 'a'), std::string(40, 'b'), std::string("tag-\"x\"")}) {
    CAPTURE(name);
    Cache cache;
    cache.link_blob('1', cache.blob(name));
    CHECK(cache.found() == cache.layout.blob(name));
  }
  Cache absolute;
  absolute.link('1', absolute.layout.blob(absolute.blob(kCdnName)));
  CHECK(absolute.found() == absolute.layout.blob(kCdnName));
}

TEST_CASE("OtherNames: of another snapshot only what no digest contradicts", "[store][other_names]") {
  SECTION("a name that is no digest") {
    Cache cache;
    cache.link_blob('2', cache.blob(kCdnName));
    CHECK(cache.found() == cache.layout.blob(kCdnName));
  }
  SECTION("its Xet hash") {
    Cache cache;
    cache.link_blob('2', cache.blob(std::string(64, 'a')));
    CHECK(cache.found().empty());
    cache.file.xet_hash.emplace().fill(0xaa);
    CHECK(cache.found() == cache.layout.blob(std::string(64, 'a')));
  }
  SECTION("a plain file") {
    Cache cache;
    write_file(cache.entry('2'), kContent);
    CHECK(cache.found() == cache.entry('2'));
  }
  SECTION("a plain file behind a folder that is a link (T49)") {
    Cache cache;
    write_file(cache.temp.path() + "/elsewhere/f", kContent);
    files::create_directories(cache.layout.snapshot(commit_of('2')));
    files::create_symlink(cache.temp.path() + "/elsewhere", cache.layout.snapshot(commit_of('2')) + "/a");
    CHECK(cache.found().empty());
  }
  SECTION("the last four that changed") {
    Cache cache;
    write_file(cache.entry('2'), kContent);
    for (const char commit : {'3', '4', '5'}) files::create_directories(cache.layout.snapshot(commit_of(commit)));
    const auto long_ago = files::file_time_type::clock::now() - std::chrono::hours(48);
    files::last_write_time(cache.layout.snapshot(commit_of('2')), long_ago);
    CHECK(cache.found() == cache.entry('2'));
    files::create_directories(cache.layout.snapshot(commit_of('6')));
    CHECK(cache.found().empty());
  }
}

TEST_CASE("OtherNames: what is no candidate", "[store][other_names]") {  // T48, I6
  SECTION("another size") {
    Cache cache;
    cache.link_blob('1', cache.blob(kCdnName, "conten"));
    CHECK(cache.found().empty());
  }
  SECTION("its own name: that is for find_blob to judge") {
    Cache cache;
    cache.link_blob('1', cache.blob(cache.file.blob_name()));
    CHECK(cache.found().empty());
  }
  SECTION("out of the repository") {
    Cache cache;
    write_file(cache.temp.path() + "/victim", kContent);
    cache.link('1', cache.temp.path() + "/victim");
    CHECK(cache.found().empty());
  }
  SECTION("a blob that is a link") {
    Cache cache;
    write_file(cache.temp.path() + "/victim", kContent);
    files::create_directories(cache.layout.blobs());
    files::create_symlink(cache.temp.path() + "/victim", cache.layout.blob(kCdnName));
    cache.link_blob('1', kCdnName);
    CHECK(cache.found().empty());
  }
  SECTION("a download under way") {
    Cache cache;
    cache.link_blob('1', cache.blob(kCdnName + ".incomplete"));
    CHECK(cache.found().empty());
  }
  SECTION("a dangling link, and no repository at all") {
    Cache cache;
    CHECK(cache.found().empty());
    cache.link_blob('1', kCdnName);
    CHECK(cache.found().empty());
  }
}
