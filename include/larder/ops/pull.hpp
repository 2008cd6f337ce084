// pull and plan: from a reference to a verified snapshot (or folder).
#pragma once

#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>
#include <larder/repo/repo_path.hpp>
#include <larder/repo/weights.hpp>
#include <larder/transfer/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

struct PullOptions {
  repo::Reference reference;
  std::vector<std::string> files;                   ///< FILE…: exact files or folders
  std::optional<std::vector<std::string>> include;  ///< nullopt: no --include
  std::vector<std::string> exclude;
  std::optional<std::string> local_dir;  ///< absolute
  bool hard_links = false;               ///< --link (with local_dir)
  bool force = false;
  bool overwrite = false;
  bool offline = false;
  bool require_pinned = false;
  bool no_pickle = false;
  repo::Preference preference = repo::Preference::Any;
  std::vector<std::string> mirrors;  ///< base URLs, in order
  transfer::EngineOptions engine;
};

/// Path, size and digest are in the report's tree: a file costs eight bytes more, not a string (I9).
struct PulledFile {
  std::uint32_t index = 0;  ///< in the tree
  transfer::FileStatus status = transfer::FileStatus::Pending;
};

/// Of which commit, and what of it was chosen.
struct SelectionReport {
  repo::RepoId repo;
  std::string canonical_id;  ///< the Hub's own id when it is another; else empty
  std::string requested;     ///< the revision as asked
  repo::CommitId commit;
  std::string path;  ///< what stdout says: snapshot folder, single file, or local folder
  repo::Tree tree;   ///< what `files` and `left_out` point into; empty when the run failed before it was listed
  std::vector<repo::LeftOut> left_out;
  std::vector<std::string> warnings;
  std::uint64_t total_bytes = 0;  ///< sizes of the chosen files
};

/// What a pull did, or got done before it failed. Files in tree order.
struct PullReport : SelectionReport {
  std::vector<PulledFile> files;
  FailureList failures;             ///< by index in the tree, ascending
  std::vector<std::string> notes;   ///< worth a line to a person: "main moved from … to …", files that run code (T18, T19)
  std::uint64_t fetched_bytes = 0;  ///< body bytes over the network
  std::uint64_t reused_bytes = 0;
  std::uint64_t requests = 0;
  double seconds = 0;
};

/// Pulls. The report is filled as far as things went, also on failure. Order of effects: docs/reliability.md "The commit order".
/// Thread: the caller's; blocks.
Result<void> pull(Services& services, const PullOptions& options, PullReport& report, const CancelToken& cancel);

/// What a pull would do. Why for each file: transfer::reason(tree, file).
struct PlanReport : SelectionReport {
  std::vector<transfer::PlannedFile> files;
  std::uint64_t fetch_bytes = 0;
  std::uint64_t reuse_bytes = 0;
  std::uint64_t requests = 0;  ///< expected, of the pull
  std::uint64_t space_needed = 0;
  std::uint64_t space_present = 0;  ///< 0 with space_known = false: the file system does not say
  bool space_known = false;
};

/// What pull would do; writes nothing.
Result<PlanReport> plan(Services& services, const PullOptions& options, const CancelToken& cancel);

}  // namespace larder::ops
