#include "transfer/small_lane.hpp"

#include "base/heap.hpp"
#include "digest/hasher.hpp"
#include "hub/web_page.hpp"
#include "transfer/location.hpp"
#include "transfer/range_answer.hpp"
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
constexpr int kRenewals = 3;                        // T38
constexpr std::uint64_t kSlowestSmall = 16 * 1024;  // bytes a second that a small body must bring at least

}  // namespace

SmallLane::SmallLane(RunState& run, std::vector<std::uint32_t> positions)
    : run_(run),
      queue_(std::move(positions)),
      most_held_(std::min<std::uint64_t>(run.seams.pool.pieces() * BufferPool::kPiece / 2, kBatchBytes)) {
  std::uint64_t all = 0;
  for (const std::uint32_t position : queue_) all += run_.entry(position).size;
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
  const auto source = run_.choose({}, now);
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

void SmallLane::start(Want want) {
  const SteadyTime now = run_.now();
  const auto source = run_.choose(want.excluded, now);
  if (!source) {
    give_up(want, run_.no_source_left(std::nullopt));
    return;
  }
  auto route = run_.route_to(*source, run_.entry(want.position));
  if (!route) {
    give_up(want, std::move(route).error());
    return;
  }
  const SteadyTime opens = run_.gate.opens(route->endpoint.host_text(), now);
  if (opens > now) {
    release(want.position);
    want.not_before = opens;
    later_.push_back(want);
    return;
  }
  send(want, std::move(*route));
}

void SmallLane::send(Want want, Route route) {
  net::Request request = run_.request(route, net::BodyMode::Collect);
  request.max_body = run_.entry(want.position).size;
  request.version = net::HttpVersion::Any;
  request.is_small = true;
  request.is_fresh = want.failures > 0;
  request.tells_bytes = true;
  const net::RequestId id = run_.start(std::move(request));
  active_.emplace(id, Request{want, std::move(route), run_.now()});
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

void SmallLane::on_received(const net::ReceivedEvent& event) {
  Request& request = active_.find(event.id)->second;
  coming_bytes_ += event.body_bytes - request.received;
  request.received = event.body_bytes;
  run_.seams.progress.advance(task_of(request.want.position), event.body_bytes);
}

void SmallLane::on_end(net::EndEvent& event) {
  const auto found = active_.find(event.id);
  Request request = std::move(found->second);
  active_.erase(found);
  coming_bytes_ -= request.received;
  if (!event.result) {
    if (request.has_timed_out) {
      event.result.error().code = ErrorCode::TimedOut;
      event.result.error().message = fmt::format("{}: too slow to wait for its end", request.route.url.origin().host_text());
    }
    set_back(request, std::move(event.result).error());
    return;
  }
  run_.on_head_wait(run_.now() - request.started);
  on_answer(request, *event.result);
}

void SmallLane::on_answer(Request& request, net::Response& response) {
  const BlobSource& source = *run_.seams.sources[request.route.source];
  const repo::FileEntry entry = run_.entry(request.want.position);
  const int status = response.head.status;
  if (request.route.is_at_endpoint() && status >= 200 && status < 400) {
    if (auto checked = source.check(response.head, entry); !checked) return set_back(request, std::move(checked).error());
  }
  switch (judge_answer(response.head, std::nullopt, entry.size).verdict) {
    case Verdict::Accept:
    case Verdict::WholeBody:
      return on_body(request, response);
    case Verdict::Redirect: {
      auto next = follow(request.route, response.head);
      if (!next) return set_back(request, std::move(next).error());
      return send(request.want, std::move(*next));
    }
    case Verdict::OtherSize:
      return refuse(request, response, fmt::format("answer has another size than the listing, which says {} bytes", entry.size));
    case Verdict::BadRange:
      return refuse(request, response, fmt::format("answer {} with a range that was not asked for", status));
    case Verdict::NotThere:
    case Verdict::Failure:
      break;
  }
  if (is_stale_address(request.route, status)) return on_stale_address(request, response);
  set_back(request, run_.refusal(request.route, response));
}

void SmallLane::refuse(Request& request, const net::Response& response, const std::string& why) {
  Error error;
  error.code = ErrorCode::BadResponse;
  error.message = request.route.url.origin().host_text() + ": " + why;
  set_back(request, page_instead(request, response).value_or(std::move(error)));
}

// The address that the source gave out is not good any more: another one, three times (R-332 c). Then it is a network failure, no lack
// of access (T38), and asking this source once more would only go round.
void SmallLane::on_stale_address(Request& request, const net::Response& response) {
  Want& want = request.want;
  const std::size_t source = request.route.source;
  if (++want.renewals <= kRenewals) return start(want);
  if (run_.health.has_other(want.excluded, source)) {
    want.excluded.add(source);
    want.renewals = 0;
    return start(want);
  }
  Error error = run_.refused_address(request.route, response);
  if (request.route.is_at_endpoint()) return set_back(request, std::move(error));  // counts as a refusal (N23)
  give_up(want, std::move(error));
}

/// T36: right bytes are right whatever their type; of wrong ones it is said when they are a page of somebody in between.
std::optional<Error> SmallLane::page_instead(const Request& request, const net::Response& response) const {
  if (hub::is_page_name(run_.entry(request.want.position).path)) return std::nullopt;
  return hub::page_instead_of("the file", request.route.url.origin().host_text(), response);
}

void SmallLane::on_body(Request& request, net::Response& response) {
  const repo::FileEntry entry = run_.entry(request.want.position);
  std::string& body = response.body;
  if (body.size() != entry.size) {
    Error error;
    error.code = ErrorCode::ConnectionLost;
    error.message = fmt::format("{}: body ended after {} of {} bytes", request.route.url.origin().host_text(), body.size(), entry.size);
    return set_back(request, page_instead(request, response).value_or(std::move(error)));
  }
  const digest::Digest actual = digest::digest_of(entry.digest().algorithm(), std::as_bytes(std::span(body)));
  if (actual != entry.digest()) return on_mismatch(request, actual, page_instead(request, response));
  run_.health.on_success(request.route.source);
  run_.on_progress();
  run_.done_bytes += entry.size;
  store(request.want.position, std::move(body));
}

void SmallLane::on_mismatch(Request& request, const digest::Digest& actual, const std::optional<Error>& page) {
  Want& want = request.want;
  const bool has_other = run_.health.has_other(want.excluded, request.route.source);
  if (++want.mismatches > 1 && !has_other) {
    const repo::FileEntry entry = run_.entry(want.position);
    Error error;
    error.code = ErrorCode::DigestMismatch;
    error.message = fmt::format("digest mismatch: expected {}, got {}", entry.digest().text(), actual.text());
    if (page) error.message += ": " + page->message;
    if (page) error.hint = page->hint;
    return give_up(want, std::move(error));
  }
  run_.blame(request.route.source, want.position);
  if (has_other) want.excluded.add(request.route.source);
  start(want);
}

void SmallLane::set_back(Request& request, Error error) {
  Want& want = request.want;
  ++want.failures;
  const Recovery recovery =
      run_.recover({error, request.route.source, request.route.url.origin().host_text(), want.failures}, want.excluded);
  switch (recovery.step) {
    case Recovery::Step::Again:
      release(want.position);
      want.not_before = recovery.not_before;
      later_.push_back(want);
      return;
    case Recovery::Step::NextSource:
      want.excluded.add(request.route.source);
      want.failures = 0;
      return start(want);
    case Recovery::Step::GiveUp:
      return give_up(want, std::move(error));
  }
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

void SmallLane::pulse(SteadyTime now) {
  const std::uint64_t limit = run_.options.limit_rate;
  const std::uint64_t slowest = limit == 0 ? kSlowestSmall : std::clamp<std::uint64_t>(limit / 2, 1, kSlowestSmall);
  for (auto& [id, request] : active_) {
    const auto allowed =
        run_.options.header_timeout + run_.options.stall_timeout + std::chrono::seconds{run_.entry(request.want.position).size / slowest};
    if (now - request.started < allowed) continue;
    request.started = now;
    request.has_timed_out = true;  // its End event brings it back as a failure
    run_.cancel(id);
  }
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
