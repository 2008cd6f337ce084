// Hashes an open file, or copies it and hashes on the way; with cancel and byte progress.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/cancel.hpp>
#include <larder/digest/digest.hpp>

#include <cstdint>
#include <functional>

namespace larder::store {

/// Hears how many bytes are done (absolute), in the caller's thread, at most once a mebibyte. May be empty.
using BytesDone = std::function<void(std::uint64_t)>;

/// What is to be hashed: the first `size` bytes.
struct HashedPart {
  digest::Algorithm algorithm = digest::Algorithm::Sha256;
  std::uint64_t size = 0;
};

/// Two open files: bytes go from the start of one to the start of the other.
struct CopyEnds {
  int from = -1;
  int to = -1;
};

/// The digest of the first `part.size` bytes of an open file. A shorter file gives the digest of what is there, which then is another one.
/// Errors: IoFailed; what `cancel` says.
Result<digest::Digest> digest_file(fs::Disk& disk, int fd, const HashedPart& part, const BytesDone& done, const CancelToken& cancel);

/// Copies the first `part.size` bytes and returns their digest. Syncs nothing. Errors: also DiskFull.
Result<digest::Digest> copy_file(fs::Disk& disk, CopyEnds ends, const HashedPart& part, const BytesDone& done, const CancelToken& cancel);

}  // namespace larder::store
