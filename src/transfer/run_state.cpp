#include "transfer/run_state.hpp"

#include "base/escape.hpp"
#include "base/shortage.hpp"
#include "transfer/location.hpp"
#include "transfer/segment.hpp"

#include <larder/net/retry.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::milliseconds kShortagePause{250};
constexpr std::chrono::milliseconds kSecondLookPause{500};
constexpr std::chrono::seconds kSayAgain{5};
constexpr int kPatienceWithOthers = 3;       // failures in a row after which a file asks its next source
constexpr std::uint64_t kShare = 32 * 1024;  // bytes a second: below that a connection looks stalled
constexpr std::uint64_t kShareAtStart = 512 * 1024;
constexpr int kRefusals = 3;  // files refused before anything was served: the repository is closed to us

bool is_refusal(ErrorCode code) {
  return code == ErrorCode::AuthRequired || code == ErrorCode::AccessDenied || code == ErrorCode::GatedRepo;
}

/// Under a rate limit more connections bring nothing, and each would get too little to look alive.
int most_connections(const EngineOptions& options) {
  const int most = options.jobs > 0 ? options.jobs : ConnectionControl::kMost;
  if (options.limit_rate == 0) return most;
  return static_cast<int>(std::clamp<std::uint64_t>(options.limit_rate / kShare, 1, static_cast<std::uint64_t>(most)));
}

/// What each connection holds in the buffers of both kernels is lost at a kill: under a rate limit no more of them than are of use.
int first_connections(const EngineOptions& options) {
  if (options.limit_rate == 0) return ConnectionControl::kStart;
  return static_cast<int>(std::clamp<std::uint64_t>(options.limit_rate / kShareAtStart, 2, ConnectionControl::kStart));
}

bool is_about_repo(ErrorCode code) { return code == ErrorCode::RepoNotFound || code == ErrorCode::RevisionNotFound; }

}  // namespace

bool is_progress(ErrorCode code, std::uint64_t fresh, std::uint64_t asked) {
  constexpr std::uint64_t kTrickle = 64 * 1024;
  constexpr std::uint64_t kLittle = 1024;
  constexpr std::uint64_t kPart = 16;
  if (code != ErrorCode::ConnectionLost) return fresh >= kTrickle;
  return fresh > 0 && fresh >= std::min(kLittle, asked / kPart);
}

RunState::RunState(const RunSeams& run_seams, const EngineOptions& run_options, const repo::Tree& run_tree, const TransferPlan& run_plan,
                   EngineReport& run_report)
    : seams(run_seams),
      options(run_options),
      tree(run_tree),
      plan(run_plan),
      report(run_report),
      health(run_seams.sources.size()),
      pace(run_seams.sources.size()),
      small_pace(run_seams.sources.size()),
      control(most_connections(run_options), first_connections(run_options)),
      hosts(run_seams.sources.size()) {}

Result<Route> RunState::route_to(std::size_t source, const repo::FileEntry& file) {
  LARDER_TRY(Route route, first_route(*seams.sources[source], source, file));
  hosts[source] = route.endpoint.host_text();
  return route;
}

bool RunState::is_at_limit() const {
  constexpr double kNearly = 0.8;
  const double allowed = static_cast<double>(options.limit_rate) * in_seconds(ConnectionControl::kWindow);
  return options.limit_rate != 0 && static_cast<double>(window_bytes) > kNearly * allowed;
}

net::RequestId RunState::start(net::Request request) {
  ++outstanding;
  return seams.transport.start(std::move(request), *listener);
}

net::Request RunState::request(const Route& route, net::BodyMode mode) const {
  net::Request request;
  request.url = route.url;
  request.credentials = seams.sources[route.source]->credentials();
  request.headers = seams.sources[route.source]->headers(route.url);
  request.mode = mode;
  // No byte for so long is a stall, whichever byte it is.
  request.header_timeout = std::min<std::chrono::milliseconds>(options.header_timeout, options.stall_timeout);
  if (mode == net::BodyMode::Collect) request.stall_timeout = options.stall_timeout;
  return request;
}

std::optional<std::size_t> RunState::choose(const SourceSet& excluded, SteadyTime now) const { return choose_by(pace, excluded, now); }

std::optional<std::size_t> RunState::choose_for_small(const SourceSet& excluded, SteadyTime now) const {
  return choose_by(small_pace.can_compare(health.usable(excluded, now)) ? small_pace : pace, excluded, now);
}

std::optional<std::size_t> RunState::choose_by(const SourcePace& by, const SourceSet& excluded, SteadyTime now) const {
  SourceSet avoided = excluded;
  avoided.add(by.slow(health.usable(excluded, now)));
  return health.choose(avoided, now);
}

void RunState::on_head_wait(SteadyTime::duration wait) {
  // The shortest one: longer ones hold queueing and the making of connections.
  if (!round_trip || wait < *round_trip) round_trip = wait;
  if (*round_trip <= kShortRoundTrip) control.on_short_path();
}

