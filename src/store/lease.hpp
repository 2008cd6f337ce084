// Leases: "I am using these", told to gc and to other runs.
#pragma once

#include "store/owner.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// A longer file is no lease that can be understood. Bytes.
inline constexpr std::uint64_t kLeaseLimit = 16 * 1024;
/// How long a lease that cannot be understood counts after its last change: whoever wrote it renews it, as this larder does each hour, and
/// garbage must not keep a repository for ever.
inline constexpr std::chrono::hours kUnknownLeaseLife{24 * 7};

/// One lease file as read.
struct LeaseRecord {
  std::string run;
  Owner owner;
  std::optional<repo::CommitId> commit;  ///< nullopt: not known, so it may need anything
  WallTime until;
};

/// A lease held by this run; removed by `release` or, best effort, when it dies. Written before the first partial, renewed hourly.
///
///     leases/<run>   {"version":1,"owner":{"host":…,"boot":…,"pid_namespace":…,"pid":…,"started":…},"commit":"<40 hex>","until":<unix
///     seconds>}
class Lease {
 public:
  /// One lease per run and repository. Errors: as Store::write_small.
  static Result<Lease> take(Store& store, const RepoLayout& layout, const repo::CommitId& commit);
  /// The same in any folder of leases (`<DIR>/.cache/huggingface/larder/leases` of a local folder), with `tmp` beside it.
  static Result<Lease> take_in(Store& store, std::string leases, std::string tmp, const repo::CommitId& commit);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();
  /// Writes a later `until` when an hour has passed.
  Result<void> renew_if_due();
  Result<void> release();

 private:
  Lease(Store& store, std::string leases, std::string tmp, repo::CommitId commit);
  Result<void> write();
  [[nodiscard]] std::string path() const { return leases_ + "/" + store_->run(); }

  Store* store_;
  std::string leases_;
  std::string tmp_;
  repo::CommitId commit_;
  WallTime renewed_;
  bool held_ = false;
};

/// The text of a lease file.
std::string format_lease(const Owner& owner, const repo::CommitId& commit, WallTime until);
/// nullopt: not a lease of a version known here. Fields that are not known may mean anything, so its commit is not known then. Pure.
std::optional<LeaseRecord> parse_lease(std::string_view text);

/// All leases of a repository. One that cannot be read or understood (a later larder's, another user's) counts as one of an unknown owner
/// and commit (I7). None are: an empty file, which is what a power cut leaves, and what is neither named after a run nor a JSON object.
Result<std::vector<LeaseRecord>> read_leases(fs::Disk& disk, const RepoLayout& layout);
Result<std::vector<LeaseRecord>> read_leases_in(fs::Disk& disk, const std::string& leases);
/// Void: its owner is dead, or `until` has passed.
bool is_void(fs::Disk& disk, const LeaseRecord& lease, WallTime now);
/// The same for who has asked for its owner's liveness already. Pure.
bool is_void(const LeaseRecord& lease, Liveness owner, WallTime now);

/// Tells whether things named after a run are in use by somebody alive. Reads the leases once, at construction.
/// Thread: one at a time.
class DeadRuns {
 public:
  /// `leases`: a folder of lease files; not there: no lease, everybody is dead.
  static Result<DeadRuns> look(fs::Disk& disk, const std::string& leases, WallTime now);
  /// The same for one run only.
  static Result<DeadRuns> look_at(fs::Disk& disk, const std::string& leases, const std::string& run, WallTime now);
  /// True when `run` holds no lease, or a void one: for what may be cleared away.
  [[nodiscard]] bool contains(std::string_view run) const;
  /// True when `run` holds no lease, or its owner is dead for certain. A lease that only ran out does not count: its owner may be a
  /// process that slept, and what it still writes to is never taken over.
  [[nodiscard]] bool has_dead_owner(std::string_view run) const;

 private:
  void add(fs::Disk& disk, const LeaseRecord& lease, WallTime now);
  std::vector<std::string> leased_;   // runs with a lease that is not void
  std::vector<std::string> undying_;  // runs with a lease whose owner is not dead for certain
};

}  // namespace larder::store
