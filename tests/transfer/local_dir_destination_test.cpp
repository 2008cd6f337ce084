#include "transfer/local_dir_destination.hpp"

#include "store/local_dir.hpp"
#include "store/shared_store.hpp"
#include "transfer/cache_rig.hpp"

#include <cerrno>

using namespace larder;
using namespace larder::test;
using transfer::LocalDirDestination;
using transfer::LocalDirOptions;
using transfer::LockOutcome;
using transfer::Presence;
namespace files = std::filesystem;

namespace {

struct Folder {
  explicit Folder(LocalDirOptions wanted = {}) : options(std::move(wanted)) {
    options.folder = layout.folder();
    destination = make('1');
  }
  std::unique_ptr<LocalDirDestination> make(char commit) {
    return std::make_unique<LocalDirDestination>(run.store, a_repo(), commit_of(commit), options);
  }
  TempDir temp;
  Run run{temp.path() + "/hub"};
  store::LocalDirLayout layout{temp.path() + "/out"};
  LocalDirOptions options;
  std::unique_ptr<LocalDirDestination> destination;

  Presence look(const repo::FileEntry& file) { return destination->look(file).value().presence; }
  Result<bool> settle(const repo::FileEntry& file, Presence presence = Presence::BlobHere) {
    NoProgress progress;
    return destination->settle(file, presence, progress, {});
  }
  std::optional<store::LocalMetadata> metadata(const repo::FileEntry& file) {
    return store::parse_metadata(read_file(layout.metadata(file.path)));
  }
  void put(const repo::FileEntry& file, std::string_view content) { write_file(layout.file(file.path), content); }
};

void check_folder(const store::LocalDirLayout& layout) {
  CHECK(read_file(layout.file("README.md")) == readme());
  CHECK(read_file(layout.file("config.json")) == config_json());
  CHECK(read_file(layout.file("sub dir/model.bin")) == model_bin());
  if (!files::exists(layout.own() + "/partial")) return;
  // What a run leaves that dies after the rename of the data; the next one that writes anything clears it away.
  for (const auto& left : files::directory_iterator(layout.own() + "/partial")) CHECK_FALSE(files::exists(left.path() / "data"));
}

}  // namespace

TEST_CASE("LocalDirDestination: an empty folder is filled, with hf's bookkeeping", "[transfer][local_dir]") {
  Folder folder;
  for (const auto& file : all_files()) CHECK(folder.look(file) == Presence::Missing);
  CHECK_FALSE(files::exists(folder.layout.folder()));  // looking writes nothing
  REQUIRE(fill(*folder.destination));
  check_folder(folder.layout);
  CHECK(list_tree(folder.layout.tmp()).empty());
  CHECK(read_file(folder.layout.book() + "/.gitignore") == "*");
  CHECK(read_file(folder.layout.book() + "/CACHEDIR.TAG") == store::cachedir_tag());
  CHECK(files::exists(folder.layout.lock("sub dir/model.bin")));
  CHECK_FALSE(files::exists(folder.temp.path() + "/hub"));  // the cache is only read
  for (const auto& file : all_files()) {
    const auto metadata = folder.metadata(file);
    REQUIRE(metadata);
    CHECK(metadata->commit == std::string(40, '1'));
    CHECK(metadata->etag == file.blob_name());
    CHECK(folder.look(file) == Presence::Complete);
  }
}

TEST_CASE("LocalDirDestination: the same bytes at another commit need new metadata only", "[transfer][local_dir]") {  // R-607 step 3
  Folder folder;
  REQUIRE(fill(*folder.destination));
  const auto file = all_files()[1];
  folder.destination = folder.make('2');
  CHECK(folder.look(file) == Presence::BlobHere);
  CHECK(folder.destination->look(file).value().settle_bytes == 0);
  const auto inode = folder.run.disk->look(folder.layout.file(file.path)).value()->inode;
  CHECK(folder.settle(file).value());
  CHECK(folder.metadata(file)->commit == std::string(40, '2'));
  CHECK(folder.run.disk->look(folder.layout.file(file.path)).value()->inode == inode);
  CHECK(folder.look(file) == Presence::Complete);
}

