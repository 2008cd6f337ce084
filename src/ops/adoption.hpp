// Adoption: one run of `cache adopt`, and what its ways have in common.
#pragma once

#include "store/hash_pool.hpp"
#include "store/work_notes.hpp"

#include <larder/base/cancel.hpp>
#include <larder/ops/cache_adopt.hpp>

#include <functional>
#include <string>
#include <vector>

namespace larder::ops {

/// What is borrowed for the run, and who hears of it. Thread: one.
struct Adoption {
  Adoption(Services& its_services, const CacheAdoptOptions& its_options, CacheAdoptReport& its_report, const CancelToken& its_cancel)
      : services(its_services),
        options(its_options),
        report(its_report),
        cancel(its_cancel),
        notes(its_services.clock, its_services.progress) {}

  /// A file is not taken. `from`: relative to DIR, exact bytes; `reason`: escaped.
  void leave(std::string from, std::string reason);
  /// An absolute path in DIR as the report names it.
  [[nodiscard]] std::string below(const std::string& path) const;
  /// Hashes all jobs with a bar of their bytes; `done` hears of each.
  Result<void> hash(std::vector<store::HashJob> jobs, const std::function<void(const store::HashOutcome&)>& done);

  Services& services;
  const CacheAdoptOptions& options;
  CacheAdoptReport& report;
  const CancelToken& cancel;
  store::WorkNotes notes;
};

}  // namespace larder::ops
