#include "store/presence.hpp"

#include "store/shared_store.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
using store::BlobState;
using store::CachedState;
namespace files = std::filesystem;

namespace {

const std::string kXet = "64ced0eb807e8cdd2a45f3766c186f2e59106b04f97b3c4dee241ce52bebc779";

struct Cache : PreparedCache {
  digest::Digest digest = sha256_of("content");
  std::string name = digest.hex();

  BlobState blob() { return store::find_blob(*run.disk, layout, name, 7).value().state; }
  CachedState cached() { return store::find_cached(*run.disk, layout, commit_of('1'), {"a/f", digest, 7}).value().state; }
  void put_shared(std::string_view content, std::string_view marker = "1\n") {
    write_file(temp.path() + "/blobs/.huggingface-shared-blobs", marker);
    write_file(store::payload_path(temp.path(), kXet), content);
    files::create_symlink("../../blobs/64/" + kXet, layout.blob(name));
  }
};

}  // namespace

TEST_CASE("presence: a blob is judged by kind, size and who may write it", "[store][presence]") {  // R-506, C17, T50
  Cache cache;
  CHECK(cache.blob() == BlobState::Missing);
  write_file(cache.layout.blob(cache.name), "content");
  CHECK(cache.blob() == BlobState::Good);
  files::permissions(cache.layout.blob(cache.name), files::perms::others_write, files::perm_options::add);
  CHECK(cache.blob() == BlobState::Suspect);
  write_file(cache.layout.blob(cache.name), "conten");
  CHECK(cache.blob() == BlobState::Damaged);
  files::remove(cache.layout.blob(cache.name));
  REQUIRE(mkfifo(cache.layout.blob(cache.name).c_str(), 0600) == 0);
  CHECK(cache.blob() == BlobState::Damaged);
  files::remove(cache.layout.blob(cache.name));
  files::create_directories(cache.layout.blob(cache.name));
  CHECK(cache.blob() == BlobState::Damaged);
}

TEST_CASE("presence: a blob that is a link counts only into the marked store", "[store][presence]") {  // T48, R-570, R-572
  SECTION("marked") {
    Cache cache;
    cache.put_shared("content");
    CHECK(cache.blob() == BlobState::Good);
    const auto found = store::find_blob(*cache.run.disk, cache.layout, cache.name, 7).value();
    CHECK(found.is_shared);
    CHECK(found.path == store::payload_path(cache.temp.path(), kXet));
  }
  SECTION("not marked, or another version") {
    for (const char* marker : {"", "2\n", "1", "1\n\n"}) {
      Cache cache;
      cache.put_shared("content", marker);
      CHECK(cache.blob() == BlobState::Damaged);
    }
  }
  SECTION("wrong size") {
    Cache cache;
    cache.put_shared("contents");
    CHECK(cache.blob() == BlobState::Damaged);
  }
  SECTION("dangling") {
    Cache cache;
    cache.put_shared("content");
    files::remove(store::payload_path(cache.temp.path(), kXet));
    CHECK_FALSE(store::find_blob(*cache.run.disk, cache.layout, cache.name, 7).value().is_usable());
  }
  SECTION("elsewhere") {
    Cache cache;
    write_file(cache.temp.path() + "/victim", "content");
    files::create_symlink(cache.temp.path() + "/victim", cache.layout.blob(cache.name));
    CHECK(cache.blob() == BlobState::Damaged);
  }
}

TEST_CASE("presence: entry and blob together", "[store][presence]") {
  Cache cache;
  const std::string entry = cache.layout.entry(commit_of('1'), "a/f");
  CHECK(cache.cached() == CachedState::Missing);
  files::create_directories(files::path(entry).parent_path());
  files::create_symlink(store::link_text("a/f", cache.name), entry);
  CHECK(cache.cached() == CachedState::Missing);  // dangling
  write_file(cache.layout.blob(cache.name), "content");
  CHECK(cache.cached() == CachedState::Complete);
  files::remove(entry);
  CHECK(cache.cached() == CachedState::BlobHere);
  files::create_symlink(cache.layout.blob(cache.name), entry);  // absolute: works today, is replaced
  CHECK(cache.cached() == CachedState::BlobHere);
  files::remove(entry);
  files::remove(cache.layout.blob(cache.name));
  write_file(entry, "content");  // a client without links
  CHECK(cache.cached() == CachedState::Complete);
  write_file(entry, "conten");
  CHECK(cache.cached() == CachedState::Missing);
}

TEST_CASE("presence: links of a blob into the store are known by their text alone", "[store][presence]") {
  CHECK(store::xet_hash_of_link("../../blobs/64/" + kXet) == kXet);
  CHECK(store::payload_link_text(kXet).size() == 79);
  for (const std::string& text :
       {"../../blobs/65/" + kXet, "../blobs/64/" + kXet, "/../blobs/64/" + kXet, "../../blobs/64/" + kXet + "x",
        "../../blobs/64/" + std::string(64, 'G'), std::string("../../blobs/..//../../../../etc/passwd"), kXet, std::string()}) {
    INFO(text);
    CHECK_FALSE(store::xet_hash_of_link(text));
  }
}