TEST_CASE("LocalDirDestination: an older version is replaced", "[transfer][local_dir]") {
  Folder folder;
  REQUIRE(fill(*folder.destination));
  const auto next = regular_file("config.json", "{\"a\": 2}\n");
  CHECK(folder.look(next) == Presence::Missing);
  const std::vector<transfer::SmallFile> small = {{next, "{\"a\": 2}\n"}};
  REQUIRE(folder.destination->publish_small(small).at(0));
  CHECK(read_file(folder.layout.file("config.json")) == "{\"a\": 2}\n");
  CHECK(folder.look(next) == Presence::Complete);
}

TEST_CASE("LocalDirDestination: what the user changed or put there is foreign", "[transfer][local_dir]") {
  Folder folder;
  REQUIRE(fill(*folder.destination));
  const auto file = all_files()[1];
  SECTION("edited, another size") { folder.put(file, "{\"a\": 1, \"b\": 2}\n"); }
  SECTION("edited, the same size, later than the metadata") {
    folder.put(file, "{\"a\": 9}\n");
    files::last_write_time(folder.layout.file(file.path), files::file_time_type::clock::now() + std::chrono::seconds(10));
  }
  SECTION("no metadata") {
    files::remove(folder.layout.metadata(file.path));
    folder.put(file, "{\"a\": 9}\n");
  }
  SECTION("metadata that is none") {
    write_file(folder.layout.metadata(file.path), "rubbish");
    folder.put(file, "{\"a\": 9}\n");
  }
  SECTION("a folder") {
    files::remove(folder.layout.file(file.path));
    files::create_directories(folder.layout.file(file.path) + "/inside");
  }
  folder.destination = folder.make('1');
  CHECK(folder.look(file) == Presence::Foreign);
  const std::vector<transfer::SmallFile> small = {{file, config_json()}};
  const auto published = folder.destination->publish_small(small).at(0);
  REQUIRE_FALSE(published);
  CHECK(published.error().code == ErrorCode::LocalChanges);
  if (!files::is_directory(folder.layout.file(file.path))) CHECK(read_file(folder.layout.file(file.path)) != config_json());
  CHECK(list_tree(folder.layout.tmp()).empty());
}

TEST_CASE("LocalDirDestination: foreign files go where that was asked for", "[transfer][local_dir]") {  // --overwrite
  Folder folder({{}, false, true, false});
  const auto file = all_files()[1];
  folder.put(file, "mine");
  CHECK(folder.look(file) == Presence::Foreign);
  const std::vector<transfer::SmallFile> small = {{file, config_json()}};
  REQUIRE(folder.destination->publish_small(small).at(0));
  CHECK(read_file(folder.layout.file(file.path)) == config_json());
  CHECK(folder.look(file) == Presence::Complete);
}

TEST_CASE("LocalDirDestination: what is no file is replaced by nobody", "[transfer][local_dir]") {  // --overwrite
  Folder folder({{}, false, true, false});
  const auto file = all_files()[2];
  SECTION("a folder in the place of the file") { files::create_directories(folder.layout.file(file.path)); }
  SECTION("a file in the place of its folder") { write_file(folder.layout.file("sub dir"), "mine"); }
  const auto facts = folder.destination->look(file);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::LocalChanges);
}

TEST_CASE("LocalDirDestination: an unknown file with the right bytes is taken over", "[transfer][local_dir]") {  // R-607 step 4, R-613
  Folder folder;
  for (const auto& [file, content] : {std::pair{all_files()[1], config_json()}, std::pair{all_files()[2], model_bin()}}) {
    folder.put(file, content);
    CHECK(folder.look(file) == Presence::BlobHere);
    CHECK_FALSE(files::exists(folder.layout.metadata(file.path)));
    CHECK(folder.settle(file).value());
    CHECK(folder.metadata(file)->etag == file.blob_name());
    CHECK(folder.look(file) == Presence::Complete);
  }
}

TEST_CASE("LocalDirDestination: a file that comes between plan and publication is not lost", "[transfer][local_dir]") {
  Folder folder;
  const auto file = all_files()[2];
  CHECK(folder.look(file) == Presence::Missing);
  std::optional<int> holder;
  REQUIRE(folder.destination->try_lock(file, holder).value() == LockOutcome::Held);
  auto partial = folder.destination->open_partial(file).value();
  REQUIRE(partial->write(0, as_bytes(model_bin())));
  folder.put(file, "the user's work");
  const auto published = folder.destination->publish(file, std::move(partial));
  REQUIRE_FALSE(published);
  CHECK(published.error().code == ErrorCode::LocalChanges);
  CHECK(read_file(folder.layout.file(file.path)) == "the user's work");
}

