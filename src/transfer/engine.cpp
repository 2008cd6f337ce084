#include <larder/transfer/engine.hpp>

#include "transfer/bulk_lane.hpp"
#include "transfer/event_queue.hpp"
#include "transfer/segment.hpp"
#include "transfer/small_lane.hpp"

#include <algorithm>
#include <stop_token>
#include <thread>

namespace larder::transfer {

namespace {

constexpr std::chrono::milliseconds kBeat{100};  // progress; a bar looks alive at ten pictures a second
constexpr int kBeatsAPulse = 5;                  // rates, stalls, journals: twice a second

struct WakeEvent {};
using Event = std::variant<WakeEvent, net::TransportEvent, DiskEvent, DigestEvent>;

/// The words of a redirect or an error page are no bytes of a file; of a broken-off answer all count.
bool carries_file_bytes(const net::EndEvent& end) {
  return !end.result || (end.result->head.status >= 200 && end.result->head.status < 300);
}

int digest_workers(const EngineOptions& options) {
  const int cores = options.cores > 0 ? options.cores : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, std::min(4, cores - 1));
}

}  // namespace

std::string_view name(FileStatus status) {
  switch (status) {
    case FileStatus::Pending:
      return "pending";
    case FileStatus::Fetched:
      return "fetched";
    case FileStatus::Resumed:
      return "resumed";
    case FileStatus::Reused:
      return "reused";
    case FileStatus::Shared:
      return "shared";
    case FileStatus::Failed:
      return "failed";
  }
  return "pending";
}

/// One run: the event loop around the two lanes. Everything here is the caller's thread's, but for the queue.
class Engine::Impl final : public net::TransportListener {
 public:
  Impl(const RunSeams& seams, Destination& destination, EngineOptions options)
      : seams_(seams), destination_(destination), options_(options) {}

  Result<void> run(const repo::Tree& tree, const TransferPlan& plan, EngineReport& report, const CancelToken& cancel);

  void on_event(net::TransportEvent event) override { queue_.push(std::move(event)); }

 private:
  /// What lives for one run.
  struct Run {
    Run(Impl& impl, const repo::Tree& tree, const TransferPlan& plan, EngineReport& report);
    RunState state;
    DigestPool digests;
    DiskWorker disk;
    SmallLane small;
    BulkLane bulk;
    TaskId total = 0;
    bool last_was_small = false;
    bool was_full = false;  // ranges were open as allowed all through this window
    SteadyTime next_beat;
    int beats = 0;
    std::uint64_t seen_window_bytes = 0;
    std::optional<Result<void>> finished;
  };

  void schedule(Run& run);
  void wait_and_handle(Run& run);
  void handle_events(Run& run, SteadyTime until);
  void handle(Run& run, net::TransportEvent& event);
  void handle(Run& run, DiskEvent& event);
  void beat(Run& run);
  void wind_down(Run& run);
  Result<void> finish(Run& run);
  [[nodiscard]] bool must_end(Run& run, const CancelToken& cancel) const;
  [[nodiscard]] SteadyTime wake_time(const Run& run) const;

  RunSeams seams_;
  Destination& destination_;
  EngineOptions options_;
  EventQueue<Event> queue_;
  std::vector<Event> events_;
};

namespace {

enum class Lane : std::uint8_t { Small, Bulk };

std::vector<std::uint32_t> positions_of(const repo::Tree& tree, const TransferPlan& plan, Lane lane) {
  std::vector<std::uint32_t> positions;
  for (std::uint32_t at = 0; at < plan.files.size(); ++at) {
    const PlannedFile& file = plan.files[at];
    const bool is_wanted = (file.action == Action::Fetch || file.action == Action::Resume) && file.same_as == PlannedFile::kNone;
    if (is_wanted && (tree.at(file.index).size <= kSmallFile) == (lane == Lane::Small)) positions.push_back(at);
  }
  return positions;
}

}  // namespace

