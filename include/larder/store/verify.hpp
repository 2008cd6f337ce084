// Verify: re-hash every blob against its name, and hold links and refs against the layout. No network.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/progress.hpp>
#include <larder/store/inventory.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::store {

/// One thing that is wrong, or a note. `expected`, `actual`: digests ("sha256:…"), sizes ("123"), link texts, commits; may be empty.
struct Finding {
  ProblemKind kind = ProblemKind::Digest;
  std::optional<repo::RepoId> repo;  ///< nullopt: of the root or of a local folder
  std::string path;                  ///< relative to the cache (or to the local folder); exact bytes
  std::string expected;
  std::string actual;
  std::string invariant;  ///< "I1" … with --invariants; else empty
  bool is_repaired = false;
  std::string blob;  ///< name of the blob concerned, where there is one: what a repair has to fetch
};

struct VerifyCounts {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t links = 0;
  std::uint64_t refs = 0;
};

struct VerifyReport {
  VerifyCounts checked;
  std::vector<Finding> findings;  ///< sorted by path
  /// Any finding that is damage and was not repaired.
  [[nodiscard]] bool has_damage() const;
};

/// What to look at: a repository, or one revision of it.
struct VerifyScope {
  repo::RepoId repo;
  std::string commit;  ///< folder in snapshots/; empty: the whole repository with every blob it has
};

struct VerifyOptions {
  std::vector<VerifyScope> scopes;  ///< empty: the whole cache
  bool invariants = false;          ///< also I1–I4 and I12 of docs/reliability.md, each finding with its id
  int threads = 0;                  ///< 0: one for each core
};

/// Verifies a cache (C13–C19, C26). Changes nothing. Errors: NotInCache when a scope is not here; Interrupted; IoFailed of the root.
/// Thread: the caller's, with one hashing thread a core beside it; blocks.
Result<VerifyReport> verify_cache(Store& store, const VerifyOptions& options, ProgressSink& progress, const CancelToken& cancel);

/// Verifies a folder made with --local-dir against its own metadata and listing (R-601…R-606). `folder` is absolute.
Result<VerifyReport> verify_local_dir(Store& store, const std::string& folder, const VerifyOptions& options, ProgressSink& progress,
                                      const CancelToken& cancel);

}  // namespace larder::store
