// Hashes the files of many checks and turns what is wrong into findings.
#pragma once

#include "store/blob_check.hpp"
#include "store/store.hpp"

#include <larder/base/progress.hpp>
#include <larder/store/verify.hpp>

#include <functional>
#include <vector>

namespace larder::store {

/// `blob`: name of the blob concerned; empty: none.
Finding finding_of(Problem problem, std::string blob);

/// Asked for a file that turned out wrong: is this digest one that the repository wants under another name?
using WantsDigest = std::function<bool(const BlobCheck&, const digest::Digest&)>;

/// Asked for a file that turned out wrong: what the listings say about it, so that they need not be read for those that are right.
using Complete = std::function<void(BlobCheck&)>;

/// Who is asked about wrong files, who hears how many bytes are hashed of these checks, and on how many threads they are.
struct VerifyAsk {
  Complete complete;
  WantsDigest wants;
  std::function<void(std::uint64_t)> bytes;
  int threads = 0;  ///< as VerifyOptions
};

/// Runs the checks, the largest first; files with the same `file` and kind of digest are read once. Findings and counts go to `report`; a
/// file that vanished meanwhile is left out (C27). Errors: what `cancel` says.
Result<void> verify_bytes(Store& store, std::vector<BlobCheck>& checks, const VerifyAsk& ask, VerifyReport& report,
                          const CancelToken& cancel);

}  // namespace larder::store
