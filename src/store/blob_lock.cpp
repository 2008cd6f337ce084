#include "store/blob_lock.hpp"

namespace larder::store {

Result<fs::LockAttempt> try_lock_blob(Store& store, const RepoLayout& layout, std::string_view blob) {
  LARDER_CHECK(store.make_folders(layout.locks()));
  return fs::FileLock::try_lock(layout.lock(blob));
}

bool is_lock_held(fs::Disk& disk, const std::string& path) {
  const auto facts = disk.look(path);
  if (!facts || !*facts || (*facts)->kind != fs::FileKind::Regular) return false;
  const auto attempt = fs::FileLock::try_lock(path);
  return attempt ? attempt->outcome == fs::FileLock::Outcome::Busy : fs::FileLock::holder(path).has_value();
}

}  // namespace larder::store
