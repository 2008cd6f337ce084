// RefTable: which refs lead to which snapshot, asked for each snapshot that goes.
#pragma once

#include "store/look_budget.hpp"
#include "store/scan_refs.hpp"

#include <larder/base/result.hpp>

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace larder::store {

/// The refs of one repository by what they hold. All are read at the first question; after that
/// - a folder that changed is listed again, and of its files those that changed are read again: a ref that is made, or replaced by a rename
///   (larder, and the Python client since 2.0: R-512), changes its folder;
/// - all files are looked at when that is due (LookBudget): older clients write into the file that is there, and a folder that changes
///   twice in one tick of the clock shows it once. One that changed within two seconds is read again: file times are that coarse on some
///   disks.
/// Thread: one at a time.
class RefTable {
 public:
  RefTable(Store& store, RepoLayout layout) : store_(store), layout_(std::move(layout)) {}

  /// Names of the refs that lead to `snapshot`, sorted.
  Result<std::vector<std::string>> names_of(const std::string& snapshot);
  /// Removes them, durably. One that was moved elsewhere in the meantime stays.
  Result<void> remove_refs_of(const std::string& snapshot);
  /// Has the next question look at every file, due or not.
  void doubt() { is_doubted_ = true; }

 private:
  struct Ref {
    fs::FileFacts facts;
    std::string content;
    bool is_settled = false;
  };
  struct Folder {
    fs::FileFacts facts;
    std::vector<std::string> files;
    std::vector<std::string> subfolders;
  };
  Result<void> refresh();
  Result<void> refresh_folder(const std::string& folder, bool is_forced, std::vector<std::string>& waiting);
  Result<void> take(const std::string& name, const fs::FileFacts& facts);
  Result<void> remove_ref(const std::string& name, const std::string& snapshot);
  void drop(const std::string& name);
  void drop_folder(const std::string& folder);
  Result<void> own_change(const std::string& folder, const std::optional<fs::FileFacts>& before);
  [[nodiscard]] std::string path_of(const std::string& name) const { return name.empty() ? layout_.refs() : layout_.refs() + "/" + name; }

  Store& store_;
  RepoLayout layout_;
  std::unordered_map<std::string, Ref> refs_;                          // by name
  std::unordered_map<std::string, std::set<std::string>> by_content_;  // names by what they hold
  std::unordered_map<std::string, Folder> folders_;                    // by path below refs/, "" for itself
  LookBudget file_budget_;
  LookBudget folder_budget_;
  bool is_doubted_ = true;
};

}  // namespace larder::store
