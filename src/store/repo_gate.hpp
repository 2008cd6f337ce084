// RepoGate: keeps a removal from one repository and the beginning of a download into it apart.
#pragma once

#include "fs/file_lock.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>

#include <chrono>
#include <optional>

namespace larder::store {

/// flock on `<CACHE>/<repo folder>` itself. A download is inside from its first look at what is here until its lease says what it uses; a
/// removal closes the gate while it works. So a removal sees every lease there is, and no download counts on what is going. Leases do the
/// rest: nobody stays inside for long. Where folders cannot be locked (some network file systems) the gate stands open: then leases and the
/// looks of docs/cache-layout.md have to do. Nothing is made, and other clients know nothing of it.
class RepoGate {
 public:
  /// Waits while a removal works. What is not there has no gate. Errors: LockBusy after `patience`; what `cancel` says.
  static Result<RepoGate> enter(Store& store, const RepoLayout& layout, std::chrono::seconds patience, const CancelToken& cancel);
  /// Store::prepare, and inside: the folder stays while the gate is held. Errors: those of both.
  static Result<RepoGate> prepare(Store& store, const RepoLayout& layout, std::chrono::seconds patience, const CancelToken& cancel);
  /// Waits for whoever is inside; nullopt: after `patience` still somebody. Errors: what `cancel` says.
  static Result<std::optional<RepoGate>> close(Store& store, const RepoLayout& layout, std::chrono::seconds patience,
                                               const CancelToken& cancel);

 private:
  explicit RepoGate(std::optional<fs::FileLock> lock) : lock_(std::move(lock)) {}
  std::optional<fs::FileLock> lock_;  // nullopt: the gate cannot be closed here
};

}  // namespace larder::store
