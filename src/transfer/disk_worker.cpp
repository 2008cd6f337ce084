#include "transfer/disk_worker.hpp"

#include "transfer/digest_pool.hpp"

#include <exception>

namespace larder::transfer {

DiskWorker::DiskWorker(Destination& destination, DigestPool& digests, WorkerMode mode, Report report)
    : destination_(destination), digests_(digests), mode_(mode), report_(std::move(report)) {
  if (mode_ == WorkerMode::Threads) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

DiskWorker::~DiskWorker() = default;

void DiskWorker::submit(DiskJob job) {
  if (mode_ == WorkerMode::Inline) {
    run(job);
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void DiskWorker::loop(const std::stop_token& stop) {
  std::deque<DiskJob> taken;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      taken.swap(jobs_);
    }
    while (!taken.empty() && !stop.stop_requested()) {
      run(taken.front());
      taken.pop_front();  // gives the piece back at once, not at the end of the round
    }
  }
}

// Top of the thread: an exception here is a bug or no memory, and must not take the other files' bytes along.
void DiskWorker::run(DiskJob& job) noexcept {
  try {
    std::visit([this](auto& one) { work(one); }, job);
  } catch (const std::exception& exception) {
    Error error;
    error.message = std::string("disk worker: ") + exception.what();
    report_(DiskFailedEvent{0, std::move(error)});
  }
}

void DiskWorker::report_failure(FileId id, const Result<void>& result) {
  if (!result) report_(DiskFailedEvent{id, result.error()});
}

void DiskWorker::work(OpenJob& job) {
  OpenedEvent event;
  event.id = job.id;
  event.outcome = destination_.try_lock(job.file, event.holder);
  if (event.outcome && *event.outcome == LockOutcome::Held) {
    auto partial = destination_.open_partial(job.file);
    if (partial) {
      event.partial = std::move(*partial);
    } else {
      destination_.abandon(job.file, nullptr, true);  // gives the lock back
      event.outcome = fail(std::move(partial).error());
    }
  }
  report_(std::move(event));
}

void DiskWorker::work(WriteJob& job) {
  Result<void> written = job.partial->write(job.offset, job.piece.bytes());
  if (written) written = job.partial->tick();
  report_failure(job.id, written);
}

void DiskWorker::work(TickJob& job) { report_failure(job.id, job.partial->tick()); }

void DiskWorker::work(ReadBackJob& job) { digests_.release(job.id); }

void DiskWorker::work(RestartJob& job) { report_failure(job.id, job.partial->restart()); }

void DiskWorker::work(PublishJob& job) { report_(PublishedEvent{job.id, destination_.publish(job.file, std::move(job.partial))}); }

void DiskWorker::work(AbandonJob& job) {
  if (job.keep && job.partial) (void)job.partial->checkpoint();  // a journal that can't be written only costs a refetch (I11)
  destination_.abandon(job.file, std::move(job.partial), job.keep);
  report_(AbandonedEvent{job.id});
}

void DiskWorker::work(SmallBatchJob& job) {
  SmallBatchEvent event;
  event.results = destination_.publish_small(job.files);
  for (SmallFile& file : job.files) std::string().swap(file.content);  // memory back before the next batch
  event.files = std::move(job.files);
  event.positions = std::move(job.positions);
  report_(std::move(event));
}

void DiskWorker::work(FinishJob&) { report_(FinishedEvent{destination_.finish()}); }

}  // namespace larder::transfer
