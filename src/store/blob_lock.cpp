#include "store/blob_lock.hpp"

namespace larder::store {

Result<fs::LockAttempt> try_lock_blob(Store& store, const RepoLayout& layout, std::string_view blob) {
  LARDER_CHECK(store.make_folders(layout.locks()));
  return fs::FileLock::try_lock(layout.lock(blob));
}

}  // namespace larder::store
