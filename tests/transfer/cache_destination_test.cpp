#include "transfer/cache_destination.hpp"

#include "store/no_exist.hpp"
#include "store/shared_store.hpp"
#include "transfer/cache_rig.hpp"

using namespace larder;
using namespace larder::test;
using transfer::CacheDestination;
using transfer::LockOutcome;
using transfer::Presence;
namespace files = std::filesystem;

namespace {

struct Cache {
  explicit Cache(transfer::CacheDestinationOptions options = {}) : destination(run.store, layout, commit_of('1'), options) {}
  TempDir temp;
  Run run{temp.path() + "/hub"};
  store::RepoLayout layout = run.store.layout(a_repo());
  CacheDestination destination;

  Presence look(const repo::FileEntry& file) { return destination.look(file).value().presence; }
  bool settle(const repo::FileEntry& file, Presence presence) {
    NoProgress progress;
    return destination.settle(file, presence, progress, {}).value();
  }
  std::string entry(const repo::FileEntry& file) const { return layout.entry(commit_of('1'), file.path); }
};

}  // namespace

TEST_CASE("CacheDestination: files go from missing to complete", "[transfer][cache_destination]") {
  Cache cache;
  for (const auto& file : all_files()) CHECK(cache.look(file) == Presence::Missing);
  CHECK_FALSE(files::exists(cache.temp.path() + "/hub"));  // looking writes nothing
  REQUIRE(pull(cache.run));
  for (const auto& file : all_files()) CHECK(cache.look(file) == Presence::Complete);
  check_complete(cache.layout);
  CHECK(files::is_empty(cache.layout.leases()));  // the destination took a lease and gave it back
}

TEST_CASE("CacheDestination: an interrupted file goes on where it stopped", "[transfer][cache_destination]") {  // I11
  const TempDir temp;
  const auto file = all_files()[2];
  std::optional<int> holder;
  {
    Run first(temp.path());
    CacheDestination destination(first.store, first.store.layout(a_repo()), commit_of('1'), {});
    REQUIRE(destination.try_lock(file, holder).value() == LockOutcome::Held);
    auto partial = destination.open_partial(file).value();
    REQUIRE(partial->write(0, as_bytes(model_bin()).first(30000)));
    destination.abandon(file, std::move(partial), true);
  }
  Run second(temp.path());
  CacheDestination destination(second.store, second.store.layout(a_repo()), commit_of('1'), {});
  const auto facts = destination.look(file).value();
  CHECK(facts.presence == Presence::Partial);
  CHECK(facts.partial_bytes == 30000);
  REQUIRE(destination.try_lock(file, holder).value() == LockOutcome::Held);
  const auto partial = destination.open_partial(file).value();
  CHECK(partial->resumed().bytes() == 30000);
}

TEST_CASE("CacheDestination: an abandoned file leaves nothing where nothing is of use", "[transfer][cache_destination]") {
  Cache cache;
  const auto file = all_files()[2];
  for (const bool keep : {true, false}) {
    std::optional<int> holder;
    REQUIRE(cache.destination.try_lock(file, holder).value() == LockOutcome::Held);
    auto partial = cache.destination.open_partial(file).value();
    if (!keep) REQUIRE(partial->write(0, as_bytes(model_bin()).first(30000)));
    cache.destination.abandon(file, std::move(partial), keep);
    CHECK(list_tree(cache.layout.partials()).empty());
  }
}

TEST_CASE("CacheDestination: the lock of another run is waited for, its work is used", "[transfer][cache_destination]") {  // R-540, C1
  Cache cache;
  const auto file = all_files()[2];
  Run other(cache.temp.path() + "/hub");
  CacheDestination theirs(other.store, cache.layout, commit_of('2'), {});
  std::optional<int> holder;
  REQUIRE(theirs.try_lock(file, holder).value() == LockOutcome::Held);
  CHECK(cache.destination.try_lock(file, holder).value() == LockOutcome::Busy);
  auto partial = theirs.open_partial(file).value();
  REQUIRE(partial->write(0, as_bytes(model_bin())));
  REQUIRE(theirs.publish(file, std::move(partial)));
  CHECK(cache.destination.try_lock(file, holder).value() == LockOutcome::AlreadyDone);
  CHECK(read_file(cache.entry(file)) == model_bin());
  CHECK(cache.look(file) == Presence::Complete);
}

