// cache pin, unpin: keep a cached revision from prune and gc.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>
#include <larder/repo/revision.hpp>

#include <string>
#include <vector>

namespace larder::ops {

/// What happened to one reference. `changed`: false when it was pinned (or not pinned) already.
struct PinnedRevision {
  repo::RepoId repo;
  repo::CommitId commit;
  std::string requested;
  bool changed = false;
};
struct PinFailure {
  std::string reference;
  Error error;
};
struct PinReport {
  std::vector<PinnedRevision> done;
  std::vector<PinFailure> failures;
};

enum class PinChange : std::uint8_t { Pin, Unpin };

/// Each reference is resolved in the cache, without a request: a name through refs/ (default "main"), a full or short commit among the
/// snapshots. Errors: NotInCache when none could be done, Partial when some; InvalidArgument for a reference with a path.
Result<void> cache_pin(Services& services, const std::vector<repo::Reference>& references, PinChange change, PinReport& report,
                       const CancelToken& cancel);

}  // namespace larder::ops
