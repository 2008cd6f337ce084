// AdoptCommit: puts files that are on this machine into one commit of one repository.
#pragma once

#include "store/adopt_blob.hpp"
#include "store/lease.hpp"
#include "store/snapshot_writer.hpp"
#include "store/store.hpp"
#include "store/work_notes.hpp"

#include <larder/base/cancel.hpp>
#include <larder/ops/cache_adopt.hpp>
#include <larder/repo/tree.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

/// What tells `notes` of a file that is being taken over: bytes so far. Both are borrowed.
std::function<void(std::uint64_t)> note_of_copy(store::WorkNotes& notes, const std::string& path, std::uint64_t size);

/// Blob, then link, then listing, then ref: the commit order of a pull, under a lease. Makes nothing before the first file.
/// Thread: one at a time.
class AdoptCommit {
 public:
  AdoptCommit(store::Store& store, const repo::RepoId& repo, const repo::CommitId& commit, store::HardLinks hard_links,
              const CancelToken& cancel);

  /// One file: its bytes into blobs/, its link into the snapshot. `path`: checked by repo::check_name already.
  Result<AdoptHow> take(const store::AdoptSource& source, std::string_view path);
  /// After the last file: syncs the links, keeps the listing, and writes `ref` if every listed file is here (I2). True: it is complete.
  /// Nothing was taken and nothing is here: false, and nothing is made.
  Result<bool> finish(const repo::Tree* tree, const std::optional<repo::Revision>& ref);

 private:
  Result<void> begin();
  Result<bool> is_complete(const repo::Tree& tree);

  store::Store& store_;
  store::RepoLayout layout_;
  repo::CommitId commit_;
  store::HardLinks hard_links_;
  const CancelToken& cancel_;
  std::optional<store::Lease> lease_;
  std::optional<store::SnapshotWriter> writer_;
};

}  // namespace larder::ops