TEST_CASE("CacheDestination: what was fetched is linked at the end, all together", "[transfer][cache_destination]") {  // C5, R-821
  Cache cache;
  const auto file = all_files()[0];
  const std::vector<transfer::SmallFile> small = {{file, readme()}};
  REQUIRE(cache.destination.publish_small(small).at(0));
  CHECK_FALSE(files::exists(cache.layout.snapshots() + "/" + commit_of('1').hex()));  // nothing that a prune of hf would see
  REQUIRE(cache.destination.finish());
  CHECK(read_file(cache.entry(file)) == readme());
  Cache robbed;
  REQUIRE(robbed.destination.publish_small(small).at(0));
  REQUIRE(files::remove(robbed.layout.blob(file.blob_name())));
  CHECK_FALSE(robbed.destination.finish());  // never a link to nothing (I3)
  CHECK(list_tree(robbed.layout.snapshots()).empty());
}

TEST_CASE("CacheDestination: a file without a place keeps no other from its own", "[transfer][cache_destination]") {  // T11, I3
  for (const auto* refused : {"a", "b"}) {
    CAPTURE(refused);
    Cache cache;
    const std::vector<transfer::SmallFile> small = {{regular_file("a/x", readme()), readme()},
                                                    {regular_file("b/y", config_json()), config_json()}};
    for (const auto& stored : cache.destination.publish_small(small)) REQUIRE(stored);
    const std::string folder = cache.layout.snapshots() + "/" + commit_of('1').hex();
    files::create_directories(folder);
    files::create_directory_symlink(cache.temp.path(), folder + "/" + refused);
    const auto finished = cache.destination.finish();
    REQUIRE_FALSE(finished);
    CHECK(finished.error().code == ErrorCode::UnsafeLink);
    for (const auto& file : small) CHECK(files::exists(cache.entry(file.file)) == !file.file.path.starts_with(refused));
  }
}

TEST_CASE("CacheDestination: a blob of another commit is linked, not fetched", "[transfer][cache_destination]") {  // R-507, C10
  Cache cache;
  REQUIRE(pull(cache.run));
  CacheDestination next(cache.run.store, cache.layout, commit_of('2'), {});
  NoProgress progress;
  for (const auto& file : all_files()) {
    CHECK(next.look(file).value().presence == Presence::BlobHere);
    CHECK(next.settle(file, Presence::BlobHere, progress, {}).value());
    CHECK(next.look(file).value().presence == Presence::Complete);
  }
}

TEST_CASE("CacheDestination: what another client named otherwise gets its name, by its digest", "[transfer][cache_destination]") {
  Cache cache;
  const auto file = all_files()[2];
  const std::string theirs = cache.layout.blob("7ba08f5e6a60f14c426c978a88b8e5ed");
  const auto put = [&](const std::string& content) {
    write_file(theirs, content);
    files::create_directories(files::path(cache.entry(file)).parent_path());
    files::remove(cache.entry(file));
    files::create_symlink("../../../blobs/7ba08f5e6a60f14c426c978a88b8e5ed", cache.entry(file));
  };
  SECTION("right bytes") {
    put(model_bin());
    CHECK(cache.look(file) == Presence::BlobHere);
    CHECK(cache.settle(file, Presence::BlobHere));
    CHECK(cache.look(file) == Presence::Complete);
    CHECK(read_file(cache.entry(file)) == model_bin());
    CHECK(read_file(theirs) == model_bin());  // theirs stays theirs
    CHECK(list_tree(cache.layout.tmp()).empty());
  }
  SECTION("right bytes that everybody may write: never the same inode (T50)") {
    put(model_bin());
    files::permissions(theirs, files::perms::others_write, files::perm_options::add);
    CHECK(cache.settle(file, Presence::BlobHere));
    write_file(theirs, "changed later");
    CHECK(read_file(cache.entry(file)) == model_bin());
  }
  SECTION("wrong bytes of the right size") {  // I1
    put(std::string(model_bin().size(), 'x'));
    CHECK_FALSE(cache.settle(file, Presence::BlobHere));
    CHECK_FALSE(files::exists(cache.layout.blob(file.blob_name())));
    REQUIRE(fetch_large(cache.destination, file, model_bin()));
    REQUIRE(cache.destination.finish());
    CHECK(read_file(cache.entry(file)) == model_bin());
  }
  SECTION("a file in the snapshot of another commit (R-550)") {
    write_file(cache.layout.entry(commit_of('2'), file.path), model_bin());
    CHECK(cache.look(file) == Presence::BlobHere);
    CHECK(cache.settle(file, Presence::BlobHere));
    CHECK(cache.look(file) == Presence::Complete);
    CHECK(files::is_regular_file(files::symlink_status(cache.layout.entry(commit_of('2'), file.path))));
  }
}

