#include "store/hash_pool.hpp"

#include "base/bounded_queue.hpp"
#include "base/shortage.hpp"
#include "base/workers.hpp"
#include "digest/sha256_lane.hpp"
#include "store/file_digest.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <limits>
#include <thread>

namespace larder::store {
namespace {

constexpr std::size_t kPiece = 256 * 1024;           // engine.md §3: larger pieces leave the cache of the CPU
constexpr std::size_t kPiecesOfThread = 2 * kPiece;  // so do more of them
constexpr std::size_t kPage = 4096;
constexpr std::size_t kBlock = 64;  // of SHA-256
/// Asked of the system ahead of the reading: a disk that turns from file to file reads this much before it turns again.
constexpr std::uint64_t kAhead = 1024 * 1024;
/// Files open at a time by all threads; a process is commonly allowed 1,024 descriptors.
constexpr std::size_t kMostOpen = 512;
constexpr std::size_t kOthersOpen = 16;  // descriptors of the rest of the program
constexpr std::chrono::milliseconds kReportEvery{200};
constexpr std::size_t kOutcomesWaiting = 1024;

/// What the threads share.
struct Shared {
  fs::Disk& disk;
  const CancelToken& cancel;
  std::vector<HashJob> jobs;  // largest first; read only
  std::size_t lanes;          // files that one thread has open at a time
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<bool> is_given_up{false};
  BoundedQueue<HashOutcome> outcomes{QueueLimits{kOutcomesWaiting}};

  const HashJob* take() {
    const std::size_t index = next.fetch_add(1);
    return index < jobs.size() ? &jobs[index] : nullptr;
  }
  [[nodiscard]] bool is_over() const { return is_given_up || cancel.is_cancelled(); }
  /// Also wakes a worker that waits for room.
  void give_up() {
    is_given_up = true;
    outcomes.close();
  }
  void finish(const HashJob& job, Result<digest::Digest> digest) { (void)outcomes.push(HashOutcome{job.tag, std::move(digest)}, cancel); }
};

/// One file being read for a SHA-256 lane, `piece` bytes at a time.
class Lane {
 public:
  explicit Lane(std::size_t piece) : piece_(piece) {}

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
    asked_ = 0;
    hash_.emplace();
    return true;
  }

  /// Reads the next piece when none is pending; ends the file when there is no more.
  void refill(Shared& shared) {
    if (!is_active() || !pending_.empty()) return;
    ask_ahead(shared);
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), job_->size - offset_));
    auto got = want == 0 ? Result<std::size_t>(0) : shared.disk.read_at(fd_.value(), std::span(piece_).first(want), offset_);
    if (!got || *got == 0) {
      shared.finish(*job_, got ? Result<digest::Digest>(hash_->finish()) : Result<digest::Digest>(fail(std::move(got).error())));
      job_ = nullptr;
      fd_.reset();
      return;
    }
    offset_ += *got;
    shared.bytes += *got;
    pending_ = std::span(piece_).first(*got);
  }

  /// Hashes what all lanes have in common. They stay at block borders, so that the next piece runs in lockstep from its first byte.
  static void update(std::span<Lane* const> lanes) {
    std::size_t common = std::numeric_limits<std::size_t>::max();
    for (const Lane* lane : lanes) common = std::min(common, lane->pending_.size() / kBlock * kBlock);
    std::vector<digest::Sha256Lane::Feed> feeds;
    for (Lane* lane : lanes) feeds.push_back({&*lane->hash_, lane->take(common)});
    digest::Sha256Lane::update_together(feeds);
    for (Lane* lane : lanes) {  // less than a block is left: the end of a file
      if (lane->pending_.size() < kBlock) lane->hash_->update(lane->take(lane->pending_.size()));
    }
  }

 private:
  std::span<const std::byte> take(std::size_t count) {
    const auto taken = pending_.first(count);
    pending_ = pending_.subspan(count);
    return taken;
  }

  void ask_ahead(Shared& shared) {
    if (asked_ >= job_->size || offset_ + kAhead / 2 < asked_) return;
    const std::uint64_t end = std::min(job_->size, asked_ + kAhead);
    shared.disk.start_read(fd_.value(), {asked_, end});
    asked_ = end;
  }

  std::vector<std::byte> piece_;
  const HashJob* job_ = nullptr;
  UniqueFd fd_;
  std::uint64_t offset_ = 0;
  std::uint64_t asked_ = 0;
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
  while (!lane.is_active() && !shared.is_over()) {
    const HashJob* job = shared.take();
    if (job == nullptr) return;
    if (job->algorithm == digest::Algorithm::Sha256) {
      lane.open(shared, *job);
    } else {
      hash_alone(shared, *job);
    }
  }
}

