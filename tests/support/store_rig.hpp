// A store over a real disk in a temporary folder, for tests of scans, plans, sweeps and verify.
#pragma once

#include "fs/disk.hpp"
#include "store/store.hpp"
#include "support/cache_builder.hpp"
#include "support/temp_dir.hpp"

#include <larder/store/gc.hpp>
#include <larder/store/inventory.hpp>

#include <algorithm>
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

/// The system's time, as files have it, and nobody waits: a wait moves the steady time on to its end.
class HastyClock final : public Clock {
 public:
  /// `ahead`: of the calendar time, for what is judged by times that a test cannot set.
  explicit HastyClock(std::chrono::minutes ahead = std::chrono::minutes(0)) : ahead_(ahead) {}
  SteadyTime now() override { return system_->now() + skipped_; }
  WallTime wall_now() override { return system_->wall_now() + ahead_; }
  bool wait_until(SteadyTime when, const CancelToken& cancel) override {
    if (cancel.is_cancelled()) return false;
    skipped_ += std::max(when - now(), SteadyTime::duration(0));
    return true;
  }
  bool await(Bell& bell, SteadyTime when) override { return bell.take() || (wait_until(when, {}) && bell.take()); }

 private:
  std::unique_ptr<Clock> system_ = make_system_clock();
  std::chrono::minutes ahead_;
  SteadyTime::duration skipped_{0};
};

/// One cache and one run of larder on it. Thread: one, as its clock says.
struct StoreRig {
  StoreRig() : cache(dir.folder("hub")), disk(fs::make_real_disk()), clock(std::make_unique<HastyClock>()), random(make_system_random()) {}

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