TEST_CASE("CacheDestination: what everybody may write is hashed before it is used", "[transfer][cache_destination]") {  // T50
  Cache cache;
  REQUIRE(pull(cache.run));
  const auto file = all_files()[0];
  const std::string blob = cache.layout.blob(file.blob_name());
  files::permissions(blob, files::perms::others_write, files::perm_options::add);
  CHECK(cache.look(file) == Presence::BlobHere);
  CHECK(cache.settle(file, Presence::BlobHere));
  write_file(blob, "# HI\n");
  CHECK_FALSE(cache.settle(file, Presence::BlobHere));
  const std::vector<transfer::SmallFile> again = {{file, readme()}};
  REQUIRE(cache.destination.publish_small(again).at(0));
  REQUIRE(cache.destination.finish());
  CHECK(read_file(cache.entry(file)) == readme());
  CHECK(cache.look(file) == Presence::Complete);
}

TEST_CASE("CacheDestination: a blob of the wrong size is fetched again", "[transfer][cache_destination]") {  // C17
  Cache cache;
  REQUIRE(pull(cache.run));
  const auto file = all_files()[0];
  write_file(cache.layout.blob(file.blob_name()), "# h");
  CHECK(cache.look(file) == Presence::Missing);
  CHECK_FALSE(cache.settle(file, Presence::BlobHere));
  REQUIRE(pull(cache.run));
  check_complete(cache.layout);
}

TEST_CASE("CacheDestination: forced files are replaced, not reused", "[transfer][cache_destination]") {
  Cache cache({true});
  REQUIRE(pull(cache.run));
  const auto file = all_files()[2];
  const std::string blob = cache.layout.blob(file.blob_name());
  const auto inode = cache.run.disk->look(blob).value()->inode;
  REQUIRE(fetch_large(cache.destination, file, model_bin()));
  CHECK(cache.run.disk->look(blob).value()->inode != inode);
  check_complete(cache.layout);
}

TEST_CASE("CacheDestination: a shared payload is hashed, linked and told", "[transfer][cache_destination]") {
  Cache cache;
  auto file = all_files()[2];
  file.xet_hash = array_of<32>(sha256_of("its xet hash"));
  const std::string payload = store::payload_path(cache.run.store.root(), repo::hex(*file.xet_hash));
  write_file(cache.run.store.root() + "/blobs/.huggingface-shared-blobs", "1\n");
  write_file(payload, model_bin());
  CHECK(cache.look(file) == Presence::SharedHere);
  CHECK(cache.settle(file, Presence::SharedHere));
  CHECK(files::read_symlink(cache.layout.blob(file.blob_name())).string() == store::payload_link_text(repo::hex(*file.xet_hash)));
  CHECK(read_file(cache.entry(file)) == model_bin());
  CHECK(cache.look(file) == Presence::Complete);
}

TEST_CASE("CacheDestination: a payload with wrong bytes is downloaded instead", "[transfer][cache_destination]") {  // R-578 c
  Cache cache;
  auto file = all_files()[2];
  file.xet_hash = array_of<32>(sha256_of("its xet hash"));
  write_file(cache.run.store.root() + "/blobs/.huggingface-shared-blobs", "1\n");
  write_file(store::payload_path(cache.run.store.root(), repo::hex(*file.xet_hash)), std::string(model_bin().size(), 'x'));
  CHECK(cache.look(file) == Presence::SharedHere);
  CHECK_FALSE(cache.settle(file, Presence::SharedHere));
  REQUIRE(fetch_large(cache.destination, file, model_bin()));
  CHECK(files::is_regular_file(files::symlink_status(cache.layout.blob(file.blob_name()))));
}

TEST_CASE("CacheDestination: a stored file takes its marker of absence away", "[transfer][cache_destination]") {
  Cache cache;
  REQUIRE(cache.run.store.prepare(cache.layout));
  REQUIRE(store::write_no_exist(cache.run.store, cache.layout, commit_of('1'), "config.json"));
  REQUIRE(pull(cache.run));
  CHECK_FALSE(files::exists(cache.layout.no_exist(commit_of('1'), "config.json")));
}

