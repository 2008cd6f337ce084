// DiskWorker: the thread for whatever may block on a disk: locks, writes, syncs, renames.
#pragma once

#include "transfer/destination.hpp"
#include "transfer/piece.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace larder::transfer {

class DigestPool;

/// One try for the lock, then the partial.
struct OpenJob {
  FileId id = 0;
  repo::FileEntry file;
};
struct WriteJob {
  FileId id = 0;
  store::PartialBlob* partial = nullptr;
  std::uint64_t offset = 0;
  Piece piece;
};
/// Journal records that are due by time.
struct TickJob {
  FileId id = 0;
  store::PartialBlob* partial = nullptr;
};
/// All writes asked for before are done: the oldest waiting read-back of this file may start.
struct ReadBackJob {
  FileId id = 0;
};
/// Forgets all ranges of the partial.
struct RestartJob {
  FileId id = 0;
  store::PartialBlob* partial = nullptr;
};
struct PublishJob {
  FileId id = 0;
  repo::FileEntry file;
  std::unique_ptr<store::PartialBlob> partial;
};
struct AbandonJob {
  FileId id = 0;
  repo::FileEntry file;
  std::unique_ptr<store::PartialBlob> partial;
  bool keep = true;
};
/// A group commit; `positions` say which files of the plan these are.
struct SmallBatchJob {
  std::vector<SmallFile> files;
  std::vector<std::uint32_t> positions;
};
struct FinishJob {};
using DiskJob = std::variant<OpenJob, WriteJob, TickJob, ReadBackJob, RestartJob, PublishJob, AbandonJob, SmallBatchJob, FinishJob>;

struct OpenedEvent {
  FileId id = 0;
  Result<LockOutcome> outcome;
  std::optional<int> holder;                    ///< of the lock, when Busy
  std::unique_ptr<store::PartialBlob> partial;  ///< when Held
};
struct DiskFailedEvent {
  FileId id = 0;
  Error error;
};
struct PublishedEvent {
  FileId id = 0;
  Result<void> result;
};
struct AbandonedEvent {
  FileId id = 0;
};
struct SmallBatchEvent {
  std::vector<SmallFile> files;  ///< without their content
  std::vector<std::uint32_t> positions;
  std::vector<Result<void>> results;  ///< one per file
};
struct FinishedEvent {
  Result<void> result;
};
using DiskEvent = std::variant<OpenedEvent, DiskFailedEvent, PublishedEvent, AbandonedEvent, SmallBatchEvent, FinishedEvent>;

/// Does jobs one after the other, in the order of asking: so a ReadBackJob knows that the writes before it are in the file, and a
/// PublishJob that nobody writes any more. `report` is called on the worker's thread. Everything borrowed outlives it.
class DiskWorker {
 public:
  using Report = std::function<void(DiskEvent)>;
  DiskWorker(Destination& destination, DigestPool& digests, WorkerMode mode, Report report);
  DiskWorker(const DiskWorker&) = delete;
  DiskWorker& operator=(const DiskWorker&) = delete;
  ~DiskWorker();  ///< jobs still queued are not done

  void submit(DiskJob job);

 private:
  void loop(const std::stop_token& stop);
  void run(DiskJob& job) noexcept;
  void work(OpenJob& job);
  void work(WriteJob& job);
  void work(TickJob& job);
  void work(ReadBackJob& job);
  void work(RestartJob& job);
  void work(PublishJob& job);
  void work(AbandonJob& job);
  void work(SmallBatchJob& job);
  void work(FinishJob& job);
  void report_failure(FileId id, const Result<void>& result);

  Destination& destination_;
  DigestPool& digests_;
  WorkerMode mode_;
  Report report_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<DiskJob> jobs_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace larder::transfer
