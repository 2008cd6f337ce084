#include "transfer/bulk_lane.hpp"

#include "base/escape.hpp"
#include "base/shortage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::seconds kLockPoll{2};  // C12: a dead leader is noticed within 5 s
constexpr std::chrono::seconds kLockSay{10};  // T51
constexpr std::chrono::seconds kShortagePause{1};
constexpr std::uint64_t kNeedsXet = 50'000'000'000;

}  // namespace

BulkLane::BulkLane(RunState& run, std::vector<std::uint32_t> positions) : run_(run), queue_(std::move(positions)) {}
BulkLane::~BulkLane() = default;

FileTask* BulkLane::find(FileId id) {
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [id](const auto& task) { return task->id == id; });
  return found == tasks_.end() ? nullptr : found->get();
}

std::optional<std::size_t> BulkLane::source_for(const FileTask& task, SteadyTime now) const {
  if (task.only && !run_.health.why_dropped(*task.only)) return task.only;
  return run_.choose(task.excluded, now);
}

// A file without any source left may start, too: the start finds that out and lets it fail.
bool BulkLane::can_start(const FileTask& task, SteadyTime now) const {
  if (task.state != FileTask::State::Fetching || !task.ranges.has_ready(now)) return false;
  const auto source = source_for(task, now);
  if (!source) return true;
  const SourceView& view = task.sources[*source];
  if (!view.location) return !view.is_asking && !run_.gate.is_closed(run_.hosts[*source], now);
  return !run_.gate.is_closed(view.location->url.origin().host_text(), now);
}

void BulkLane::describe(SchedulerState& state, SteadyTime now) {
  described_.clear();
  state.bulk_active = active();
  state.bulk_limit = run_.control.bulk();
  if (is_stopping_) return;
  queue_.insert(queue_.end(), run_.in_parts.begin(), run_.in_parts.end());
  run_.in_parts.clear();
  for (const auto& task : tasks_) {
    OpenFileView view;
    view.active = task->active;
    view.is_opening = task->state == FileTask::State::Opening;
    view.is_ready = can_start(*task, now);
    view.missing = task->state == FileTask::State::Fetching ? task->ranges.missing() : 0;
    state.files.push_back(view);
    described_.push_back(task->id);
  }
  state.large_waiting = next_ < queue_.size() ||
                        std::any_of(waiting_.begin(), waiting_.end(), [now](const Waiting& waiting) { return waiting.not_before <= now; });
}

void BulkLane::open_next() {
  const SteadyTime now = run_.now();
  const auto ready = std::find_if(waiting_.begin(), waiting_.end(), [now](const Waiting& one) { return one.not_before <= now; });
  const std::uint32_t position = ready != waiting_.end() ? ready->position : queue_[next_++];
  if (ready != waiting_.end()) ready->not_before = SteadyTime::max();  // stays here for its dates until the lock is ours
  const repo::FileEntry entry = run_.entry(position);
  if (!run_.health.choose({}, now)) {
    run_.fail_file(position, run_.no_source_left(std::nullopt));
    return;
  }
  auto task = std::make_unique<FileTask>(++last_id_, position, entry, run_.seams.sources.size());
  task->progress = run_.seams.progress.begin(TaskKind::File, entry.path, entry.size);
  tasks_.push_back(std::move(task));
  run_.disk->submit(OpenJob{last_id_, entry});
}

void BulkLane::on_opened(OpenedEvent& event) {
  FileTask* task = find(event.id);
  if (task == nullptr) return;
  task->partial = std::move(event.partial);
  if (is_stopping_) return leave(*task, true);
  if (!event.outcome) {
    const bool can_wait = lacks_descriptors(event.outcome.error()) && !exchanges_.empty();
    if (can_wait) {
      run_.control.on_shortage();  // L15
      waiting_.push_back({task->position, run_.now() + kShortagePause, run_.now(), {}});
      return close(*task);
    }
    (void)run_.ends_run(event.outcome.error());
    run_.fail_file(task->position, std::move(event.outcome).error());
    return close(*task);
  }
  if (*event.outcome == LockOutcome::Busy) return wait_for_lock(*task, event.holder);
  std::erase_if(waiting_, [task](const Waiting& one) { return one.position == task->position; });
  if (*event.outcome == LockOutcome::AlreadyDone) {
    run_.finish_file(task->position, FileStatus::Reused);
    run_.done_bytes += task->entry.size;
    return close(*task);
  }
  begin(*task);
}

