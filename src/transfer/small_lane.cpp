#include "transfer/small_lane.hpp"

#include "base/heap.hpp"
#include "digest/hasher.hpp"
#include "transfer/segment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr int kInFlight = 16;  // equals eight threads on a fast link; more costs (engine.md §3)
constexpr std::chrono::milliseconds kFastLink{10};
constexpr std::size_t kBatchFiles = 1000;
constexpr std::uint64_t kBatchBytes = 64 * kMiB;
constexpr std::chrono::seconds kBatchAge{1};
constexpr int kBatchesAtDisk = 2;

}  // namespace

SmallLane::SmallLane(RunState& run, std::vector<std::uint32_t> positions)
    : run_(run),
      queue_(std::move(positions)),
      most_held_(std::min<std::uint64_t>(run.seams.pool.pieces() * BufferPool::kPiece / 2, kBatchBytes)) {
  std::uint64_t all = 0;
  for (const std::uint32_t position : queue_) all += run_.entry(position).size;
  average_size_ = static_cast<double>(all) / static_cast<double>(std::max<std::size_t>(queue_.size(), 1));
  // Bodies wait in strings, not in pieces: --max-memory is the ceiling of both together.
  run_.seams.pool.set_aside(std::min(all, most_held_));
}

SmallLane::~SmallLane() { run_.seams.pool.set_aside(0); }

std::optional<std::size_t> SmallLane::ready_later(SteadyTime now) const {
  for (std::size_t at = 0; at < later_.size(); ++at) {
    if (later_[at].not_before <= now) return at;
  }
  return std::nullopt;
}

// Content waits in memory for its batch: not more than half of what the pieces of large files may take, but always one file.
bool SmallLane::has_room() const { return held_bytes_ == 0 || held_bytes_ + kSmallFile <= most_held_; }

SteadyTime SmallLane::gate_opens(SteadyTime now) const {
  const auto source = run_.choose_for_small({}, now);
  return source ? run_.gate.opens(run_.hosts[*source], now) : now;
}

void SmallLane::describe(SchedulerState& state, SteadyTime now) const {
  state.small_active = static_cast<int>(active_.size());
  const bool is_fast = !run_.round_trip || *run_.round_trip <= kFastLink;
  state.small_limit = is_fast ? std::min(kInFlight, run_.control.cap()) : run_.control.cap();
  const bool has_next = ready_later(now) || (next_ < queue_.size() && gate_opens(now) <= now);
  state.small_ready = has_next && has_room() && batches_at_disk_ < kBatchesAtDisk;
}

SmallLane::Want SmallLane::take_next(SteadyTime now) {
  if (const auto at = ready_later(now)) {
    const Want want = later_[*at];
    later_[*at] = later_.back();
    later_.pop_back();
    return want;
  }
  Want want;
  want.position = queue_[next_++];
  return want;
}

void SmallLane::start_next() {
  const Want want = take_next(run_.now());
  const repo::FileEntry entry = run_.entry(want.position);
  held_bytes_ += entry.size;
  if (entry.size > 0) {
    start(want);
    return;
  }
  // An empty file needs no request, but its digest is not taken on trust.
  if (digest::digest_of(entry.digest().algorithm(), {}) == entry.digest()) {
    store(want.position, {});
  } else {
    Error error;
    error.code = ErrorCode::DigestMismatch;
    error.message = fmt::format("digest mismatch: expected {}, but the file is listed as empty", entry.digest().text());
    give_up(want, std::move(error));
  }
}

TaskId SmallLane::task_of(std::uint32_t position) {
  const auto [found, is_new] = tasks_.try_emplace(position);
  if (is_new) {
    const repo::FileEntry entry = run_.entry(position);
    found->second = run_.seams.progress.begin(TaskKind::File, entry.path, entry.size);
  }
  return found->second;
}

void SmallLane::end_task(std::uint32_t position, TaskEnd how) {
  const auto found = tasks_.find(position);
  if (found == tasks_.end()) return;
  run_.seams.progress.end(found->second, how);
  tasks_.erase(found);
}

void SmallLane::give_up(const Want& want, Error error) {
  release(want.position);
  end_task(want.position, TaskEnd::Failed);
  run_.fail_file(want.position, std::move(error));
}

void SmallLane::store(std::uint32_t position, std::string body) {
  if (!batch_began_) batch_began_ = run_.now();
  batch_bytes_ += body.size();
  batch_.files.push_back({run_.entry(position), std::move(body)});
  batch_.positions.push_back(position);
  if (batch_.files.size() >= kBatchFiles || batch_bytes_ + kSmallFile > most_held_ / 2) flush();
}

void SmallLane::flush() {
  if (batch_.files.empty()) return;
  ++batches_at_disk_;
  SmallBatchJob job;
  std::swap(job, batch_);
  batch_bytes_ = 0;
  batch_began_.reset();
  run_.disk->submit(std::move(job));
}

void SmallLane::on_batch(SmallBatchEvent& event) {
  --batches_at_disk_;
  for (std::size_t at = 0; at < event.positions.size(); ++at) {
    const std::uint32_t position = event.positions[at];
    release(position);
    const repo::FileEntry entry = run_.entry(position);
    const TaskId task = task_of(position);
    const bool is_stored = at < event.results.size() && event.results[at].has_value();
    if (is_stored) {
      run_.seams.progress.advance(task, entry.size);
      run_.finish_file(position, FileStatus::Fetched);
      run_.has_published = true;
    } else {
      Error error = at < event.results.size() ? event.results[at].error() : Error{};
      (void)run_.ends_run(error);
      run_.fail_file(position, std::move(error));
    }
    end_task(position, is_stored ? TaskEnd::Done : TaskEnd::Failed);
  }
  if (!is_done()) return;
  trim_heap();  // first: what the bodies took is the pieces' from now on
  run_.seams.pool.set_aside(0);
}

// The last files of a run wait for nobody.
void SmallLane::flush_if_due(SteadyTime now) {
  const bool nothing_comes = active_.empty() && next_ >= queue_.size() && later_.empty();
  if (batch_began_ && (nothing_comes || now - *batch_began_ >= kBatchAge || !has_room())) flush();
}

std::optional<SteadyTime> SmallLane::next_due(SteadyTime now) const {
  std::optional<SteadyTime> due;
  // What is due and has not begun waits for room, or for another to end: an event will say so.
  const auto consider = [&due, now](SteadyTime when) {
    if (when > now) due = due ? std::min(*due, when) : when;
  };
  for (const Want& want : later_) consider(want.not_before);
  if (next_ < queue_.size() && gate_opens(now) > now) consider(gate_opens(now));
  if (batch_began_) consider(*batch_began_ + kBatchAge);
  return due;
}

bool SmallLane::is_done() const {
  return next_ >= queue_.size() && later_.empty() && active_.empty() && batch_.files.empty() && batches_at_disk_ == 0;
}

void SmallLane::stop() {
  for (const auto& [id, request] : active_) run_.cancel(id);
  while (!tasks_.empty()) end_task(tasks_.begin()->first, TaskEnd::Failed);
  coming_bytes_ = 0;
  active_.clear();
  later_.clear();
  next_ = queue_.size();
  batch_ = {};
  batch_began_.reset();
}

}  // namespace larder::transfer