/// Brings a lane to where it has bytes to hash; false: no file is left for it.
bool prepare(Shared& shared, Lane& lane) {
  while (lane.pending().empty()) {
    feed(shared, lane);
    if (!lane.is_active()) return false;
    lane.refill(shared);
  }
  return true;
}

void run_lanes(Shared& shared) {
  const std::size_t piece = std::min(kPiece, kPiecesOfThread / shared.lanes / kPage * kPage);
  std::deque<Lane> lanes;  // a lane stays where it is
  for (std::size_t i = 0; i < shared.lanes; ++i) lanes.emplace_back(piece);
  std::vector<Lane*> ready;
  while (!shared.is_over()) {
    ready.clear();
    for (Lane& lane : lanes) {
      if (prepare(shared, lane)) ready.push_back(&lane);
    }
    if (ready.empty()) return;
    Lane::update(ready);
  }
}

void run_one_lane(Shared& shared) {
  while (!shared.is_over()) {
    const HashJob* job = shared.take();
    if (job == nullptr) return;
    hash_alone(shared, *job);
  }
}

/// A bug in a worker must end the wait for its outcome, not the process (house rule: caught at the top of each thread).
void work(Shared& shared) noexcept {
  try {
    shared.lanes > 1 ? run_lanes(shared) : run_one_lane(shared);
  } catch (...) {
    shared.give_up();
  }
}

/// No file is wrong because this process may open no more of them, or has no memory for one more (L15, L20).
bool is_shortage(const Result<digest::Digest>& digest) {
  return !digest && (lacks_descriptors(digest.error()) || digest.error().os_error == ENOMEM);
}

Result<void> collect(Shared& shared, Clock& clock, std::size_t count, const HashListener& listener) {
  for (std::size_t done = 0; done < count;) {
    const auto popped = shared.outcomes.pop_until(clock.now() + kReportEvery, shared.cancel);
    if (listener.bytes) listener.bytes(shared.bytes);
    if (popped.end == PopEnd::Cancelled) return fail(shared.cancel.error());
    if (popped.end == PopEnd::Closed) return fail(ErrorCode::Internal, "a hashing thread ended early");
    if (!popped) continue;
    if (is_shortage(popped.item->digest)) return fail(popped.item->digest.error());
    listener.done(*popped.item);
    ++done;
  }
  return shared.cancel.is_cancelled() ? Result<void>(fail(shared.cancel.error())) : Result<void>{};
}

std::uint64_t allowed_descriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : kMostOpen;
}

std::size_t count_sha256(const std::vector<HashJob>& jobs) {
  const auto is_sha256 = [](const HashJob& job) { return job.algorithm == digest::Algorithm::Sha256; };
  return static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), is_sha256));
}

}  // namespace

// Never more threads than there are files to keep them busy, and as many lanes a thread as there is work for: an idle core is worse than
// an idle lane.
HashShape hash_shape(const HashWork& work, std::size_t cores, std::uint64_t descriptors) {
  const auto most =
      static_cast<std::size_t>(std::clamp<std::uint64_t>(descriptors, kOthersOpen + 1, kOthersOpen + kMostOpen)) - kOthersOpen;
  const std::size_t threads = std::min({cores, std::max<std::size_t>(1, work.files), most});
  const std::size_t fair = (work.sha256_files + threads - 1) / threads;
  return {threads, std::min(digest::lanes_worth_feeding(fair), most / threads)};
}

Result<void> hash_files(fs::Disk& disk, Clock& clock, HashBatch batch, const HashListener& listener, const CancelToken& cancel) {
  auto [jobs, asked_threads] = std::move(batch);
  std::stable_sort(jobs.begin(), jobs.end(), [](const HashJob& a, const HashJob& b) { return a.size > b.size; });
  const std::size_t count = jobs.size();
  const unsigned cores = asked_threads > 0 ? static_cast<unsigned>(asked_threads) : std::max(1U, std::thread::hardware_concurrency());
  const HashShape shape = hash_shape({count, count_sha256(jobs)}, cores, allowed_descriptors());
  Shared shared{disk, cancel, std::move(jobs), shape.lanes};
  LARDER_TRY(const auto workers, start_workers(shape.threads, [&shared] { work(shared); }));
  auto result = collect(shared, clock, count, listener);
  if (!result) shared.give_up();
  return result;
}

}  // namespace larder::store
