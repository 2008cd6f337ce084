// Leases and owners: "I am using these", told to gc and to other runs (reliability.md §3.3).
#pragma once

#include "store/store.hpp"

#include <optional>

namespace larder::store {

/// Who wrote something: host, boot, pid namespace, pid, start time of the process.
struct Owner {
  std::string host;
  std::string boot;
  std::string pid_namespace;
  std::int64_t pid = 0;
  std::string started;  ///< field 22 of /proc/PID/stat
  friend bool operator==(const Owner&, const Owner&) = default;
};

enum class Liveness { Alive, Dead, Unknown };
/// This process.
Owner own_identity(fs::Disk& disk);
/// Dead only for certain: same host and another boot, or same boot and pid namespace and no such process. Unknown counts as alive.
Liveness liveness(fs::Disk& disk, const Owner& owner);

/// One lease file as read.
struct LeaseRecord {
  std::string run;
  Owner owner;
  std::optional<repo::CommitId> commit;
  WallTime until;
};

/// A lease held by this run; removed by `release` or, best effort, when it dies. Written before the first partial, renewed hourly.
class Lease {
 public:
  /// One lease per run and repository. Errors: as Store::write_small.
  static Result<Lease> take(Store& store, const RepoLayout& layout, const repo::CommitId& commit);
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();
  /// Writes a later `until` when an hour has passed.
  Result<void> renew_if_due();
  Result<void> release();

 private:
  Lease(Store& store, RepoLayout layout, repo::CommitId commit);
  Store* store_;
  RepoLayout layout_;
  repo::CommitId commit_;
  WallTime renewed_;
  bool held_ = false;
};

/// All readable leases of a repository; unreadable ones are left out.
Result<std::vector<LeaseRecord>> read_leases(fs::Disk& disk, const RepoLayout& layout);
/// Void: its owner is dead, or `until` has passed.
bool is_void(fs::Disk& disk, const LeaseRecord& lease, WallTime now);

}  // namespace larder::store
