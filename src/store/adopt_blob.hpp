// Brings the bytes of a file that is on this machine already into blobs/, without a download.
#pragma once

#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/digest/digest.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace larder::store {

enum class TakenBy : std::uint8_t { Reflink, HardLink, Copy, Reused };
/// May the cache and the file be one inode?
enum class HardLinks : std::uint8_t { No, Yes };

/// Where the bytes are, and what they were when they were hashed.
struct AdoptSource {
  std::string path;  ///< absolute; may be a link to a regular file
  digest::Digest digest;
  std::uint64_t size = 0;
  fs::FileFacts facts;                                   ///< of the regular file, from before it was hashed
  std::function<void(std::uint64_t bytes)> copied = {};  ///< hears how far a copy is, in the caller's thread; may be empty
};

/// Makes blobs/<digest> of the repository, unless it is there (Reused): reflink, else hard link if allowed, else a copy that is hashed on
/// the way. The blob's lock is held meanwhile; the name appears only when the bytes are durable (I1, I5). A source that changed since it
/// was hashed: DigestMismatch. Errors: LockBusy, DiskFull, PermissionDenied, ReadOnly, UnsafeLink, IoFailed, Interrupted.
Result<TakenBy> adopt_blob(Store& store, const RepoLayout& layout, const AdoptSource& source, HardLinks hard_links,
                           const CancelToken& cancel);

}  // namespace larder::store
