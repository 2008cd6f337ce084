// RepoGate: keeps a removal from one repository and the beginning of a download into it apart.
#pragma once

#include "fs/file_lock.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>

#include <chrono>
#include <optional>

namespace larder::store {

/// `<CACHE>/.locks/<repo folder>/.larder.lock`. A download is inside from its first look at what is here until its lease says what it
/// uses; a removal closes the gate while it works. So a removal sees every lease there is, and no download counts on what is going. Leases
/// do the rest: nobody stays inside for long. Where locks do not work, or the file cannot be had (a cache that may only be read, a full
/// disk), the gate stands open: then leases and the looks of reliability.md §3.3 have to do. Other clients know nothing of it.
class RepoGate {
 public:
  /// Waits while a removal works. Makes the lock file. Errors: LockBusy after `patience`; what `cancel` says.
  static Result<RepoGate> enter(Store& store, const RepoLayout& layout, std::chrono::seconds patience, const CancelToken& cancel);
  /// Waits for whoever is inside; nullopt: after `patience` still somebody. Errors: what `cancel` says.
  static Result<std::optional<RepoGate>> close(Store& store, const RepoLayout& layout, std::chrono::seconds patience,
                                               const CancelToken& cancel);

 private:
  explicit RepoGate(std::optional<fs::FileLock> lock) : lock_(std::move(lock)) {}
  std::optional<fs::FileLock> lock_;  // nullopt: the gate cannot be closed here
};

}  // namespace larder::store
