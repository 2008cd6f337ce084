// A store over a real disk in a temporary folder, for tests of scans, plans, sweeps and verify.
#pragma once

#include "fs/disk.hpp"
#include "store/store.hpp"
#include "support/cache_builder.hpp"
#include "support/temp_dir.hpp"

#include <larder/store/gc.hpp>
#include <larder/store/inventory.hpp>

#include <memory>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace larder::test {

/// flock(2) on a file, as another client would hold it; the file and its folder are made.
class HeldLock {
 public:
  explicit HeldLock(const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664));
    if (!fd_ || ::flock(fd_.value(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("no lock on " + path);
  }

 private:
  UniqueFd fd_;
};

/// One cache and one run of larder on it.
struct StoreRig {
  StoreRig() : cache(dir.folder("hub")), disk(fs::make_real_disk()), clock(make_system_clock()), random(make_system_random()) {}

  /// A new run of larder on the same cache, over `other` or the real disk.
  [[nodiscard]] store::Store store(fs::Disk& other) const { return {other, *clock, *random, {cache.root(), true, true}}; }
  [[nodiscard]] store::Store store() const { return store(*disk); }

  [[nodiscard]] store::Inventory scan(store::InventoryDepth depth = store::InventoryDepth::Removal) {
    auto one = store();
    NoProgress progress;
    auto inventory = store::take_inventory(one, {depth, std::nullopt}, progress, CancelToken{});
    if (!inventory) throw std::runtime_error(inventory.error().text());
    return std::move(*inventory);
  }
  [[nodiscard]] std::int64_t now_ns() const { return unix_ns(clock->wall_now()); }
  /// Carries out a plan with a new run; throws when it ends early.
  store::SweepReport sweep(const store::RemovalPlan& plan) {
    auto one = store();
    store::SweepReport report;
    NoProgress progress;
    auto done = store::sweep(one, plan, report, progress, CancelToken{});
    if (!done) throw std::runtime_error(done.error().text());
    return report;
  }

  TempDir dir;
  CacheBuilder cache;
  std::unique_ptr<fs::Disk> disk;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;
};

inline repo::RepoId model(std::string_view id) { return repo::RepoId::make(repo::RepoType::Model, id).value(); }

}  // namespace larder::test
