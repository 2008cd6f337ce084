// Prepared: everything a pull decides before it changes anything; plan stops here.
#pragma once

#include "ops/selection.hpp"
#include "ops/target.hpp"
#include "transfer/destination.hpp"

#include <larder/base/cancel.hpp>
#include <larder/transfer/plan.hpp>

#include <memory>

namespace larder::ops {

struct FreeSpace {
  std::uint64_t needed = 0;   ///< bytes that will be newly allocated, 1 % added (L8)
  std::uint64_t present = 0;  ///< free for this user
  bool is_known = false;      ///< false: the file system does not say
};

/// What the preparation is for. A plan changes nothing, and so makes no lock file either.
enum class Purpose : std::uint8_t { Plan, Pull };

struct Prepared {
  Purpose purpose = Purpose::Plan;  ///< set by the caller
  Target target;                    ///< `tree` is set
  Selection selection;
  std::unique_ptr<transfer::Destination> destination;
  transfer::TransferPlan plan;
  std::string folder;  ///< snapshot folder, or the local folder
  std::string path;    ///< what pull prints: `folder`, or the single file in it
  FreeSpace space;
};

/// Resolves, lists, chooses, judges names, looks at the destination, plans. Writes nothing. Errors: every one of those steps; NotInCache
/// when offline and something is missing (named). On failure `prepared` holds what was found out so far (mark_missing needs the target).
Result<void> prepare(Services& services, const PullOptions& options, const CancelToken& cancel, Prepared& prepared);

/// What a plan and a pull tell of the same preparation, whose warnings and `left_out` it takes; the tree is handed over by the caller.
void begin_report(const PullOptions& options, Prepared& prepared, SelectionReport& report);

/// Offline without a listing: the snapshot folder as it is, completeness unknown; nullopt when this is not such a case.
Result<std::optional<PullReport>> unlisted_snapshot(Services& services, const PullOptions& options, Prepared& prepared);

/// The revision asked for, "main" when none was written.
repo::Revision asked_revision(const PullOptions& options);

}  // namespace larder::ops
