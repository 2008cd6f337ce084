// cache rm, prune, gc: first a plan, then exactly that plan.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>
#include <larder/store/gc.hpp>

#include <string>
#include <vector>

namespace larder::ops {

/// TARGETs as typed (R-818): `model/org/name` (case-insensitive), `hf://…`, `hf://…/FILE`, a revision hash of 7 or more digits.
/// A target that is not here: a warning in the plan. Errors: InvalidArgument (a hash that names several repositories, with the list; no
/// target; a target of no known form), those of take_inventory.
Result<store::RemovalPlan> plan_cache_rm(Services& services, const std::vector<std::string>& targets, const repo::ReferenceContext& context,
                                         const CancelToken& cancel);

/// Errors: those of take_inventory.
Result<store::RemovalPlan> plan_cache_prune(Services& services, const CancelToken& cancel);

struct CacheGcOptions {
  store::GcPolicy policy;              ///< `pins` is filled here from the files
  std::vector<std::string> pin_files;  ///< --pins: references with full commits, one a line, "#" comments; or a larder.lock
};
/// Errors: InvalidArgument (no rule; a pins file with a line that is no reference with a full commit), those of reading the files.
Result<store::RemovalPlan> plan_cache_gc(Services& services, const CacheGcOptions& options, const repo::ReferenceContext& context,
                                         const CancelToken& cancel);

/// Carries out a plan made just now; things that came into use since are kept. Errors: Interrupted. Single failures are in the report; see
/// `removal_outcome`.
Result<void> carry_out(Services& services, const store::RemovalPlan& plan, store::SweepReport& report, const CancelToken& cancel);

/// What a finished sweep means for the exit code: ok, or an Error (LockBusy for what was asked for by name and is in use, the code all
/// failures share, Partial when they share none or when of several targets some went and some did not).
Result<void> removal_outcome(const store::RemovalPlan& plan, const store::SweepReport& report);

}  // namespace larder::ops
