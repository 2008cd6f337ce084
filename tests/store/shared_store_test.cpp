#include "store/shared_store.hpp"

#include "fs/file_lock.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::test;
namespace files = std::filesystem;

namespace {

const std::string kXet = "64ced0eb807e8cdd2a45f3766c186f2e59106b04f97b3c4dee241ce52bebc779";

struct Cache {
  explicit Cache(store::StoreOptions options = {}) : run(temp.path(), options) {
    REQUIRE(run.store.prepare(layout));
    write_file(temp.path() + "/blobs/.huggingface-shared-blobs", "1\n");
    write_file(payload, "payload");
    write_file(payload + ".refs", "models--org--first/blobs/" + what.sha256.hex() + "\n");
    write_file(payload + ".lock", "");
    files::permissions(payload, files::perms::owner_read | files::perms::group_read | files::perms::others_read);
  }
  bool link(const CancelToken& cancel = {}) { return shared.link(layout, what, {}, cancel).value(); }
  std::string refs() { return read_file(payload + ".refs"); }
  std::string first_line() { return "models--org--first/blobs/" + what.sha256.hex() + "\n"; }
  std::string our_line() { return "models--org--m/blobs/" + what.sha256.hex() + "\n"; }

  TempDir temp;
  Run run;
  store::RepoLayout layout = run.store.layout(a_repo());
  store::SharedStore shared{run.store};
  store::SharedLink what{kXet, sha256_of("payload"), 7};
  std::string payload = store::payload_path(temp.path(), kXet);
};

}  // namespace

TEST_CASE("SharedStore: a right payload is linked and told", "[store][shared]") {  // c
  Cache cache;
  REQUIRE(cache.link());
  const std::string blob = cache.layout.blob(cache.what.sha256.hex());
  CHECK(files::read_symlink(blob).string() == "../../blobs/64/" + kXet);
  CHECK(read_file(blob) == "payload");
  CHECK(cache.refs() == cache.first_line() + cache.our_line());
  CHECK(mode_of(cache.payload) == 0444);  // R-578 b: neither written nor chmodded
  CHECK(list_tree(cache.layout.tmp()).empty());
}

TEST_CASE("SharedStore: a line torn by another client does not swallow ours", "[store][shared]") {
  Cache cache;
  write_file(cache.payload + ".refs", "models--org--fi");
  REQUIRE(cache.link());
  CHECK(cache.refs() == "models--org--fi\n" + cache.our_line());
}

TEST_CASE("SharedStore: a payload without a list of links gets one", "[store][shared]") {
  Cache cache;
  files::remove(cache.payload + ".refs");
  files::remove(cache.payload + ".lock");
  const mode_t before = ::umask(077);
  const bool linked = cache.link();
  ::umask(before);
  REQUIRE(linked);
  CHECK(cache.refs() == cache.our_line());
  for (const char* name : {".refs", ".lock"}) CHECK(mode_of(cache.payload + name) == 0666);  // for everybody, always
}

TEST_CASE("SharedStore: wrong bytes are never linked", "[store][shared]") {  // R-578 c
  Cache cache;
  files::permissions(cache.payload, files::perms::owner_write, files::perm_options::add);
  write_file(cache.payload, "Payload");
  CHECK_FALSE(cache.link());
  CHECK_FALSE(files::exists(files::symlink_status(cache.layout.blob(cache.what.sha256.hex()))));
  CHECK(cache.refs() == cache.first_line());
  CHECK(read_file(cache.payload) == "Payload");
}

TEST_CASE("SharedStore: what is no payload of that size is not linked", "[store][shared]") {
  Cache cache;
  cache.what.size = 8;
  CHECK_FALSE(cache.shared.has(kXet, 8).value());
  CHECK_FALSE(cache.link());
  cache.what.size = 7;
  files::remove(cache.payload);
  CHECK_FALSE(cache.link());
  write_file(cache.temp.path() + "/victim", "payload");
  files::create_symlink(cache.temp.path() + "/victim", cache.payload);
  CHECK_FALSE(cache.link());
}

TEST_CASE("SharedStore: only a marked store of the known version, and only where allowed", "[store][shared]") {  // e
  SECTION("marker") {
    for (const char* marker : {"", "1", "2\n", "1\r\n"}) {
      Cache cache;
      write_file(cache.temp.path() + "/blobs/.huggingface-shared-blobs", marker);
      CHECK_FALSE(cache.shared.is_usable().value());
      CHECK_FALSE(cache.link());
      CHECK(cache.refs() == cache.first_line());
    }
  }
  SECTION("the marker or the folder is a link") {
    Cache cache;
    files::remove(cache.temp.path() + "/blobs/.huggingface-shared-blobs");
    write_file(cache.temp.path() + "/marker", "1\n");
    files::create_symlink("../marker", cache.temp.path() + "/blobs/.huggingface-shared-blobs");
    CHECK_FALSE(cache.shared.is_usable().value());
  }
  SECTION("switched off") {
    store::StoreOptions options;
    options.uses_shared_blobs = false;
    Cache off(options);
    CHECK_FALSE(off.link());
    store::StoreOptions no_links;
    no_links.has_symlinks = false;
    Cache without(no_links);
    CHECK_FALSE(without.link());
  }
}

TEST_CASE("SharedStore: a lock in the way, or no list to write to, means an ordinary download", "[store][shared]") {
  SECTION("the lock is a link or a folder") {  // T48
    for (const bool folder : {true, false}) {
      Cache cache;
      files::remove(cache.payload + ".lock");
      if (folder) files::create_directories(cache.payload + ".lock");
      if (!folder) files::create_symlink(cache.temp.path() + "/victim", cache.payload + ".lock");
      CHECK_FALSE(cache.link());
      CHECK_FALSE(files::exists(cache.temp.path() + "/victim"));
    }
  }
  SECTION("the list is a link") {
    Cache cache;
    write_file(cache.temp.path() + "/victim", "precious");
    files::remove(cache.payload + ".refs");
    files::create_symlink(cache.temp.path() + "/victim", cache.payload + ".refs");
    CHECK_FALSE(cache.link());
    CHECK(read_file(cache.temp.path() + "/victim") == "precious");
  }
}

TEST_CASE("SharedStore: an interrupt while hashing is an interrupt", "[store][shared]") {
  Cache cache;
  CancelSource source;
  source.interrupt(2);
  const auto linked = cache.shared.link(cache.layout, cache.what, {}, source.token());
  REQUIRE_FALSE(linked);
  CHECK(linked.error().code == ErrorCode::Interrupted);
  CHECK(cache.refs() == cache.first_line());
}
