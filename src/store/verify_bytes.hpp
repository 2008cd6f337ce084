// Hashes the files of many checks and turns what is wrong into findings.
#pragma once

#include "store/blob_check.hpp"
#include "store/store.hpp"

#include <larder/base/progress.hpp>
#include <larder/store/verify.hpp>

#include <functional>
#include <vector>

namespace larder::store {

/// Asked for a file that turned out wrong: is this digest one that the repository wants under another name?
using WantsDigest = std::function<bool(const BlobCheck&, const digest::Digest&)>;

/// Runs the checks; files with the same `file` and kind of digest are read once. Findings and counts go to `report`; a file that vanished
/// meanwhile is left out (C27). `threads`: as VerifyOptions. Errors: what `cancel` says.
Result<void> verify_bytes(Store& store, const std::vector<BlobCheck>& checks, const WantsDigest& wants, const VerifyOptions& options,
                          VerifyReport& report, ProgressSink& progress, const CancelToken& cancel);

}  // namespace larder::store
