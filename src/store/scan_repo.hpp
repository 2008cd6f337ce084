// scan_repo: one repository folder of the cache, read without changing anything.
#pragma once

#include "store/scan_leftovers.hpp"
#include "store/scan_refs.hpp"
#include "store/snapshot_walk.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/store/inventory.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace larder::store {

/// What a scan of one repository has to find out besides names and sizes; each costs reading.
struct ScanWants {
  bool completeness = false;  ///< hold listings against snapshots
  bool marks = false;         ///< pins and last use
  bool judged = false;        ///< deadness of leftovers, entries that are nobody's, leases and locks
  static ScanWants of(InventoryDepth depth);
};

/// Scans one repository. Thread: one at a time.
class RepoScan {
 public:
  /// `payloads`: of the shared store, sorted by name. All are borrowed for the life of this object.
  RepoScan(Store& store, ScanWants wants, const std::vector<PayloadRecord>& payloads, const CancelToken& cancel);

  /// What is broken is in the record's problems. nullopt: the folder vanished meanwhile (C27). Errors: Interrupted, IoFailed.
  Result<std::optional<RepoRecord>> run(const repo::RepoId& repo, const std::string& folder);

 private:
  struct OddEntry {
    SnapshotEntry entry;
    std::uint32_t blob = BlobRecord::kNone;
  };
  struct Walk {  // one revision under way
    RevisionRecord revision;
    std::vector<OddEntry> odd;
    std::optional<repo::Tree> tree;
    std::vector<bool> present;  // of the tree
    std::size_t present_count = 0;
    bool has_blob_links = false;
  };

  Result<void> look_at_folders();
  Result<void> scan_blobs();
  Result<void> add_blob_entry(const std::string& name);
  Result<void> add_blob_link(BlobRecord record);
  Result<void> scan_ref_files();
  void join_refs();
  Result<void> scan_snapshots();
  Result<void> scan_snapshot(const std::string& name);
  Result<void> add_entry(Walk& walk, SnapshotEntry& entry);
  Result<std::uint32_t> blob_of_entry(const std::string& path, const SnapshotEntry& entry);
  Result<std::uint32_t> outside_blob(const SnapshotEntry& entry);
  std::uint32_t named_blob(const std::string& name);
  void judge_odd_entries(Walk& walk);
  Result<void> finish_revision(Walk& walk, const std::string& name);
  Result<void> apply_removal_notes();
  Result<void> read_marks(RevisionRecord& revision);
  Result<void> scan_tree_temps();
  Result<void> finish();
  void problem(ProblemKind kind, std::string path_in_repo, std::string expected = {}, std::string actual = {});
  [[nodiscard]] Deadness deadness() const { return wants_.judged ? Deadness::Judged : Deadness::NotAsked; }

  Store& store_;
  ScanWants wants_;
  const std::vector<PayloadRecord>& payloads_;
  const CancelToken& cancel_;
  RepoLayout layout_;
  RepoRecord record_;
  std::vector<RefRecord> refs_;
  bool has_trees_ = false;
  std::size_t named_ = 0;                        // record_.blobs[0, named_) are the entries of blobs/, sorted by name
  std::map<std::string, std::uint32_t> others_;  // absent and outside ones by name
};

}  // namespace larder::store