TEST_CASE("LocalDirDestination: nothing is written or read through a link", "[transfer][local_dir]") {  // T11
  const auto file = all_files()[2];
  SECTION("a folder on the way") {
    Folder folder;
    files::create_directories(folder.temp.path() + "/elsewhere");
    files::create_directories(folder.layout.folder());
    files::create_directory_symlink(folder.temp.path() + "/elsewhere", folder.layout.file("sub dir"));
    const auto facts = folder.destination->look(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == ErrorCode::UnsafeLink);
    CHECK_FALSE(fetch_large(*folder.destination, file, model_bin()));
    CHECK(list_tree(folder.temp.path() + "/elsewhere").empty());
  }
  SECTION("the file itself") {
    Folder folder;
    write_file(folder.temp.path() + "/victim", "precious");
    files::create_directories(folder.layout.file("sub dir"));
    files::create_symlink(folder.temp.path() + "/victim", folder.layout.file(file.path));
    const auto facts = folder.destination->look(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == ErrorCode::UnsafeLink);
    CHECK_FALSE(fetch_large(*folder.destination, file, model_bin()));
    CHECK(read_file(folder.temp.path() + "/victim") == "precious");
  }
  SECTION("the bookkeeping") {
    for (const char* name : {".cache", ".cache/huggingface", ".cache/huggingface/download", ".cache/huggingface/larder"}) {
      Folder folder;
      files::create_directories(folder.temp.path() + "/elsewhere");
      files::create_directories(files::path(folder.layout.file(name)).parent_path());
      files::create_directory_symlink(folder.temp.path() + "/elsewhere", folder.layout.file(name));
      const auto facts = folder.destination->look(file);  // before a byte is fetched
      REQUIRE_FALSE(facts);
      CHECK(facts.error().code == ErrorCode::UnsafeLink);
      const auto filled = fetch_large(*folder.destination, file, model_bin());
      INFO(name);
      REQUIRE_FALSE(filled);
      CHECK(filled.error().code == ErrorCode::UnsafeLink);
      CHECK(list_tree(folder.temp.path() + "/elsewhere").empty());
    }
  }
  SECTION("DIR itself may be one") {
    Folder folder;
    files::create_directories(folder.temp.path() + "/disk2");
    files::create_directory_symlink(folder.temp.path() + "/disk2", folder.layout.folder());
    folder.destination = folder.make('1');
    REQUIRE(fill(*folder.destination));
    check_folder(store::LocalDirLayout(folder.temp.path() + "/disk2"));
  }
}

TEST_CASE("LocalDirDestination: what the cache has is copied and hashed on the way", "[transfer][local_dir]") {
  Folder folder;
  REQUIRE(pull(folder.run));
  const auto cache = folder.run.store.layout(a_repo());
  const auto before = list_tree(cache.root());
  for (const auto& file : all_files()) {
    CHECK(folder.look(file) == Presence::BlobHere);
    CHECK(folder.settle(file).value());
    CHECK(files::is_regular_file(files::symlink_status(folder.layout.file(file.path))));
    CHECK(files::hard_link_count(folder.layout.file(file.path)) == 1);
  }
  check_folder(folder.layout);
  CHECK(list_tree(cache.root()) == before);
  CHECK(list_tree(folder.layout.tmp()).empty());
}

TEST_CASE("LocalDirDestination: wrong bytes of the cache are noticed while they are copied", "[transfer][local_dir]") {
  Folder folder;
  REQUIRE(pull(folder.run));
  const auto file = all_files()[2];
  write_file(folder.run.store.layout(a_repo()).blob(file.blob_name()), std::string(model_bin().size(), 'x'));
  CHECK_FALSE(folder.settle(file).value());
  CHECK_FALSE(files::exists(folder.layout.file(file.path)));
  CHECK(list_tree(folder.layout.tmp()).empty());
}

