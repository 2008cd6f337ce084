// What the tests of the cache destination share: a pull without a network, and the invariants of a cache.
#pragma once

#include "store/ref_store.hpp"
#include "store/store_fixture.hpp"
#include "store/tree_cache.hpp"
#include "support/catch.hpp"
#include "support/fault_disk.hpp"
#include "transfer/cache_destination.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace larder::test {

inline const std::string& config_json() {
  static const std::string content = "{\"a\": 1}\n";
  return content;
}
inline const std::string& readme() {
  static const std::string content = "# hi\n";
  return content;
}
inline const std::string& model_bin() {
  static const std::string content = megabyte().substr(0, 70000);
  return content;
}

/// Three files: two for a group commit, one large in a folder.
inline std::vector<repo::FileEntry> all_files() {
  return {regular_file("README.md", readme()), regular_file("config.json", config_json()), lfs_file("sub dir/model.bin", model_bin())};
}

inline repo::Tree listing() {
  repo::TreeBuilder builder;
  for (const auto& file : all_files()) REQUIRE(builder.add(file));
  return builder.finish().value();
}

/// One large file through lock, partial and publication; what lies there already is not written again.
inline Result<void> fetch_large(transfer::Destination& destination, const repo::FileEntry& file, const std::string& content) {
  std::optional<int> holder;
  LARDER_TRY(const auto lock, destination.try_lock(file, holder));
  if (lock == transfer::LockOutcome::AlreadyDone) return {};
  LARDER_TRY(auto partial, destination.open_partial(file));
  Result<void> written;
  for (const auto& gap : partial->resumed().gaps(content.size())) {
    if (written) written = partial->write(gap.begin, as_bytes(content).subspan(gap.begin, gap.size()));
  }
  if (written) written = partial->checkpoint();
  if (!written) {
    destination.abandon(file, std::move(partial), true);
    return written;
  }
  return destination.publish(file, std::move(partial));
}

/// All files into `destination`, what is here already without "network".
inline Result<void> fill(transfer::Destination& destination) {
  const auto entries = all_files();
  const std::vector<std::pair<std::size_t, std::string>> contents = {{0, readme()}, {1, config_json()}};
  std::vector<transfer::SmallFile> small;
  NoProgress progress;
  for (const auto& [index, content] : contents) {
    LARDER_TRY(const auto facts, destination.look(entries[index]));
    LARDER_TRY(const bool settled, destination.settle(entries[index], facts.presence, progress, {}));
    if (!settled) small.push_back({entries[index], content});
  }
  LARDER_TRY(const auto facts, destination.look(entries[2]));
  LARDER_TRY(const bool settled, destination.settle(entries[2], facts.presence, progress, {}));
  if (!small.empty()) {
    for (const auto& result : destination.publish_small(small)) LARDER_CHECK(result);
  }
  if (!settled) LARDER_CHECK(fetch_large(destination, entries[2], model_bin()));
  return destination.finish();
}

/// A pull without a network: the order of effects of docs/reliability.md.
inline Result<void> pull(Run& run) {
  const auto layout = run.store.layout(a_repo());
  transfer::CacheDestination destination(run.store, layout, commit_of('1'), {});
  LARDER_CHECK(fill(destination));
  LARDER_CHECK(store::write_tree(run.store, layout.tmp(), layout.tree(commit_of('1')), listing()));
  LARDER_CHECK(store::write_ref(run.store, layout, repo::Revision{}, commit_of('1')));
  return {};
}

inline void check_blobs(const store::RepoLayout& layout) {  // I1, I4
  if (!std::filesystem::exists(layout.blobs())) return;
  for (const auto& blob : std::filesystem::directory_iterator(layout.blobs())) {
    const std::string name = blob.path().filename().string();
    const std::string content = read_file(blob.path().string());
    CHECK((name == git_sha1_of(content).hex() || name == sha256_of(content).hex()));
  }
}