TEST_CASE("CacheDestination: without links the snapshot holds files", "[transfer][cache_destination]") {  // L31
  const TempDir temp;
  store::StoreOptions options;
  options.has_symlinks = false;
  Run run(temp.path(), options);
  REQUIRE(pull(run));
  const auto layout = run.store.layout(a_repo());
  CHECK(read_file(layout.entry(commit_of('1'), "sub dir/model.bin")) == model_bin());
  CHECK(files::is_regular_file(files::symlink_status(layout.entry(commit_of('1'), "sub dir/model.bin"))));
  CacheDestination again(run.store, layout, commit_of('1'), {});
  for (const auto& file : all_files()) CHECK(again.look(file).value().presence == Presence::Complete);
}

TEST_CASE("CacheDestination: the golden repository", "[transfer][golden]") {
  const TempDir temp;
  const Umask umask(022);
  Run run(temp.path());
  const auto layout = run.store.layout(a_repo());
  const std::string model = megabyte();
  auto big = lfs_file("model.bin", model);
  big.git_oid = array_of<20>(digest::Digest::from_hex("008d9adda7574f0a91412e68b9c2e501251606c2").value());
  const std::vector<transfer::SmallFile> small = {{regular_file(".gitattributes", "*.bin filter=lfs\n"), "*.bin filter=lfs\n"},
                                                  {regular_file("README.md", "# hi\n"), "# hi\n"},
                                                  {regular_file("config.json", config_json()), config_json()},
                                                  {regular_file("empty.txt", ""), ""},
                                                  {regular_file("sub dir/deep/a#b.txt", "nested\n"), "nested\n"}};
  repo::TreeBuilder builder;
  REQUIRE(builder.add(big));
  for (const auto& one : small) REQUIRE(builder.add(one.file));
  {
    CacheDestination destination(run.store, layout, commit_of('1'), {});
    for (const auto& result : destination.publish_small(small)) REQUIRE(result);
    REQUIRE(fetch_large(destination, big, model));
    REQUIRE(destination.finish());
  }
  REQUIRE(store::write_tree(run.store, layout.tmp(), layout.tree(commit_of('1')), builder.finish().value()));
  REQUIRE(store::write_ref(run.store, layout, repo::Revision{}, commit_of('1')));

  const std::string one(40, '1');
  const std::string lfs = "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83";
  std::vector<std::string> expected = {
      "blobs/",
      "blobs/20a784076630cd588ee19ff1266102c33e2e6fe3",
      "blobs/77ebc6577e3fc2c38b5bc7f233510fafba6822ac",
      "blobs/79c53955ef856f16f2107446bc721c8879a1bd2e",
      "blobs/cb5b2f69babc53f9145b45ad20b9a075d48717ef",
      "blobs/e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
      "blobs/" + lfs,
      "refs/",
      "refs/main",
      "snapshots/",
      "snapshots/" + one + "/",
      "snapshots/" + one + "/.gitattributes -> ../../blobs/20a784076630cd588ee19ff1266102c33e2e6fe3",
      "snapshots/" + one + "/README.md -> ../../blobs/77ebc6577e3fc2c38b5bc7f233510fafba6822ac",
      "snapshots/" + one + "/config.json -> ../../blobs/cb5b2f69babc53f9145b45ad20b9a075d48717ef",
      "snapshots/" + one + "/empty.txt -> ../../blobs/e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
      "snapshots/" + one + "/model.bin -> ../../blobs/" + lfs,
      "snapshots/" + one + "/sub dir/",
      "snapshots/" + one + "/sub dir/deep/",
      "snapshots/" + one + "/sub dir/deep/a#b.txt -> ../../../../blobs/79c53955ef856f16f2107446bc721c8879a1bd2e",
      "trees/",
      "trees/" + one + ".json",
  };
  std::sort(expected.begin(), expected.end());
  auto there = list_tree(layout.repo());
  std::erase_if(there, [](const std::string& name) { return name.starts_with(".larder/"); });
  CHECK(there == expected);
  for (const auto& blob : files::directory_iterator(layout.blobs())) CHECK(mode_of(blob.path().string()) == 0644);
  CHECK(mode_of(layout.ref(repo::Revision{})) == 0644);
  CHECK(mode_of(layout.lock(lfs)) == 0664);
  CHECK(sha256_of(read_file(layout.tree(commit_of('1')))).hex() == "9db7804c3104ad19508e28e28cbbe4a6dade38b06a36ecaa58909b95774a8956");
}
