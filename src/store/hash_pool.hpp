// Hashes many files on all cores, SHA-256 two to sixteen files at a time on each core.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/digest/digest.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace larder::store {

/// One file to hash. `size`: what is to be hashed of it; a shorter file gives another digest.
struct HashJob {
  std::string path;  ///< absolute, a regular file
  digest::Algorithm algorithm = digest::Algorithm::Sha256;
  std::uint64_t size = 0;
  std::size_t tag = 0;  ///< the caller's
};

struct HashOutcome {
  std::size_t tag = 0;
  Result<digest::Digest> digest;
};

/// What is to be hashed, and by how many threads at the most.
struct HashBatch {
  std::vector<HashJob> jobs;
  int threads = 0;  ///< 0: one a core
};

/// Called in the thread of `hash_files`.
struct HashListener {
  std::function<void(const HashOutcome&)> done;  ///< once for each job, in any order
  std::function<void(std::uint64_t)> bytes;      ///< bytes hashed so far, several times a second; may be empty
};

/// How many files there are to hash, and how many of them by SHA-256.
struct HashWork {
  std::size_t files = 0;
  std::size_t sha256_files = 0;
};

/// How hashing is shared out: each of `threads` has up to `lanes` files open.
struct HashShape {
  std::size_t threads = 1;
  std::size_t lanes = 1;
};

/// For `cores` cores of a process that may have so many descriptors: fewer files at a time where they are few, not an error (L15).
HashShape hash_shape(const HashWork& work, std::size_t cores, std::uint64_t descriptors);

/// Hashes all jobs, the largest first. SHA-256 streams run in lockstep (docs/decisions/0012). Memory: 512 KiB of pieces a thread.
/// Errors: Interrupted or TimedOut by `cancel`; a shortage of descriptors or memory, which says nothing about a file; those of single files
/// are in their outcome. Thread: the caller's, workers beside it; blocks.
Result<void> hash_files(fs::Disk& disk, Clock& clock, HashBatch batch, const HashListener& listener, const CancelToken& cancel);

}  // namespace larder::store
