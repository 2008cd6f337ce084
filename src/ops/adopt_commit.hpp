// AdoptCommit: puts files that are on this machine into one commit of one repository.
#pragma once

#include "ops/adoption.hpp"
#include "store/lease.hpp"
#include "store/snapshot_writer.hpp"
#include "store/store.hpp"

#include <larder/repo/tree.hpp>

#include <optional>
#include <string>

namespace larder::ops {

/// A file whose bytes were hashed, and the file of the repository that they are.
struct AdoptFile {
  std::string file;     ///< absolute; may be a link to a regular file
  fs::FileFacts facts;  ///< of the regular file, from before it was hashed
  digest::Digest digest;
  std::string path;  ///< in the repository; checked by repo::check_name
};

/// Blob, then link, then listing, then ref: the commit order of a pull, under a lease. Makes nothing before the first file.
/// Thread: one at a time.
class AdoptCommit {
 public:
  AdoptCommit(Adoption& run, const repo::RepoId& repo, const repo::CommitId& commit);

  /// One file: its bytes into blobs/, its link into the snapshot, its line into the report. False: it was left (it changed, it is gone,
  /// another process brings it), and why is in the report. Errors: what ends the run.
  Result<bool> take(const AdoptFile& file);
  /// After the last file: syncs the links, keeps the listing, and writes `ref` if every listed file is here (I2). True: it is complete.
  /// Nothing was taken and nothing is here: false, and nothing is made.
  Result<bool> finish(const repo::Tree* tree, const std::optional<repo::Revision>& ref);

 private:
  Result<void> begin();
  Result<AdoptHow> bring(const AdoptFile& file, const std::string& from);
  Result<bool> is_complete(const repo::Tree& tree);

  Adoption& run_;
  store::Store& store_;
  repo::RepoId repo_;
  store::RepoLayout layout_;
  repo::CommitId commit_;
  std::optional<store::Lease> lease_;
  std::optional<store::SnapshotWriter> writer_;
};

}  // namespace larder::ops
