// RepoScan: one repository folder of the cache, read without changing anything.
#pragma once

#include "store/scan_leftovers.hpp"
#include "store/scan_refs.hpp"
#include "store/scan_snapshot.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/store/inventory.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::store {

/// Scans one repository, once. Thread: one at a time.
class RepoScan {
 public:
  /// `payloads`: of the shared store, sorted by name. All are borrowed for the life of this object.
  /// `files_seen` is added to while files are looked at.
  RepoScan(Store& store, ScanWants wants, const std::vector<PayloadRecord>& payloads, std::atomic<std::uint64_t>& files_seen,
           const CancelToken& cancel);

  /// What is broken is in the record's problems. nullopt: the folder vanished meanwhile (C27). Errors: Interrupted, IoFailed.
  Result<std::optional<RepoRecord>> run(const repo::RepoId& repo, const std::string& folder);

 private:
  Result<void> look_at_folders();
  Result<void> scan_blobs();
  Result<void> add_blob_entry(const std::string& name);
  Result<void> add_blob_link(BlobRecord record);
  Result<void> scan_ref_files();
  void join_refs();
  Result<void> scan_snapshots();
  Result<void> apply_removal_notes();
  Result<void> scan_tree_temps();
  Result<void> finish();
  void problem(ProblemKind kind, std::string path_in_repo, std::string expected = {}, std::string actual = {});
  [[nodiscard]] Deadness deadness() const { return wants_.judged ? Deadness::Judged : Deadness::NotAsked; }

  Store& store_;
  ScanWants wants_;
  const std::vector<PayloadRecord>& payloads_;
  std::atomic<std::uint64_t>& files_seen_;
  const CancelToken& cancel_;
  RepoLayout layout_;
  RepoRecord record_;
  BlobTable blobs_{record_.blobs};
  std::vector<RefRecord> refs_;
  bool has_trees_ = false;
};

}  // namespace larder::store
