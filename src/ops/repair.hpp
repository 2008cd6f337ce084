// Repair: fetches again what a verify found damaged, and nothing else.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/cache_verify.hpp>
#include <larder/ops/services.hpp>
#include <larder/store/verify.hpp>

#include <optional>

namespace larder::ops {

/// Puts right what can be: damaged and missing blobs that a listing names are fetched and replace the blob entry (never a payload of the
/// shared store), a wrong link to a listed file is made anew, a damaged blob nothing leads to is removed. Marks the findings.
/// Errors: what ends a run; of fetching only when nothing could be repaired. Nothing to do: no request.
Result<void> repair_cache(Services& services, const CacheVerifyOptions& options, store::VerifyReport& report, const CancelToken& cancel);

/// How a repair ends after the last `failure`, if there was one: in that, when it left nothing repaired; else the log is told.
Result<void> conclude_repair(const store::VerifyReport& report, std::optional<Error> failure);

/// The same for a --local-dir folder, whose one reference says which repository it is. Files the user edited are left alone
///
Result<void> repair_local_dir(Services& services, const CacheVerifyOptions& options, store::VerifyReport& report,
                              const CancelToken& cancel);

}  // namespace larder::ops
