#include "store/adopt_blob.hpp"
#include "store/adopt_match.hpp"
#include "support/catch.hpp"
#include "support/fault_disk.hpp"
#include "support/store_rig.hpp"

#include <array>
#include <string>
#include <vector>

using namespace larder;
using store::HardLinks;
using store::TakenBy;
using test::CacheBuilder;
using test::StoreRig;

namespace {

repo::FileEntry entry(std::string_view path, std::uint64_t size, char digit, bool is_lfs) {
  repo::FileEntry file;
  file.path = path;
  file.size = size;
  file.git_oid.fill(static_cast<std::uint8_t>(digit));
  if (is_lfs) file.lfs_sha256.emplace().fill(static_cast<std::uint8_t>(digit));
  return file;
}

store::AdoptTarget target(std::string_view id, const std::vector<repo::FileEntry>& files) {
  repo::TreeBuilder builder;
  for (const auto& file : files) REQUIRE(builder.add(file));
  return {test::model(id), *repo::CommitId::parse(CacheBuilder::commit('1')), builder.finish().value()};
}

digest::Digest digest_of(const repo::FileEntry& file) { return file.digest(); }

store::AdoptSource source(StoreRig& rig, const std::string& path, const std::string& content) {
  const auto facts = rig.disk->look(path);
  REQUIRE(facts);
  return {path, *digest::Digest::from_hex(CacheBuilder::blob_name(content, true)), content.size(), facts->value()};
}

}  // namespace

TEST_CASE("AdoptIndex: only what may be wanted is hashed", "[store][adopt]") {
  const std::vector<store::AdoptTarget> targets{target("org/m", {entry("a", 10, 1, false), entry("b", 20, 2, true)}),
                                                target("org/n", {entry("c", 20, 3, false), entry("../evil", 30, 4, true)})};
  const store::AdoptIndex index(targets);
  struct Row {
    std::uint64_t size;
    bool sha256;
    bool git_sha1;
  };
  for (const Row& row : {Row{10, false, true}, Row{20, true, true}, Row{30, false, false}, Row{40, false, false}}) {
    CAPTURE(row.size);
    const auto interest = index.interest(row.size, std::nullopt);
    CHECK(interest.sha256 == row.sha256);
    CHECK(interest.git_sha1 == row.git_sha1);
  }
  CHECK(index.interest(20, digest_of(entry("", 20, 2, true))).sha256);
  CHECK_FALSE(index.interest(20, digest_of(entry("", 20, 9, true))).sha256);
  CHECK_FALSE(index.interest(20, digest_of(entry("", 20, 9, true))).git_sha1);
}

TEST_CASE("AdoptIndex: the same bytes may be wanted in several places", "[store][adopt]") {
  const std::vector<store::AdoptTarget> targets{target("org/m", {entry("a", 10, 1, true), entry("b/c", 10, 1, true)}),
                                                target("org/n", {entry("d", 10, 1, true), entry("e", 11, 2, true)})};
  const store::AdoptIndex index(targets);
  const auto places = index.places(digest_of(entry("", 10, 1, true)), 10);
  REQUIRE(places.size() == 3);
  CHECK(targets[places[1].target].tree.at(places[1].entry).path == "b/c");
  CHECK(places[2].target == 1);
  CHECK(index.places(digest_of(entry("", 10, 1, true)), 11).empty());
  CHECK(index.places(digest_of(entry("", 10, 7, true)), 10).empty());
}

TEST_CASE("ollama_digest: names of an Ollama store", "[store][adopt]") {
  const std::string hex(64, 'a');
  CHECK(store::ollama_digest("sha256-" + hex)->hex() == hex);
  CHECK(store::ollama_digest("sha256:" + hex)->hex() == hex);
  for (const std::string& name : {"sha256-" + hex + "0", "sha256_" + hex, "sha256-" + std::string(64, 'x'), hex, std::string()}) {
    CAPTURE(name);
    CHECK_FALSE(store::ollama_digest(name));
  }
}

TEST_CASE("adopt_blob: the bytes are there under their name, the source is as it was", "[store][adopt]") {
  StoreRig rig;
  const std::string content(100'000, 'q');
  const std::string path = rig.dir.write("folder/model.bin", content);
  auto run = rig.store();
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(run.prepare(layout));
  const auto what = source(rig, path, content);
  const auto taken = store::adopt_blob(run, layout, what, HardLinks::No, CancelToken{});
  REQUIRE(taken);
  CHECK((*taken == TakenBy::Copy || *taken == TakenBy::Reflink));
  CHECK(rig.cache.read("models--org--m/blobs/" + what.digest.hex()) == content);
  CHECK(rig.dir.read("folder/model.bin") == content);
  CHECK(rig.disk->list(layout.tmp()).value().empty());
  const auto again = store::adopt_blob(run, layout, what, HardLinks::No, CancelToken{});
  REQUIRE(again);
  CHECK(*again == TakenBy::Reused);
}

TEST_CASE("adopt_blob: hard links only when asked for", "[store][adopt]") {
  StoreRig rig;
  const std::string path = rig.dir.write("folder/model.bin", "bytes");
  auto run = rig.store();
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(run.prepare(layout));
  const auto taken = store::adopt_blob(run, layout, source(rig, path, "bytes"), HardLinks::Yes, CancelToken{});
  REQUIRE(taken);
  CHECK((*taken == TakenBy::HardLink || *taken == TakenBy::Reflink));
  CHECK(rig.disk->look(path).value()->links == (*taken == TakenBy::HardLink ? 2U : 1U));
}

TEST_CASE("adopt_blob: a blob that shares an inode with what nobody synced outlives a power cut", "[store][adopt]") {  // I5
  StoreRig rig;
  const std::string content(5000, 'c');
  const std::string path = rig.dir.path() + "/hub/model.bin";
  test::FaultDisk disk(*rig.disk, rig.dir.folder("attic"));
  auto run = rig.store(disk);
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(run.prepare(layout));
  {
    const auto fd = disk.create_new(path);
    REQUIRE(fd);
    REQUIRE(disk.write_at(fd->value(), std::as_bytes(std::span(content)), 0));
  }
  REQUIRE(store::adopt_blob(run, layout, source(rig, path, content), HardLinks::Yes, CancelToken{}));
  disk.lose_unsynced();
  const auto facts = rig.disk->look(layout.blob(CacheBuilder::blob_name(content, true))).value();
  REQUIRE(facts);
  CHECK(facts->size == content.size());
}

TEST_CASE("adopt_blob: what changed since it was hashed gets no name", "[store][adopt]") {
  StoreRig rig;  // I1
  const std::string path = rig.dir.write("folder/model.bin", "bytes");
  auto run = rig.store();
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(run.prepare(layout));
  const auto what = source(rig, path, "bytes");
  rig.dir.write("folder/model.bin", "other bytes");
  const auto taken = store::adopt_blob(run, layout, what, HardLinks::No, CancelToken{});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::DigestMismatch);
  CHECK(rig.disk->list(layout.blobs()).value().empty());
  CHECK(rig.disk->list(layout.tmp()).value().empty());
}

TEST_CASE("adopt_blob: a blob that another process downloads is left to it", "[store][adopt]") {
  StoreRig rig;
  const std::string path = rig.dir.write("folder/model.bin", "bytes");
  auto run = rig.store();
  const auto layout = run.layout(test::model("org/m"));
  REQUIRE(run.prepare(layout));
  const auto what = source(rig, path, "bytes");
  const test::HeldLock lock(layout.lock(what.digest.hex()));
  const auto taken = store::adopt_blob(run, layout, what, HardLinks::No, CancelToken{});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::LockBusy);
}