void RunState::note_refusal(const Setback& setback) {
  if (is_about_repo(setback.error.code)) {
    health.drop(setback.source, setback.error);
    return;
  }
  if (!is_refusal(setback.error.code) || health.has_served(setback.source)) return;
  if (++refusals_ >= kRefusals) health.drop(setback.source, setback.error);  // N23: a thousand files need no thousand refusals
}

void RunState::hold_back(const Setback& setback, const SourceSet& excluded, std::chrono::milliseconds wait) {
  const SteadyTime until = now() + wait;
  const bool is_pushback = setback.error.code == ErrorCode::RateLimited || setback.error.retry_after.has_value();
  if (is_pushback) {
    gate.close(setback.host, until);
    control.on_pushback(now());
    health.rest(setback.source, until);
    if (choose(excluded, now()) != setback.source) return;  // nobody waits: another source serves meanwhile
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  if (seconds.count() < (is_pushback ? 1 : 2)) return;
  if (said_waiting_ && now() < *said_waiting_ + kSayAgain && !is_pushback) return;
  if (said_waiting_ && is_pushback && now() < *said_waiting_) return;  // one message for all that hit the same gate
  said_waiting_ = is_pushback ? until : now();
  seams.progress.wait(net::wait_reason(setback.error), seconds);
}

Recovery RunState::look_again(const Setback& setback, bool has_other) {
  health.on_failure(setback.source, now());
  if (has_other) return {Recovery::Step::NextSource, {}};
  if (setback.failures > std::min(kSecondLooks, options.retry.tries - 1)) return {};
  return {Recovery::Step::Again, now() + setback.failures * kSecondLookPause};
}

Recovery RunState::recover(const Setback& setback, const SourceSet& excluded) {
  const SteadyTime time = now();
  trouble = setback.error;
  if (++failures_in_a_row_ > options.run_retries) {
    ending = setback.error;
    return {};
  }
  if (lacks_descriptors(setback.error)) {
    control.on_shortage();
    return {Recovery::Step::Again, time + kShortagePause};
  }
  const Recovery give_up{health.has_other(excluded, setback.source) ? Recovery::Step::NextSource : Recovery::Step::GiveUp, {}};
  note_refusal(setback);
  if (setback.error.code == ErrorCode::BadResponse) return look_again(setback, give_up.step == Recovery::Step::NextSource);
  if (!is_transient(setback.error.code)) return give_up;
  health.on_failure(setback.source, time);
  if (setback.error.code == ErrorCode::ConnectionLost) control.on_reset(time);
  if (setback.error.code == ErrorCode::ServerError && setback.error.http && setback.error.http->status == 503) control.on_pushback(time);
  const auto wait = net::decide_retry(setback.error, setback.failures, options.retry, seams.random);
  const bool is_too_late = wait && options.deadline && time + *wait > *options.deadline && setback.error.retry_after;
  if (!wait || is_too_late) {
    // A pause longer than we may wait is the same for every file of this source (N17).
    if (setback.error.retry_after && (is_too_late || *setback.error.retry_after > options.retry.longest_wait)) {
      health.drop(setback.source, setback.error);
    }
    return give_up;
  }
  hold_back(setback, excluded, *wait);
  const bool has_other = give_up.step == Recovery::Step::NextSource;
  if (has_other && setback.failures >= kPatienceWithOthers) return give_up;
  const auto next = choose(excluded, time);
  return {Recovery::Step::Again, next && *next != setback.source ? time : time + *wait};
}

void RunState::blame(std::size_t source, std::uint32_t position) {
  const std::string name = seams.sources[source]->name();
  const std::string path = escape_text(entry(position).path);
  report.warnings.push_back(fmt::format("{}: wrong bytes from {}, fetched again", path, name));
  Error error;
  error.code = ErrorCode::DigestMismatch;
  error.message = fmt::format("{}: {} delivered wrong bytes", path, name);
  if (health.has_other({}, source)) health.drop(source, std::move(error));
}

void RunState::fail_file(std::uint32_t position, Error error) {
  report.statuses[position] = FileStatus::Failed;
  report.failures.add(plan.files[position].index, std::move(error));
}

Error RunState::refusal(const Route& route, const net::Response& response) const {
  return seams.sources[route.source]->classify(response, seams.clock.wall_now());
}

// What is refused at the source's own origin is refused by the source, whose word on access counts.
Error RunState::refused_address(const Route& route, const net::Response& response) const {
  if (route.is_at_endpoint()) return refusal(route, response);
  return refused_addresses(route.url.origin().host_text(), seams.sources[route.source]->name(), response.head, seams.clock.wall_now());
}

bool RunState::ends_run(const Error& error) {
  const bool ends = is_of_disk(error.code) && !lacks_descriptors(error);
  if (ends && !ending) ending = error;
  return ends;
}

Error RunState::no_source_left(const std::optional<Error>& last) const {
  if (last) return *last;
  for (std::size_t source = 0; source < health.size(); ++source) {
    if (health.why_dropped(source)) return *health.why_dropped(source);
  }
  Error error;
  error.message = "no source to ask";
  return error;
}

}  // namespace larder::transfer