TEST_CASE("LocalDirDestination: what another client named otherwise is copied if its digest is right", "[transfer][local_dir]") {
  Folder folder({{}, true, false, false});
  const auto file = all_files()[2];
  const auto cache = folder.run.store.layout(a_repo());
  for (const std::string& content : {std::string(model_bin().size(), 'x'), model_bin()}) {
    write_file(cache.blob("7ba08f5e6a60f14c426c978a88b8e5ed"), content);
    if (content != model_bin()) {
      files::create_directories(files::path(cache.entry(commit_of('1'), file.path)).parent_path());
      files::create_symlink("../../../blobs/7ba08f5e6a60f14c426c978a88b8e5ed", cache.entry(commit_of('1'), file.path));
    }
    CHECK(folder.look(file) == Presence::BlobHere);
    CHECK(folder.settle(file).value() == (content == model_bin()));
  }
  CHECK(read_file(folder.layout.file(file.path)) == model_bin());
  CHECK(files::hard_link_count(folder.layout.file(file.path)) == 1);  // --link is for blobs under their own name
  CHECK_FALSE(files::exists(cache.blob(file.blob_name())));           // the cache is only read
}

TEST_CASE("LocalDirDestination: hard links only to blobs of the repository's own", "[transfer][local_dir]") {  // --link, R-570
  Folder folder({{}, true, false, false});
  REQUIRE(pull(folder.run));
  const auto cache = folder.run.store.layout(a_repo());
  const auto own = all_files()[2];
  CHECK(folder.destination->look(own).value().settle_bytes == 0);
  CHECK(folder.settle(own).value());
  CHECK(files::hard_link_count(folder.layout.file(own.path)) == 2);
  CHECK(folder.look(own) == Presence::Complete);
  CHECK(folder.settle(own).value());

  const auto shared = all_files()[1];
  const std::string xet(64, 'a');
  write_file(cache.root() + "/blobs/.huggingface-shared-blobs", "1\n");
  write_file(store::payload_path(cache.root(), xet), config_json());
  files::remove(cache.blob(shared.blob_name()));
  files::create_symlink(store::payload_link_text(xet), cache.blob(shared.blob_name()));
  CHECK(folder.settle(shared).value());
  CHECK(files::hard_link_count(store::payload_path(cache.root(), xet)) == 1);
  CHECK(read_file(folder.layout.file(shared.path)) == config_json());
}

TEST_CASE("LocalDirDestination: a second file with the same bytes needs no second download", "[transfer][local_dir]") {
  Folder folder;
  const auto first = lfs_file("a.bin", model_bin());
  const auto second = lfs_file("deep/b.bin", model_bin());
  REQUIRE(fetch_large(*folder.destination, first, model_bin()));
  CHECK(folder.settle(second).value());
  CHECK(read_file(folder.layout.file("deep/b.bin")) == model_bin());
  CHECK(folder.look(second) == Presence::Complete);
}

TEST_CASE("LocalDirDestination: another run is waited for, its work is used", "[transfer][local_dir]") {
  Folder folder;
  const auto file = all_files()[2];
  const auto theirs = folder.make('1');
  Run other(folder.temp.path() + "/hub");
  LocalDirDestination second(other.store, a_repo(), commit_of('1'), folder.options);
  std::optional<int> holder;
  REQUIRE(folder.destination->try_lock(file, holder).value() == LockOutcome::Held);
  CHECK(second.try_lock(file, holder).value() == LockOutcome::Busy);
  auto partial = folder.destination->open_partial(file).value();
  REQUIRE(partial->write(0, as_bytes(model_bin())));
  REQUIRE(folder.destination->publish(file, std::move(partial)));
  CHECK(second.try_lock(file, holder).value() == LockOutcome::AlreadyDone);
}

TEST_CASE("LocalDirDestination: what dead runs left is taken over or cleared away", "[transfer][local_dir]") {  // I11
  Folder folder;
  const auto file = all_files()[2];
  {
    Run dead(folder.temp.path() + "/hub");
    LocalDirDestination destination(dead.store, a_repo(), commit_of('1'), folder.options);
    auto partial = destination.open_partial(file).value();
    REQUIRE(partial->write(0, as_bytes(model_bin()).first(30000)));
    REQUIRE(partial->checkpoint());
  }
  write_file(folder.layout.tmp() + "/00000000.0123abcd", "junk");
  const std::string rest = folder.layout.own() + "/partial/" + std::string(64, 'a') + ".0123abcd";
  write_file(rest + "/journal", "its data has been published");
  const auto facts = folder.destination->look(file).value();
  CHECK(facts.presence == Presence::Partial);
  CHECK(facts.partial_bytes == 30000);
  REQUIRE(fill(*folder.destination));
  check_folder(folder.layout);
  CHECK(list_tree(folder.layout.tmp()).empty());
  CHECK_FALSE(files::exists(rest));
}

