// PullState: what a pull leaves in the repository beside the files: listing, marks, ref.
#pragma once

#include "ops/prepare.hpp"
#include "store/repo_gate.hpp"
#include "store/store.hpp"

namespace larder::ops {

/// Cache mode keeps all of it in <REPO>; local-folder mode writes only the listing, into the folder, and never touches the cache.
class PullState {
 public:
  PullState(Services& services, const PullOptions& options, const Prepared& prepared, const CancelToken& cancel);

  /// Before the first change. An empty selection still gets its folder.
  Result<void> begin();
  /// trees/<commit>.json, if the listing came from the Hub in this run.
  Result<void> write_tree();
  /// Pin of a commit that was asked for, mark of use, and the ref, last of all. What a read-only cache refuses is a warning when the files
  /// themselves needed no change (L12).
  Result<void> write_marks_and_ref(PullReport& report);
  /// .no_exist markers for FILEs the commit lacks. Best effort.
  void mark_missing(const std::vector<std::string>& paths);
  /// After an interrupt or a local failure: the listing too, when it is small, so that the next run needs none.
  void abandon();

 private:
  Result<void> write_ref(PullReport& report);
  [[nodiscard]] Result<store::RepoGate> make_repo() const;

  Services& services_;
  const PullOptions& options_;
  const Prepared& prepared_;
  const CancelToken& cancel_;
  store::RepoLayout layout_;
  bool has_begun_ = false;
};

}  // namespace larder::ops