void BulkLane::wait_for_lock(FileTask& task, std::optional<int> holder) {
  const SteadyTime now = run_.now();
  auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.position == task.position; });
  if (found == waiting_.end()) {
    waiting_.push_back({task.position, now, now, {}});
    found = std::prev(waiting_.end());
  }
  found->not_before = now + kLockPoll;
  const std::string who = holder ? fmt::format("process {}", *holder) : std::string("another process");
  const auto left = std::chrono::ceil<std::chrono::seconds>(found->since + run_.options.lock_timeout - now);
  if (left.count() <= 0) {
    Error error;
    error.code = ErrorCode::LockBusy;
    error.message = fmt::format("{} has been downloading it for {} s", who, run_.options.lock_timeout.count());
    error.hint = "wait for it to finish, or raise --lock-timeout";
    waiting_.erase(found);
    run_.fail_file(task.position, std::move(error));
  } else if (found->said == SteadyTime{} || now - found->said >= kLockSay) {
    found->said = now;
    run_.seams.progress.wait(fmt::format("lock held by {}", who), std::min(left, kLockSay));
    run_.trouble = Error{};
    run_.trouble->code = ErrorCode::LockBusy;
    run_.trouble->message = fmt::format("{}: lock held by {}", escape_text(task.entry.path), who);
  }
  close(task);
}

void BulkLane::close(FileTask& task) {
  const FileId id = task.id;
  const bool has_failed = run_.report.statuses[task.position] == FileStatus::Failed || is_stopping_;
  run_.seams.progress.end(task.progress, has_failed ? TaskEnd::Failed : TaskEnd::Done);
  std::erase_if(tasks_, [id](const auto& one) { return one->id == id; });
}

void BulkLane::fail_file(FileTask& task, Error error) {
  if (task.entry.size > kNeedsXet && error.hint.empty() && !is_transient(error.code)) {
    error.hint = "files above 50 GB may be served over the Xet protocol only";
  }
  // Bytes whose sum was wrong are no start for another run.
  const bool keep = error.code != ErrorCode::DigestMismatch && error.code != ErrorCode::RemoteChanged;
  run_.fail_file(task.position, std::move(error));
  leave(task, keep);
}

void BulkLane::leave(FileTask& task, bool keep) {
  drop_all(task);
  run_.digests->drop(task.id);  // from here on nobody reads the partial
  task.ahead.clear();
  task.state = FileTask::State::Leaving;
  if (!task.partial) return close(task);
  run_.disk->submit(AbandonJob{task.id, task.entry, std::move(task.partial), keep});
}

void BulkLane::on_abandoned(AbandonedEvent& event) {
  if (FileTask* task = find(event.id)) close(*task);
}

void BulkLane::on_published(PublishedEvent& event) {
  FileTask* task = find(event.id);
  if (task == nullptr) return;
  if (event.result) {
    name_the_liar(*task);
    run_.finish_file(task->position, task->has_resumed ? FileStatus::Resumed : FileStatus::Fetched);
    run_.seams.progress.advance(task->progress, task->entry.size);
    run_.has_published = true;
  } else {
    (void)run_.ends_run(event.result.error());
    run_.fail_file(task->position, std::move(event.result).error());
  }
  close(*task);
}

void BulkLane::on_disk_failure(DiskFailedEvent& event) {
  if (run_.ends_run(event.error)) return;
  FileTask* task = find(event.id);
  if (task == nullptr || task->state == FileTask::State::Leaving) return;
  fail_file(*task, std::move(event.error));
}

std::optional<SteadyTime> BulkLane::next_due(SteadyTime now) const {
  std::optional<SteadyTime> due;
  const auto consider = [&due, now](SteadyTime when) {
    if (when > now) due = due ? std::min(*due, when) : when;
  };
  for (const Waiting& waiting : waiting_) {
    if (waiting.not_before != SteadyTime::max()) consider(waiting.not_before);
  }
  for (const auto& task : tasks_) {
    if (const auto ready = task->ranges.next_ready()) consider(*ready);
    if (task->state != FileTask::State::Fetching || !task->ranges.has_ready(now)) continue;
    const auto source = source_for(*task, now);
    if (!source) continue;
    const SourceView& view = task->sources[*source];
    consider(run_.gate.opens(view.location ? view.location->url.origin().host_text() : run_.hosts[*source], now));
  }
  return due;
}

void BulkLane::stop() {
  is_stopping_ = true;
  next_ = queue_.size();
  waiting_.clear();
  std::vector<FileId> open;
  for (const auto& task : tasks_) open.push_back(task->id);
  for (const FileId id : open) {
    FileTask& task = *find(id);
    // The lock and the partial of an Opening one arrive with its event, a Publishing one is nearly done: both are waited for.
    if (task.state == FileTask::State::Fetching || task.state == FileTask::State::Hashing) leave(task, true);
  }
}

}  // namespace larder::transfer
