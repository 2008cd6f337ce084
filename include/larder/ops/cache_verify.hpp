// cache verify: is what is here what it says it is?
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>
#include <larder/store/verify.hpp>
#include <larder/transfer/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

struct CacheVerifyOptions {
  std::vector<repo::Reference> references;  ///< empty: the whole cache; a revision in one: that snapshot only (R-825 for names)
  std::optional<std::string> local_dir;     ///< absolute; then at most one reference
  bool repair = false;                      ///< fetch again what is damaged, and nothing else
  bool invariants = false;
  std::vector<std::string> mirrors;  ///< base URLs, in order; for the repair, as is
  transfer::EngineOptions engine;
};

/// A reference that is not here, so that nothing of it could be looked at.
struct VerifyFailure {
  std::string reference;
  Error error;
};
struct CacheVerifyReport : store::VerifyReport {
  std::vector<VerifyFailure> failures;
};

/// The report is filled also on failure: one reference that is not here keeps none of the others from being looked at. Errors: StoreDamaged
/// when damage stays (exit 7), whatever else; for references that are not here theirs, Partial when others are; with `repair` those of
/// fetching, when nothing could be repaired.
Result<void> cache_verify(Services& services, const CacheVerifyOptions& options, CacheVerifyReport& report, const CancelToken& cancel);

}  // namespace larder::ops
