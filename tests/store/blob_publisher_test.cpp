#include "store/blob_publisher.hpp"

#include "store/file_digest.hpp"
#include "store/partial_store.hpp"
#include "store/shared_store.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"
#include "support/fault_disk.hpp"

#include <fmt/format.h>

using namespace larder;
using namespace larder::test;
using store::BlobPublisher;
using store::Existing;
namespace files = std::filesystem;

namespace {

struct Cache : PreparedCache {
  std::unique_ptr<store::PartialBlob> partial_of(std::string_view content, const digest::Digest& digest) {
    store::PartialStore partials(run.store, layout.own());
    auto partial = partials.open(digest, content.size()).value();
    REQUIRE(partial->write(0, as_bytes(content)));
    return partial;
  }
  Result<void> publish(std::string_view content, Existing existing = Existing::Keep) {
    const auto partial = partial_of(content, sha256_of(content));
    return BlobPublisher(run.store, layout, existing).publish(sha256_of(content), *partial);
  }
  std::string blob(std::string_view content) const { return layout.blob(sha256_of(content).hex()); }
};

}  // namespace

TEST_CASE("BlobPublisher: a large file gets its name and leaves nothing behind", "[store][publish]") {
  Cache cache;
  REQUIRE(cache.publish("content"));
  CHECK(read_file(cache.blob("content")) == "content");
  CHECK(list_tree(cache.layout.partials()).empty());
}

TEST_CASE("BlobPublisher: a blob that is there is kept if good, else replaced", "[store][publish]") {  // step 5, C17
  SECTION("good: kept") {
    Cache cache;
    write_file(cache.blob("content"), "content");
    const auto inode = cache.run.disk->look(cache.blob("content")).value()->inode;
    REQUIRE(cache.publish("content"));
    CHECK(cache.run.disk->look(cache.blob("content")).value()->inode == inode);
    CHECK(list_tree(cache.layout.partials()).empty());
  }
  SECTION("good, but asked to be replaced") {  // --force, --repair
    Cache cache;
    write_file(cache.blob("content"), "CONTENT");
    const UniqueFd reader = cache.run.disk->open_read(cache.blob("content")).value();
    REQUIRE(cache.publish("content", Existing::Replace));
    CHECK(read_file(cache.blob("content")) == "content");
    std::string old(7, '\0');
    REQUIRE(cache.run.disk->read_at(reader.value(), std::as_writable_bytes(std::span(old)), 0).value() == 7);
    CHECK(old == "CONTENT");  // never written through
  }
  SECTION("of another size") {
    Cache cache;
    write_file(cache.blob("content"), "conten");
    REQUIRE(cache.publish("content"));
    CHECK(read_file(cache.blob("content")) == "content");
  }
  SECTION("everybody may write it") {  // T50
    Cache cache;
    write_file(cache.blob("content"), "CONTENT");
    files::permissions(cache.blob("content"), files::perms::others_write, files::perm_options::add);
    REQUIRE(cache.publish("content"));
    CHECK(read_file(cache.blob("content")) == "content");
  }
  SECTION("a link to somewhere") {  // T48
    Cache cache;
    const std::string victim = cache.temp.path() + "/victim";
    write_file(victim, "preciou");
    files::create_symlink(victim, cache.blob("content"));
    REQUIRE(cache.publish("content"));
    CHECK(read_file(victim) == "preciou");
    CHECK(files::is_regular_file(files::symlink_status(cache.blob("content"))));
  }
  SECTION("a fifo, an empty folder") {
    for (const bool fifo : {true, false}) {
      Cache cache;
      if (fifo) REQUIRE(mkfifo(cache.blob("content").c_str(), 0600) == 0);
      if (!fifo) files::create_directories(cache.blob("content"));
      REQUIRE(cache.publish("content"));
      CHECK(read_file(cache.blob("content")) == "content");
    }
  }
  SECTION("a folder with something in it") {
    Cache cache;
    write_file(cache.blob("content") + "/inside", "kept");
    const auto published = cache.publish("content");
    REQUIRE_FALSE(published);
    CHECK(exit_code(published.error().code) == 8);
    CHECK(read_file(cache.blob("content") + "/inside") == "kept");
  }
}

TEST_CASE("BlobPublisher: a payload of the shared store is not replaced by a good copy", "[store][publish]") {
  Cache cache;
  const std::string xet(64, 'a');
  write_file(cache.temp.path() + "/blobs/.huggingface-shared-blobs", "1\n");
  write_file(store::payload_path(cache.temp.path(), xet), "content");
  files::create_symlink(store::payload_link_text(xet), cache.blob("content"));
  REQUIRE(cache.publish("content"));
  CHECK(files::is_symlink(cache.blob("content")));
  REQUIRE(cache.publish("content", Existing::Replace));
  CHECK_FALSE(files::is_symlink(cache.blob("content")));
  CHECK(read_file(store::payload_path(cache.temp.path(), xet)) == "content");
}

TEST_CASE("BlobPublisher: a repository removed under our hands is a clear error", "[store][publish]") {  // R-519, C4
  Cache cache;
  const auto partial = cache.partial_of("content", sha256_of("content"));
  files::remove_all(cache.layout.repo());
  const auto published = BlobPublisher(cache.run.store, cache.layout, Existing::Keep).publish(sha256_of("content"), *partial);
  REQUIRE_FALSE(published);
  CHECK(published.error().message.find("removed by another program") != std::string::npos);
  CHECK_FALSE(files::exists(cache.layout.repo()));
}

