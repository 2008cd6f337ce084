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

/// Names are collected while links go, the entries after the last of them. Thread: one at a time.
class BlobSweep {
 public:
  BlobSweep(Store& store, RepoLayout layout, RemovalSteps& steps, const CancelToken& cancel)
      : store_(store), layout_(std::move(layout)), steps_(steps), cancel_(cancel), reachability_(store, layout_) {}

  void add(const std::string& name) { names_.insert(name); }
  /// The entries added so far: each under its lock, and only if neither a link nor a lease needs it by then. Errors: of the first that
  /// could not be removed, when the others are gone; Interrupted.
  Result<void> run();
  /// Payloads of the shared store whose entries were removed: to be swept.
  [[nodiscard]] const std::set<std::string>& payloads() const { return payloads_; }

 private:
  Result<void> remove_batch(const std::vector<std::string>& names);
  Result<void> remove(const std::string& name);

  Store& store_;
  RepoLayout layout_;
  RemovalSteps& steps_;
  const CancelToken& cancel_;
  Reachability reachability_;
  std::set<std::string> names_;
  std::set<std::string> payloads_;
};

}  // namespace larder::store