Engine::Impl::Run::Run(Impl& impl, const repo::Tree& tree, const TransferPlan& plan, EngineReport& report)
    : state(impl.seams_, impl.options_, tree, plan, report),
      digests(digest_workers(impl.options_), impl.options_.uses_threads ? WorkerMode::Threads : WorkerMode::Inline,
              [&queue = impl.queue_](DigestEvent event) { queue.push(std::move(event)); }),
      disk(impl.destination_, digests, impl.options_.uses_threads ? WorkerMode::Threads : WorkerMode::Inline,
           [&queue = impl.queue_](DiskEvent event) { queue.push(std::move(event)); }),
      small(state, positions_of(tree, plan, Lane::Small)),
      bulk(state, positions_of(tree, plan, Lane::Bulk)) {
  state.disk = &disk;
  state.digests = &digests;
  state.listener = &impl;
}

Result<void> Engine::Impl::run(const repo::Tree& tree, const TransferPlan& plan, EngineReport& report, const CancelToken& cancel) {
  report.statuses.assign(plan.files.size(), FileStatus::Pending);
  Run run(*this, tree, plan, report);
  if (run.small.is_done() && run.bulk.is_done()) return {};
  const std::stop_callback wake(cancel.stop_token(), [this] { queue_.push(WakeEvent{}); });
  run.total = seams_.progress.begin(TaskKind::Total, "fetch", plan.fetch_bytes);
  run.next_beat = seams_.clock.now() + kBeat;
  while (!must_end(run, cancel)) {
    schedule(run);
    if (run.small.is_done() && run.bulk.is_done()) break;
    wait_and_handle(run);
  }
  wind_down(run);
  Result<void> finished = finish(run);
  seams_.progress.advance(run.total, run.state.done_bytes);
  const bool is_good = finished && !run.state.ending && report.failures.empty();
  seams_.progress.end(run.total, is_good ? TaskEnd::Done : TaskEnd::Failed);
  if (run.state.ending) return fail(*run.state.ending);
  return finished;
}

bool Engine::Impl::must_end(Run& run, const CancelToken& cancel) const {
  if (run.state.ending) return true;
  if (cancel.is_cancelled()) {
    run.state.ending = cancel.error();
  } else if (options_.deadline && seams_.clock.now() >= *options_.deadline) {
    Error error;
    error.code = ErrorCode::TimedOut;
    error.message = "the time limit was reached with " + format_bytes_long(run.state.done_bytes) + " here";
    if (run.state.trouble) error.message += ", last trouble: " + run.state.trouble->text();
    run.state.ending = std::move(error);
  }
  return run.state.ending.has_value();
}

void Engine::Impl::schedule(Run& run) {
  while (!run.state.ending) {
    SchedulerState state;
    const SteadyTime now = seams_.clock.now();
    state.cap = run.state.control.cap();
    state.last_was_small = run.last_was_small;
    run.small.describe(state, now);
    run.bulk.describe(state, now);
    const NextStep next = next_step(state);
    switch (next.step) {
      case Step::Wait:
        // Idle slots say nothing about what more connections would bring.
        if (state.bulk_active < state.bulk_limit) run.was_full = false;
        return;
      case Step::StartSmall:
        run.last_was_small = true;
        run.small.start_next();
        break;
      case Step::StartSegment:
        run.last_was_small = false;
        run.bulk.start_segment(next.file);
        break;
      case Step::OpenFile:
        run.bulk.open_next();
        break;
    }
  }
}

SteadyTime Engine::Impl::wake_time(const Run& run) const {
  const SteadyTime now = seams_.clock.now();
  SteadyTime until = run.next_beat;
  if (const auto due = run.small.next_due(now)) until = std::min(until, *due);
  if (const auto due = run.bulk.next_due(now)) until = std::min(until, *due);
  if (options_.deadline) until = std::min(until, *options_.deadline);
  return until;
}

void Engine::Impl::wait_and_handle(Run& run) {
  run.small.flush_if_due(seams_.clock.now());
  handle_events(run, wake_time(run));
  if (seams_.clock.now() >= run.next_beat) beat(run);
}

// All that is queued; waits until `until` for the first one.
void Engine::Impl::handle_events(Run& run, SteadyTime until) {
  queue_.take(events_, seams_.clock, until);
  for (Event& event : events_) {
    if (auto* transport = std::get_if<net::TransportEvent>(&event)) {
      handle(run, *transport);
    } else if (auto* disk = std::get_if<DiskEvent>(&event)) {
      handle(run, *disk);
    } else if (auto* digest = std::get_if<DigestEvent>(&event)) {
      run.bulk.on_digest(*digest);
    }
    event = WakeEvent{};  // a piece goes back to the pool now, not at the end of the round
  }
}