TEST_CASE("BlobPublisher: a partial of another length is not published", "[store][publish]") {
  Cache cache;
  store::PartialStore partials(cache.run.store, cache.layout.own());
  const auto partial = partials.open(sha256_of("content"), 8).value();
  REQUIRE(partial->write(0, as_bytes("content")));
  const auto published = BlobPublisher(cache.run.store, cache.layout, Existing::Keep).publish(sha256_of("content"), *partial);
  REQUIRE_FALSE(published);
  CHECK(published.error().code == ErrorCode::SizeMismatch);
  CHECK_FALSE(files::exists(cache.blob("content")));
}

TEST_CASE("BlobPublisher: a partial with a hole is not published, whatever its length", "[store][publish]") {  // I1, L11
  const TempDir temp;
  auto inner = fs::make_real_disk();
  auto owned = std::make_unique<FaultDisk>(*inner);
  FaultDisk& disk = *owned;
  Run run(std::move(owned), temp.path());
  const auto layout = run.store.layout(a_repo());
  REQUIRE(run.store.prepare(layout));
  store::PartialStore partials(run.store, layout.own());
  const auto partial = partials.open(sha256_of("content"), 7).value();
  REQUIRE(partial->write(0, as_bytes("con")));
  disk.fail_at(disk.steps() + 1, EACCES);
  REQUIRE_FALSE(partial->write(3, as_bytes("t")));
  REQUIRE(partial->write(4, as_bytes("ent")));  // what came after the failed write gives the file its full length
  const auto published = BlobPublisher(run.store, layout, Existing::Keep).publish(sha256_of("content"), *partial);
  REQUIRE_FALSE(published);
  CHECK(exit_code(published.error().code) == 8);
  CHECK_FALSE(files::exists(layout.blob(sha256_of("content").hex())));
  REQUIRE(partial->write(3, as_bytes("t")));
  REQUIRE(BlobPublisher(run.store, layout, Existing::Keep).publish(sha256_of("content"), *partial));
}

TEST_CASE("BlobPublisher: small files in groups of every size", "[store][publish]") {  // engine.md §5.4
  for (const std::size_t count : {0U, 1U, 7U, 8U, 300U}) {
    Cache cache;
    std::vector<std::string> contents;
    for (std::size_t i = 0; i < count; ++i) contents.push_back(fmt::format("file {}", i / 2 * 2));  // pairs with the same bytes
    std::vector<store::SmallBlob> blobs;
    for (const auto& content : contents) blobs.push_back({git_sha1_of(content), content});
    const auto results = BlobPublisher(cache.run.store, cache.layout, Existing::Keep).publish_small(blobs);
    REQUIRE(results.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(results[i]);
      CHECK(read_file(cache.layout.blob(blobs[i].digest.hex())) == contents[i]);
    }
    CHECK(list_tree(cache.layout.tmp()).empty());
    CHECK(list_tree(cache.layout.blobs()).size() == (count + 1) / 2);
  }
}

TEST_CASE("BlobPublisher: one small file that fails does not take the others along", "[store][publish]") {
  Cache cache;
  write_file(cache.layout.blob(git_sha1_of("bad").hex()) + "/inside", "kept");
  const std::vector<store::SmallBlob> blobs = {{git_sha1_of("good"), "good"}, {git_sha1_of("bad"), "bad"}, {git_sha1_of(""), ""}};
  const auto results = BlobPublisher(cache.run.store, cache.layout, Existing::Keep).publish_small(blobs);
  CHECK(results[0]);
  CHECK_FALSE(results[1]);
  CHECK(results[2]);
  CHECK(files::file_size(cache.layout.blob("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")) == 0);
  CHECK(list_tree(cache.layout.tmp()).empty());
}

TEST_CASE("file_digest: hashes and copies any length, tells bytes, can be stopped", "[store][file_digest]") {
  const TempDir temp;
  const auto disk = fs::make_real_disk();
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{262144}, std::size_t{262145}, std::size_t{3000000}}) {
    std::string content(length, 'x');
    if (length > 1) content[length / 2] = 'y';
    write_file(temp.path() + "/from", content);
    std::filesystem::remove(temp.path() + "/to");
    const UniqueFd from = disk->open_read(temp.path() + "/from").value();
    const UniqueFd to = disk->create_new(temp.path() + "/to").value();
    std::uint64_t last = 0;
    const auto heard = [&](std::uint64_t done) {
      CHECK(done > last);
      last = done;
    };
    CHECK(store::copy_file(*disk, {from.value(), to.value()}, {digest::Algorithm::GitSha1, length}, heard, {}).value() ==
          git_sha1_of(content));
    CHECK(last == length);
    CHECK(read_file(temp.path() + "/to") == content);
    CHECK(store::digest_file(*disk, from.value(), {digest::Algorithm::Sha256, length}, {}, {}).value() == sha256_of(content));
    if (length > 0) {
      CHECK(store::digest_file(*disk, from.value(), {digest::Algorithm::Sha256, length - 1}, {}, {}).value() != sha256_of(content));
    }
  }
  CancelSource source;
  source.interrupt(15);
  const UniqueFd from = disk->open_read(temp.path() + "/from").value();
  CHECK_FALSE(store::digest_file(*disk, from.value(), {digest::Algorithm::Sha256, 3000000}, {}, source.token()));
}
