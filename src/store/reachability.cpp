#include "store/reachability.hpp"

#include "store/file_times.hpp"

namespace larder::store {
Result<void> Reachability::refresh(RemovalSteps& steps, const CancelToken& cancel) {
  LARDER_TRY(const auto snapshots, store_.disk().list(layout_.snapshots()));
  for (const std::string& snapshot : snapshots) {
    std::vector<std::string> waiting{""};
    while (!waiting.empty()) {
      if (cancel.is_cancelled()) return fail(cancel.error());
      const std::string folder = std::move(waiting.back());
      waiting.pop_back();
      LARDER_CHECK(refresh_folder(snapshot, folder, waiting, steps));
    }
  }
  return {};
}

Result<void> Reachability::refresh_folder(const std::string& snapshot, const std::string& folder, std::vector<std::string>& waiting,
                                          RemovalSteps& steps) {
  const std::string key = folder.empty() ? snapshot : snapshot + "/" + folder;
  LARDER_TRY(const auto facts, store_.disk().look(layout_.snapshots() + "/" + key));
  if (!facts || facts->kind != fs::FileKind::Folder) return {};
  Known& known = folders_[key];
  const bool is_same = known.is_settled && known.mtime_ns == facts->mtime_ns && known.inode == facts->inode;
  if (!is_same) {
    known = Known{facts->mtime_ns, facts->inode, is_settled(store_.clock(), facts->mtime_ns), {}};
    const auto visit = [&](SnapshotEntry& entry) -> Result<void> {
      steps.looked();
      if (entry.is_blob_link()) names_.insert(entry.target.name);
      return {};
    };
    LARDER_CHECK(list_snapshot_folder({store_.disk(), layout_, snapshot}, folder, visit, known.subfolders));
  }
  waiting.insert(waiting.end(), known.subfolders.begin(), known.subfolders.end());
  return {};
}

}  // namespace larder::store