void Engine::Impl::handle(Run& run, net::TransportEvent& event) {
  if (auto* data = std::get_if<net::DataEvent>(&event)) {
    if (run.bulk.owns(data->id)) run.bulk.on_data(*data);
  } else if (auto* head = std::get_if<net::HeadEvent>(&event)) {
    if (run.bulk.owns(head->id)) run.bulk.on_head(*head);
  } else if (auto* received = std::get_if<net::ReceivedEvent>(&event)) {
    if (run.small.owns(received->id)) run.small.on_received(*received);
  } else if (auto* end = std::get_if<net::EndEvent>(&event)) {
    --run.state.outstanding;
    if (carries_file_bytes(*end)) run.state.report.body_bytes += end->body_bytes;
    if (run.bulk.owns(end->id)) {
      run.bulk.on_end(*end);
    } else if (run.small.owns(end->id)) {
      run.small.on_end(*end);
    }
  }
}

void Engine::Impl::handle(Run& run, DiskEvent& event) {
  if (auto* opened = std::get_if<OpenedEvent>(&event)) {
    run.bulk.on_opened(*opened);
  } else if (auto* failed = std::get_if<DiskFailedEvent>(&event)) {
    run.bulk.on_disk_failure(*failed);
  } else if (auto* published = std::get_if<PublishedEvent>(&event)) {
    run.bulk.on_published(*published);
  } else if (auto* abandoned = std::get_if<AbandonedEvent>(&event)) {
    run.bulk.on_abandoned(*abandoned);
  } else if (auto* batch = std::get_if<SmallBatchEvent>(&event)) {
    run.small.on_batch(*batch);
  } else if (auto* finished = std::get_if<FinishedEvent>(&event)) {
    run.finished = std::move(finished->result);
  }
}

void Engine::Impl::beat(Run& run) {
  const SteadyTime now = seams_.clock.now();
  run.next_beat = now + kBeat;
  run.bulk.beat();
  run.small.pulse(now);
  seams_.progress.advance(run.total, run.state.done_bytes + run.small.coming_bytes());
  // No piece was free: the network is held back by ourselves (a slow disk), so nobody out there has stalled (L42).
  if (seams_.pool.in_use() >= seams_.pool.pieces()) run.bulk.forgive(kBeat);
  if (++run.beats % kBeatsAPulse != 0) return;
  run.state.control.on_window(run.state.window_bytes, run.was_full && !run.state.is_at_limit());
  run.state.window_bytes = 0;
  run.was_full = true;
  SchedulerState state;
  run.small.describe(state, now);
  run.bulk.describe(state, now);
  const bool is_tail =
      !state.small_ready && !state.large_waiting &&
      std::none_of(state.files.begin(), state.files.end(), [](const OpenFileView& file) { return file.is_ready || file.is_opening; });
  run.bulk.pulse(now, is_tail);
}

// Every request has ended (the listener is ours) and every open file is published or left; on an interrupt within its second.
void Engine::Impl::wind_down(Run& run) {
  if (run.state.ending) {
    handle_events(run, seams_.clock.now());  // bytes that have come are kept
    run.small.stop();
    run.bulk.stop();
  }
  while (run.state.outstanding > 0 || !run.bulk.is_idle() || run.small.is_at_disk()) wait_and_handle(run);
}

Result<void> Engine::Impl::finish(Run& run) {
  if (!run.state.has_published) return {};
  run.disk.submit(FinishJob{});
  while (!run.finished) wait_and_handle(run);
  return *run.finished;
}

Engine::Engine(Clock& clock, Random& random, net::Transport& transport, BufferPool& pool, Destination& destination,
               const std::vector<std::unique_ptr<BlobSource>>& sources, ProgressSink& progress, EngineOptions options)
    : impl_(std::make_unique<Impl>(RunSeams{clock, random, transport, pool, sources, progress}, destination, options)) {}

Engine::~Engine() = default;

Result<void> Engine::run(const repo::Tree& tree, const TransferPlan& plan, EngineReport& report, const CancelToken& cancel) {
  return impl_->run(tree, plan, report, cancel);
}

}  // namespace larder::transfer
