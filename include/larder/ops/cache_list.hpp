// cache ls: what is in the cache.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/ops/services.hpp>
#include <larder/store/inventory.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

struct CacheListOptions {
  bool revisions = false;              ///< one row a revision instead of one a repository
  std::vector<std::string> filters;    ///< R-813, all must hold
  std::string sort;                    ///< KEY[:asc|:desc] (R-812); empty: by id, then commit
  std::optional<std::uint64_t> limit;  ///< nullopt: all
};

/// One line of `cache ls`. Of a repository, or of a revision (then `commit` is set). Times: nanoseconds since the epoch.
struct CacheRow {
  repo::RepoId repo;
  std::string commit;  ///< folder in snapshots/; empty for a repository
  std::string path;    ///< absolute: of the repository's folder, or of the snapshot
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t revisions = 0;
  std::vector<std::string> refs;  ///< sorted
  std::int64_t accessed_ns = 0;   ///< of the repository
  std::int64_t modified_ns = 0;
  bool is_pinned = false;
  store::PinState pin = store::PinState::None;
  std::optional<bool> is_complete;       ///< revisions only
  std::vector<store::Problem> problems;  ///< repositories only
};

/// Filter → sort → limit.
struct CacheListReport {
  std::string cache;  ///< absolute root
  bool exists = false;
  std::uint64_t total_bytes = 0;  ///< physical, of the whole cache (R-807)
  std::uint64_t shared_bytes = 0;
  std::uint64_t partial_bytes = 0;
  std::vector<CacheRow> rows;
  std::uint64_t repos_shown = 0;            ///< distinct repositories among the rows (R-816)
  std::uint64_t revisions_shown = 0;        ///< revisions of the rows
  std::uint64_t unreferenced_payloads = 0;  ///< of the shared store: hint of R-816
  std::uint64_t unreferenced_payload_bytes = 0;
  std::uint64_t leftovers = 0;  ///< partial downloads and temps: hint of R-816
};

/// The id as `hf` writes it: "model/org/name".
std::string cache_id(const repo::RepoId& repo);

/// Errors: InvalidArgument (filter, sort: R-813…R-815), those of take_inventory. No cache folder: an empty report.
Result<CacheListReport> cache_list(Services& services, const CacheListOptions& options, const CancelToken& cancel);

}  // namespace larder::ops
