// BlobSweep: removes the blob entries of one repository that nothing leads to any more.
#pragma once

#include "store/reachability.hpp"
#include "store/removal_steps.hpp"
#include "store/store.hpp"

#include <larder/base/cancel.hpp>

#include <set>
#include <string>
#include <vector>

namespace larder::store {

/// Names are collected while links go, the entries after the last of them. An entry goes in two steps, because another client may have seen
/// it a moment before: the Python client looks for a blob, waits for its lock, and then links it without a second look (R-516, step 5). So
/// `run` puts entries aside, in `.larder/tmp/<blob>.<run>`; whoever links one within the next moment gets it back by `look_again`, and
/// `let_go` removes the rest. Thread: one at a time.
class BlobSweep {
 public:
  BlobSweep(Store& store, RepoLayout layout, RemovalSteps& steps, const CancelToken& cancel)
      : store_(store), layout_(std::move(layout)), steps_(steps), cancel_(cancel), reachability_(store, layout_) {}

  void add(const std::string& name) { names_.insert(name); }
  /// The entries added so far: each under its lock, and only if neither a link nor a lease needs it by then. They are put aside, or gone
  /// where nobody can be about to link them: no snapshot is left. Errors: of the first that could not be removed, when the others are
  /// gone; Interrupted.
  Result<void> run();
  [[nodiscard]] bool has_aside() const { return !aside_.empty(); }
  /// Gives back what a link leads to by now; everything when the links cannot be read. Errors: of the first that cannot be given back;
  /// Interrupted.
  Result<void> look_again();
  /// Errors: of the first that cannot be removed, when the others are gone.
  Result<void> let_go();
  /// Payloads of the shared store whose entries were removed: to be swept.
  [[nodiscard]] const std::set<std::string>& payloads() const { return payloads_; }

 private:
  Result<void> remove_batch(const std::vector<std::string>& names);
  Result<void> remove(const std::string& name);
  bool put_aside(const std::string& name);
  Result<void> give_back(const std::vector<std::string>& names);
  [[nodiscard]] std::string place_aside(const std::string& name) const { return layout_.tmp() + "/" + name + "." + store_.run(); }

  Store& store_;
  RepoLayout layout_;
  RemovalSteps& steps_;
  const CancelToken& cancel_;
  Reachability reachability_;
  std::set<std::string> names_;
  std::set<std::string> payloads_;
  bool has_place_aside_ = false;
  std::vector<std::string> aside_;  // names
};

}  // namespace larder::store
