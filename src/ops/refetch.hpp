// Refetch: brings chosen files of one commit again, whatever is there, by the way a pull takes.
#pragma once

#include "transfer/destination.hpp"

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>
#include <larder/repo/tree.hpp>
#include <larder/transfer/engine.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace larder::ops {

struct RefetchOrder {
  repo::RepoId repo;
  repo::CommitId commit;
  const repo::Tree* tree = nullptr;
  std::vector<std::string> mirrors;   ///< base URLs, asked before the Hub
  std::vector<std::uint32_t> chosen;  ///< indices in the tree, ascending, no digest twice
  transfer::EngineOptions engine;
};

/// Fetches every chosen file from the mirrors or the Hub and publishes it over what is there: a blob entry is replaced, never written
/// through. Names that may not be written (T1…T9) are failures. Returns the indices that are right now. Errors: what ends a run.
Result<std::vector<std::uint32_t>> refetch(Services& services, const RefetchOrder& order, transfer::Destination& destination,
                                           transfer::EngineReport& report, const CancelToken& cancel);

}  // namespace larder::ops
