// SnapshotScan: one revision of a repository, read without changing anything.
#pragma once

#include "store/blob_table.hpp"
#include "store/removal_note.hpp"
#include "store/snapshot_walk.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/store/inventory.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
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

/// What the scans of all revisions of a repository share. All but `wants` is borrowed.
struct SnapshotScanContext {
  Store& store;
  const RepoLayout& layout;
  BlobTable& blobs;                ///< what the entries lead to is marked, and added where it is missing
  std::vector<Problem>& problems;  ///< what is broken is added
  NotedSnapshots& noted;
  std::atomic<std::uint64_t>& files_seen;  ///< added to
  const CancelToken& cancel;
  ScanWants wants;
};

/// Scans one folder of snapshots/, once. Thread: one at a time.
class SnapshotScan {
 public:
  explicit SnapshotScan(const SnapshotScanContext& context) : context_(context) {}

  /// `name`: of the folder. nullopt: it vanished meanwhile (C27). Errors: Interrupted, and those of the disk.
  Result<std::optional<RevisionRecord>> run(const std::string& name);

 private:
  /// An entry that is no link to a blob, and its place in the table.
  struct OddEntry {
    SnapshotEntry entry;
    std::uint32_t blob = BlobRecord::kNone;
  };

  Result<void> add_entry(SnapshotEntry& entry);
  Result<std::uint32_t> blob_of(const std::string& path, const SnapshotEntry& entry);
  Result<std::uint32_t> outside_blob(const SnapshotEntry& entry);
  std::uint32_t named_blob(const std::string& name);
  void compare_with_listing(const std::string& path, const SnapshotEntry& entry, const BlobRecord& blob);
  void judge_odd_entries();
  Result<bool> add_up();
  Result<void> read_marks();
  void problem(ProblemKind kind, const std::string& path, std::string expected = {}, std::string actual = {});

  SnapshotScanContext context_;
  RevisionRecord revision_;
  std::optional<repo::Tree> tree_;
  std::vector<bool> present_;  // by entry of the tree
  std::size_t present_count_ = 0;
  std::vector<OddEntry> odd_;
  bool has_blob_links_ = false;
};

}  // namespace larder::store
