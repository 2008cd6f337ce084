#include "store/hash_pool.hpp"

#include "base/bounded_queue.hpp"
#include "digest/sha256_x2.hpp"
#include "store/file_digest.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace larder::store {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // engine.md §3: larger pieces leave the cache of the CPU
constexpr std::size_t kBlock = 64;          // of SHA-256
constexpr std::chrono::milliseconds kReportEvery{200};
constexpr std::size_t kOutcomesWaiting = 1024;

/// What the threads share.
struct Shared {
  fs::Disk& disk;
  const CancelToken& cancel;
  std::vector<HashJob> jobs;  // largest first; read only
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  BoundedQueue<HashOutcome> outcomes{QueueLimits{kOutcomesWaiting}};

  const HashJob* take() {
    const std::size_t index = next.fetch_add(1);
    return index < jobs.size() ? &jobs[index] : nullptr;
  }
  void finish(const HashJob& job, Result<digest::Digest> digest) { (void)outcomes.push(HashOutcome{job.tag, std::move(digest)}, cancel); }
};

/// One file being read for a SHA-256 lane.
class Lane {
 public:
  Lane() : piece_(new std::byte[kPiece]) {}

  [[nodiscard]] bool is_active() const { return job_ != nullptr; }
  [[nodiscard]] std::span<const std::byte> pending() const { return pending_; }

  /// Begins a file; false: it could not be opened and its outcome is out.
  bool open(Shared& shared, const HashJob& job) {
    auto fd = shared.disk.open_read(job.path);
    if (!fd) {
      shared.finish(job, fail(std::move(fd).error()));
      return false;
    }
    fd_ = std::move(*fd);
    job_ = &job;
    offset_ = 0;
    hash_.emplace();
    return true;
  }

  /// Reads the next piece when none is pending; ends the file when there is no more.
  void refill(Shared& shared) {
    if (!is_active() || !pending_.empty()) return;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, job_->size - offset_));
    auto got = want == 0 ? Result<std::size_t>(0) : shared.disk.read_at(fd_.value(), std::span(piece_.get(), want), offset_);
    if (!got || *got == 0) {
      shared.finish(*job_, got ? Result<digest::Digest>(hash_->finish()) : Result<digest::Digest>(fail(std::move(got).error())));
      job_ = nullptr;
      fd_.reset();
      return;
    }
    offset_ += *got;
    shared.bytes += *got;
    pending_ = std::span(piece_.get(), *got);
  }

  void update_alone() {
    hash_->update(pending_);
    pending_ = {};
  }

  /// Both lanes stay at block borders, so that the next piece runs in lockstep from its first byte.
  static void update_both(Lane& a, Lane& b) {
    const std::size_t common = std::min(a.pending_.size(), b.pending_.size()) / kBlock * kBlock;
    if (common > 0) digest::Sha256Lane::update_pair(*a.hash_, a.pending_.first(common), *b.hash_, b.pending_.first(common));
    a.pending_ = a.pending_.subspan(common);
    b.pending_ = b.pending_.subspan(common);
    // Less than a block is left: the end of a file.
    if (a.pending_.size() < kBlock) a.update_alone();
    if (b.pending_.size() < kBlock) b.update_alone();
  }

 private:
  std::unique_ptr<std::byte[]> piece_;
  const HashJob* job_ = nullptr;
  UniqueFd fd_;
  std::uint64_t offset_ = 0;
  std::optional<digest::Sha256Lane> hash_;
  std::span<const std::byte> pending_;
};

void hash_alone(Shared& shared, const HashJob& job) {
  auto fd = shared.disk.open_read(job.path);
  if (!fd) return shared.finish(job, fail(std::move(fd).error()));
  std::uint64_t before = 0;
  const auto done = [&](std::uint64_t bytes) {
    shared.bytes += bytes - before;
    before = bytes;
  };
  shared.finish(job, digest_file(shared.disk, fd->value(), {job.algorithm, job.size}, done, shared.cancel));
}

/// Gives an idle lane its next SHA-256 file; files of the other kind on the way are hashed at once.
void feed(Shared& shared, Lane& lane) {
  while (!lane.is_active() && !shared.cancel.is_cancelled()) {
    const HashJob* job = shared.take();
    if (job == nullptr) return;
    if (job->algorithm == digest::Algorithm::Sha256) {
      lane.open(shared, *job);
    } else {
      hash_alone(shared, *job);
    }
  }
}

void run_two_lanes(Shared& shared) {
  Lane a;
  Lane b;
  while (!shared.cancel.is_cancelled()) {
    feed(shared, a);
    feed(shared, b);
    if (!a.is_active() && !b.is_active()) return;
    a.refill(shared);
    b.refill(shared);
    if (!a.pending().empty() && !b.pending().empty()) {
      Lane::update_both(a, b);
    } else if (!a.pending().empty()) {
      // The other file has just ended: its lane gets the next one before this piece is spent alone.
      feed(shared, b);
      if (!b.is_active()) a.update_alone();
    } else if (!b.pending().empty()) {
      feed(shared, a);
      if (!a.is_active()) b.update_alone();
    }
  }
}

void run_one_lane(Shared& shared) {
  while (!shared.cancel.is_cancelled()) {
    const HashJob* job = shared.take();
    if (job == nullptr) return;
    hash_alone(shared, *job);
  }
}

/// A bug in a worker must end the wait for its outcome, not the process (house rule: caught at the top of each thread).
void work(Shared& shared) noexcept {
  try {
    digest::two_lanes_available() ? run_two_lanes(shared) : run_one_lane(shared);
  } catch (...) {
    shared.outcomes.close();
  }
}

Result<void> collect(Shared& shared, Clock& clock, std::size_t count, const HashListener& listener) {
  for (std::size_t done = 0; done < count;) {
    const auto popped = shared.outcomes.pop_until(clock.now() + kReportEvery, shared.cancel);
    if (listener.bytes) listener.bytes(shared.bytes);
    if (popped.end == PopEnd::Cancelled) return fail(shared.cancel.error());
    if (popped.end == PopEnd::Closed) return fail(ErrorCode::Internal, "a hashing thread ended early");
    if (!popped) continue;
    listener.done(*popped.item);
    ++done;
  }
  return shared.cancel.is_cancelled() ? Result<void>(fail(shared.cancel.error())) : Result<void>{};
}

}  // namespace

Result<void> hash_files(fs::Disk& disk, Clock& clock, HashBatch batch, const HashListener& listener, const CancelToken& cancel) {
  auto [jobs, threads] = std::move(batch);
  std::stable_sort(jobs.begin(), jobs.end(), [](const HashJob& a, const HashJob& b) { return a.size > b.size; });
  const std::size_t count = jobs.size();
  Shared shared{disk, cancel, std::move(jobs)};
  const unsigned cores = threads > 0 ? static_cast<unsigned>(threads) : std::max(1U, std::thread::hardware_concurrency());
  // Never more threads than there are files to keep them busy.
  const std::size_t wanted = std::min<std::size_t>(cores, std::max<std::size_t>(1, count));
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < wanted; ++i) workers.emplace_back([&shared] { work(shared); });
  auto result = collect(shared, clock, count, listener);
  if (!result) shared.outcomes.close();  // wakes a worker that waits for room
  return result;
}

}  // namespace larder::store