inline void check_entries(const store::RepoLayout& layout) {  // I3, I4
  if (!std::filesystem::exists(layout.snapshots())) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(layout.snapshots())) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    REQUIRE(entry.is_symlink());
    CHECK(std::filesystem::read_symlink(entry.path()).string().substr(0, 6) == "../../");
    CHECK(std::filesystem::exists(entry.path()));
  }
}

inline void check_refs(const store::RepoLayout& layout) {  // I2, I4
  if (!std::filesystem::exists(layout.refs())) return;
  for (const auto& ref : std::filesystem::recursive_directory_iterator(layout.refs())) {
    CHECK(ref.path().filename() == "main");
    CHECK(read_file(ref.path().string()) == std::string(40, '1'));
    for (const auto& file : all_files()) CHECK(std::filesystem::exists(layout.entry(commit_of('1'), file.path)));
    CHECK(std::filesystem::exists(layout.tree(commit_of('1'))));
  }
}

inline void check_names(const store::RepoLayout& layout) {  // I4, I12
  if (!std::filesystem::exists(layout.root())) return;
  for (const auto& entry : std::filesystem::directory_iterator(layout.root())) {
    const std::string name = entry.path().filename().string();
    CHECK((name == ".locks" || name == "CACHEDIR.TAG" || name == layout.folder()));
  }
  if (std::filesystem::exists(layout.repo())) CHECK(std::filesystem::is_directory(layout.snapshots()));
  if (!std::filesystem::exists(layout.trees())) return;
  for (const auto& tree : std::filesystem::directory_iterator(layout.trees())) {
    CHECK(tree.path().filename() == std::string(40, '1') + ".json");
  }
}

inline void check_invariants(const store::RepoLayout& layout) {
  check_names(layout);
  check_blobs(layout);
  check_entries(layout);
  check_refs(layout);
}

inline void check_complete(const store::RepoLayout& layout) {
  check_invariants(layout);
  CHECK(read_file(layout.ref(repo::Revision{})) == std::string(40, '1'));
  CHECK(read_file(layout.entry(commit_of('1'), "README.md")) == readme());
  CHECK(read_file(layout.entry(commit_of('1'), "config.json")) == config_json());
  CHECK(read_file(layout.entry(commit_of('1'), "sub dir/model.bin")) == model_bin());
  CHECK(std::distance(std::filesystem::directory_iterator(layout.blobs()), std::filesystem::directory_iterator{}) == 3);
  if (!std::filesystem::exists(layout.partials())) return;
  // A run that dies between the rename of the data and the end of its folder leaves the folder to `prune`: the blob is here.
  for (const auto& left : std::filesystem::directory_iterator(layout.partials())) {
    CHECK(std::filesystem::exists(layout.blob(left.path().stem().string())));
    CHECK_FALSE(std::filesystem::exists(left.path() / "data"));
  }
}

/// The process is gone: what it leased is void.
inline void bury(const std::string& leases) {
  std::error_code ignored;
  std::filesystem::remove_all(leases, ignored);
}

/// A fresh cache on a disk that can fail; syncs are only counted, not done.
struct Rig {
  TempDir temp;
  std::unique_ptr<fs::Disk> real = fs::make_real_disk();
  std::unique_ptr<fs::Disk> unsynced = fs::make_unsynced_disk(*real);
  FaultDisk* fault = nullptr;
  std::unique_ptr<Run> run;
  store::RepoLayout layout{temp.path() + "/hub", a_repo()};

  Rig() {
    std::filesystem::create_directories(temp.path() + "/attic");
    std::filesystem::create_directories(temp.path() + "/hub");
    auto disk = std::make_unique<FaultDisk>(*unsynced, temp.path() + "/attic");
    fault = disk.get();
    run = std::make_unique<Run>(std::move(disk), temp.path() + "/hub");
  }
  Result<void> pull_again() {
    Run second(fs::make_unsynced_disk(*real), temp.path() + "/hub");
    return pull(second);
  }
};

}  // namespace larder::test