TEST_CASE("LocalDirDestination: of two runs that begin together neither takes what the other needs", "[transfer][local_dir]") {  // C1
  Rig rig;
  const store::LocalDirLayout layout(rig.temp.path() + "/out");
  int others = 0;
  rig.fault->fail_if([&](std::string_view, const std::string&) {
    // One that looks now finds temps of a run without a lease.
    if (others < 3 && files::exists(layout.leases()) && !list_tree(layout.tmp()).empty() && list_tree(layout.leases()).empty()) {
      for (const auto& temp : files::directory_iterator(layout.tmp())) files::remove(temp.path());
      ++others;
    }
    return 0;
  });
  LocalDirDestination destination(rig.run->store, a_repo(), commit_of('1'), {layout.folder(), false, false, false});
  REQUIRE(fill(destination));
  CHECK(others == 3);
  check_folder(layout);
}

TEST_CASE("LocalDirDestination: a kill or a power cut at any point, and the next run ends the same", "[transfer][crash]") {  // I11
  using Loss = FaultDisk::Loss;
  for (const auto loss : {std::optional<Loss>{}, std::optional(Loss::All), std::optional(Loss::Bytes), std::optional(Loss::Some)}) {
    const auto run_to = [&](Rig& rig) {
      LocalDirDestination destination(rig.run->store, a_repo(), commit_of('1'), {rig.temp.path() + "/out", false, false, false});
      return fill(destination);
    };
    Rig reference;
    REQUIRE(run_to(reference));
    const std::size_t steps = reference.fault->steps();
    if (loss) reference.fault->lose_unsynced(*loss);
    check_folder(store::LocalDirLayout(reference.temp.path() + "/out"));
    for (std::size_t step = 1; step <= steps; ++step) {
      Rig rig;
      rig.fault->crash_at(step);
      (void)run_to(rig);  // the last step is the end of the lease: by then all is done
      INFO("loss " << (loss ? static_cast<int>(*loss) : -1) << ", step " << step << " of " << steps << ": " << rig.fault->calls().back());
      if (loss) rig.fault->lose_unsynced(*loss, static_cast<std::uint32_t>(step));
      const store::LocalDirLayout layout(rig.temp.path() + "/out");
      for (const auto& file : all_files()) {  // absent or whole
        const std::string path = layout.file(file.path);
        if (!files::exists(path)) continue;
        const std::string content = read_file(path);
        CHECK((file.digest() == sha256_of(content) || file.digest() == git_sha1_of(content)));
      }
      bury(layout.leases());
      Run second(fs::make_unsynced_disk(*rig.real), rig.temp.path() + "/hub");
      LocalDirDestination destination(second.store, a_repo(), commit_of('1'), {rig.temp.path() + "/out", false, false, false});
      REQUIRE(fill(destination));
      check_folder(layout);
    }
  }
}

TEST_CASE("LocalDirDestination: whatever fails once is said, and the next run ends right", "[transfer][fault]") {  // L7, L11
  const auto fill_rig = [](Rig& rig) {
    LocalDirDestination destination(rig.run->store, a_repo(), commit_of('1'), {rig.temp.path() + "/out", false, false, false});
    return fill(destination);
  };
  Rig reference;
  REQUIRE(fill_rig(reference));
  for (std::size_t step = 1; step <= reference.fault->steps(); ++step) {
    Rig rig;
    rig.fault->fail_at(step, ENOSPC);
    const auto filled = fill_rig(rig);
    INFO("step " << step << ": " << rig.fault->calls().at(step - 1));
    const store::LocalDirLayout layout(rig.temp.path() + "/out");
    if (filled) check_folder(layout);
    if (!filled) CHECK(exit_code(filled.error().code) == 8);
    bury(layout.leases());
    REQUIRE(fill_rig(rig));
    check_folder(layout);
  }
}
