// BulkLane's pulse: what is looked at by time and not by event.
#include "transfer/bulk_lane.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::seconds kToBeSent{30};  // connecting, TLS, and waiting for a free connection
constexpr double kLongWait = 10;               // seconds to the end of a segment
constexpr double kToChange = 2;                // seconds that another connection must save
constexpr std::size_t kPeers = 2;              // so many others make a median
constexpr int kHedges = 2;                     // at a time (engine.md §4 "Tail")
constexpr std::chrono::seconds kBetweenLooks{60};
constexpr std::uint64_t kLook = 2 * 1024 * 1024;  // enough to know a source by
constexpr std::uint64_t kExtraPart = 20;          // 5 % extra bytes a run

}  // namespace

void BulkLane::beat() {
  for (const auto& task : tasks_) {
    if (task->state == FileTask::State::Fetching) catch_up(*task, CatchUp::Little);
    if (task->state == FileTask::State::Fetching) run_.seams.progress.advance(task->progress, task->ranges.here().bytes());
  }
}

void BulkLane::forgive(SteadyTime::duration paused) {
  for (auto& [id, exchange] : exchanges_) exchange.flow.forgive(paused);
}

void BulkLane::pulse(SteadyTime now, bool is_tail) {
  for (auto& [id, exchange] : exchanges_) {
    exchange.flow.on_pulse(now);
    measure(exchange, now);
  }
  for (const auto& task : tasks_) {
    if (task->state == FileTask::State::Fetching) run_.disk->submit(TickJob{task->id, task->partial.get()});
  }
  check_stalls(now, is_tail);
  leave_slow_sources(now);
  make_room_to_probe(now);
  if (is_tail && run_.options.limit_rate == 0) hedge_slowest(now);  // bytes that come twice would cost time there
}

void BulkLane::measure(Exchange& exchange, SteadyTime now) {
  const Flow::Sample sample = exchange.flow.sample(now);
  run_.pace.on_bytes(exchange.route.source, sample.bytes, sample.time, now);
}

// What a source far slower than another one has begun is asked for again of that one, where this is sooner done.
void BulkLane::leave_slow_sources(SteadyTime now) {
  if (run_.health.size() < 2) return;
  std::vector<net::RequestId> late;
  for (const auto& [id, exchange] : exchanges_) {
    if (is_better_elsewhere(exchange, *find(exchange.file), now)) late.push_back(id);
  }
  for (const net::RequestId id : late) ask_elsewhere(id);
}

// All slots, or all that is left to fetch, may be held for long by the very source that is too slow: one request is given up for a look at
// another source.
void BulkLane::make_room_to_probe(SteadyTime now) {
  if (run_.health.size() < 2 || exchanges_.empty()) return;
  const bool can_look =
      active() < run_.control.bulk() && std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& task) { return can_start(*task, now); });
  if (can_look) return;
  const auto last = std::max_element(exchanges_.begin(), exchanges_.end(),
                                     [](const auto& a, const auto& b) { return a.second.left() < b.second.left(); });
  const Exchange& exchange = last->second;
  if (static_cast<double>(exchange.left()) <= kLongWait * exchange.flow.rate()) return;
  FileTask& task = *find(exchange.file);
  const auto other = source_to_probe(task, exchange.route.source, now);
  if (!other) return;
  if (task.ranges.shape() == FileRanges::Shape::Ranges) return ask_elsewhere(last->first);
  look_beside(task, exchange, *other, now);
}

// A stream that is given up begins at zero: it goes on, and the last bytes of the file are asked for beside it.
void BulkLane::look_beside(FileTask& task, const Exchange& stream, std::size_t source, SteadyTime now) {
  if ((task.last_look && now - *task.last_look < kBetweenLooks) || active() >= run_.control.cap()) return;
  task.last_look = now;
  auto look = extra_request(task, source);
  if (!look) return;
  const std::uint64_t end = task.entry.size;
  look->segment.range = {std::max(stream.position, end - std::min(end, kLook)), end};
  look->is_look = true;
  send(task, std::move(*look));
}

void BulkLane::ask_elsewhere(net::RequestId id) {
  const Exchange exchange = take(id);
  run_.cancel(id);
  give_back(*find(exchange.file), exchange);
}

