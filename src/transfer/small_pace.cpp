// SmallLane's pace: what is looked at by time and not by event; which source is fast with small files.
#include "transfer/small_lane.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::uint64_t kSlowestSmall = 16 * 1024;  // bytes a second that a small body must bring at least
constexpr double kToChange = 2;                     // so many times sooner another source must have it

}  // namespace

void SmallLane::pulse(SteadyTime now) {
  drop_late(now);
  if (run_.health.size() < 2) return;
  for (auto& [id, request] : active_) measure(request, 0, now);
  leave_slow_sources(now);
  make_room_to_probe(now);
}

void SmallLane::drop_late(SteadyTime now) {
  const std::uint64_t limit = run_.options.limit_rate;
  const std::uint64_t slowest = limit == 0 ? kSlowestSmall : std::clamp<std::uint64_t>(limit / 2, 1, kSlowestSmall);
  for (auto& [id, request] : active_) {
    const auto allowed =
        run_.options.header_timeout + run_.options.stall_timeout + std::chrono::seconds{run_.entry(request.want.position).size / slowest};
    if (request.has_timed_out || now - request.flow.started() < allowed) continue;
    request.has_timed_out = true;  // its End event brings it back as a failure
    run_.cancel(id);
  }
}

void SmallLane::measure(Request& request, std::uint64_t files, SteadyTime now) {
  const Flow::Sample sample = request.flow.sample(now);
  run_.small_pace.on_bytes(request.route.source, sample.bytes + files * kFileWork, sample.time, now);
}

double SmallLane::work_left() const {
  const std::size_t files = queue_.size() - next_ + later_.size() + active_.size();
  return static_cast<double>(files) * (average_size_ + static_cast<double>(kFileWork));
}

// A source whose pace is not known gets one file at a time, where it could still shorten the run.
std::optional<std::size_t> SmallLane::source_to_probe(const Want& want, std::size_t chosen, SteadyTime now) const {
  if (run_.health.size() < 2) return std::nullopt;
  const auto together = static_cast<double>(std::max<std::size_t>(active_.size(), 1));
  if (work_left() < kWorthProbing * run_.small_pace.rate(chosen) * together) return std::nullopt;
  const auto other = run_.small_pace.unknown(run_.health.usable(want.excluded, now), chosen, now);
  if (!other || run_.gate.is_closed(run_.hosts[*other], now)) return std::nullopt;
  const bool is_being_tried =
      std::any_of(active_.begin(), active_.end(), [&](const auto& one) { return one.second.route.source == *other; });
  return is_being_tried ? std::nullopt : other;
}

// What was asked of a source far slower than another one is asked of that one, where this is sooner done.
void SmallLane::leave_slow_sources(SteadyTime now) {
  std::vector<net::RequestId> late;
  for (const auto& [id, request] : active_) {
    if (is_better_elsewhere(request, now)) late.push_back(id);
  }
  for (const net::RequestId id : late) ask_elsewhere(id);
}

bool SmallLane::is_better_elsewhere(const Request& request, SteadyTime now) const {
  if (request.has_timed_out || now - request.flow.started() < kToGetGoing) return false;
  const SourceSet usable = run_.health.usable(request.want.excluded, now);
  const std::size_t source = request.route.source;
  if (!run_.small_pace.slow(usable).has(source)) return false;
  const double all = static_cast<double>(run_.entry(request.want.position).size + kFileWork);
  const double left = all - static_cast<double>(request.flow.received() > 0 ? request.flow.received() + kFileWork : 0);
  return left / std::max(run_.small_pace.rate(source), 1.0) > kToChange * all / run_.small_pace.best(usable);
}

// Nothing more can be started, and what is under way takes long: one file is asked of a source that is not known yet.
void SmallLane::make_room_to_probe(SteadyTime now) {
  SchedulerState state;
  describe(state, now);
  if (active_.empty() || (state.small_ready && state.small_active < state.small_limit)) return;
  const auto last = std::min_element(active_.begin(), active_.end(),
                                     [](const auto& a, const auto& b) { return a.second.flow.received() < b.second.flow.received(); });
  const Request& request = last->second;
  if (request.has_timed_out || now - request.flow.started() < kToGetGoing) return;
  if (source_to_probe(request.want, request.route.source, now)) ask_elsewhere(last->first);
}

void SmallLane::ask_elsewhere(net::RequestId id) {
  const Request request = take(id);
  run_.cancel(id);
  start(request.want);
}

}  // namespace larder::transfer
