// Engine: brings the planned files here, in parallel ranges, verified.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/failure_list.hpp>
#include <larder/base/progress.hpp>
#include <larder/base/random.hpp>
#include <larder/net/retry.hpp>
#include <larder/net/transport.hpp>
#include <larder/transfer/plan.hpp>

#include <memory>
#include <vector>

namespace larder::transfer {

class BlobSource;
class Destination;

struct EngineOptions {
  int jobs = 0;                            ///< most connections at a time; 0: 32 (engine.md §4)
  std::uint64_t limit_rate = 0;            ///< bytes a second that the transport keeps to; 0: no limit
  std::chrono::seconds stall_timeout{20};  ///< a range that gets no byte this long is asked for again
  std::chrono::seconds lock_timeout{600};  ///< then LockBusy
  std::optional<SteadyTime> deadline;      ///< end of the run (`--timeout`)
  net::RetryPolicy retry;
  std::chrono::milliseconds header_timeout{30'000};  ///< wait for an answer's headers
  int run_retries = 500;                             ///< failures in a row without progress over the whole run
  int cores = 0;                                     ///< 0: ask the system
  /// false: disk and digest work run on the caller's thread, in one order of events (tests, single-threaded hosts).
  bool uses_threads = true;
};

enum class FileStatus : std::uint8_t { Pending, Fetched, Resumed, Reused, Shared, Failed };
std::string_view name(FileStatus status);

struct EngineReport {
  std::vector<FileStatus> statuses;   ///< one per plan.files; Reuse and Share entries are left Pending for the caller
  FailureList failures;               ///< by index in the tree
  std::uint64_t body_bytes = 0;       ///< over the network, repeats included
  std::vector<std::string> warnings;  ///< "model.bin: wrong bytes once from mirror …, fetched again"
};

/// Owns every decision of a transfer, on the caller's thread; network, disk and digest threads are workers (engine.md §4).
class Engine {
 public:
  /// `sources`: in order of preference, at least one. Everything is borrowed and must outlive the engine.
  Engine(Clock& clock, Random& random, net::Transport& transport, BufferPool& pool, Destination& destination,
         const std::vector<std::unique_ptr<BlobSource>>& sources, ProgressSink& progress, EngineOptions options);
  ~Engine();

  /// Fetches every file of the plan whose action is Fetch or Resume and that is not `same_as` another. Failed files don't stop the others,
  /// except that DiskFull, ReadOnly, IoFailed and Interrupted end the run at once (partials are kept). The outer
  /// Result fails only for Interrupted, TimedOut of the deadline, and such run-ending errors; `report` is filled either way.
  Result<void> run(const repo::Tree& tree, const TransferPlan& plan, EngineReport& report, const CancelToken& cancel);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::transfer