bool BulkLane::is_better_elsewhere(const Exchange& exchange, const FileTask& task, SteadyTime now) const {
  if (task.only || now - exchange.flow.started() < kToGetGoing) return false;
  const SourceSet usable = run_.health.usable(task.excluded, now);
  if (!run_.pace.slow(usable).has(exchange.route.source)) return false;
  const bool is_stream = task.ranges.shape() == FileRanges::Shape::OneStream;  // it would begin at zero
  const double again = static_cast<double>(is_stream ? task.entry.size : exchange.left()) / run_.pace.best(usable);
  return exchange.flow.rate() * (kToChange + again) < static_cast<double>(exchange.left());
}

// What a connection should bring: as much as its peers, or, where too few are left, as those did that have finished.
double BulkLane::usual_rate() const {
  std::vector<double> rates;
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.has_head) rates.push_back(exchange.flow.rate());
  }
  if (rates.size() > kPeers) return median(std::move(rates));
  return usual_rates_.size() >= kPeers ? median(usual_rates_) : 0;
}

// A stalled connection is dropped, not the file: the rest of the segment is asked for on a fresh one (N12, N13, T39).
void BulkLane::check_stalls(SteadyTime now, bool is_tail) {
  const double middle = usual_rate();
  const StallRule rule = is_tail ? StallRule::of_tail(run_.options.stall_timeout) : StallRule{run_.options.stall_timeout};
  std::vector<std::pair<net::RequestId, StallRule::Verdict>> stalled;
  for (auto& [id, exchange] : exchanges_) {
    // The transport limits the wait for a head; that it does so is not taken on trust.
    const bool is_lost = !exchange.has_head && now - exchange.flow.started() > run_.options.header_timeout + kToBeSent;
    if (!exchange.has_head && !is_lost) continue;
    const StallRule::Verdict verdict = is_lost ? StallRule::Verdict::Silent : rule.judge(exchange.flow, middle, now);
    if (verdict != StallRule::Verdict::Fine) stalled.emplace_back(id, verdict);
  }
  for (const auto& [id, verdict] : stalled) {
    if (!owns(id)) continue;  // went with its file
    const Exchange exchange = take(id);
    run_.cancel(id);
    Error error;
    error.code = ErrorCode::TimedOut;
    const std::string host = exchange.route.url.origin().host_text();
    const auto silence = std::chrono::duration_cast<std::chrono::seconds>(now - exchange.flow.last_byte());
    error.message = verdict == StallRule::Verdict::Silent ? fmt::format("{}: no byte for {} s", host, silence.count())
                                                          : fmt::format("{}: far slower than the others", host);
    // The past condemns once: if the fresh connections are no faster, it is the path that has changed.
    if (verdict == StallRule::Verdict::Slow && exchanges_.size() <= kPeers) usual_rates_.clear();
    if (FileTask* task = find(exchange.file)) set_back(*task, exchange, std::move(error));
  }
}

// Nothing is left to ask for, and one request keeps all waiting: its rest is asked for again, of another source if there is one.
void BulkLane::hedge_slowest(SteadyTime now) {
  std::vector<net::RequestId> ids;
  std::vector<OpenSegment> open;
  int hedges = 0;
  for (const auto& [id, exchange] : exchanges_) {
    if (!exchange.has_head) continue;
    const FileTask* task = find(exchange.file);
    if (exchange.is_hedge) ++hedges;
    ids.push_back(id);
    open.push_back({exchange.left(), exchange.flow.rate(),
                    exchange.twin == 0 && !exchange.is_hedge && task->ranges.shape() == FileRanges::Shape::Ranges});
  }
  const std::uint64_t limit = run_.plan.fetch_bytes / kExtraPart;
  const std::uint64_t allowance = limit > hedge_bytes_ ? limit - hedge_bytes_ : 0;
  if (hedges >= kHedges || active() >= run_.control.cap()) return;
  const auto slowest = choose_hedge(open, median(usual_rates_), allowance);
  if (!slowest) return;
  Exchange& original = exchanges_.at(ids[*slowest]);
  FileTask& task = *find(original.file);
  SourceSet avoided = task.excluded;
  if (run_.health.has_other(task.excluded, original.route.source)) avoided.add(original.route.source);
  const auto source = task.only ? task.only : run_.choose(avoided, now);
  if (!source) return;
  auto hedge = extra_request(task, *source);
  if (!hedge) return;
  hedge->segment.range = {original.position, original.segment.range.end};
  hedge->is_hedge = true;
  hedge->twin = ids[*slowest];
  hedge_bytes_ += original.left();
  send(task, std::move(*hedge));
}

}  // namespace larder::transfer
