// BulkLane's requests: how a segment is asked for, and what its answer means.
#include "transfer/bulk_lane.hpp"

#include "hub/web_page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr int kBadRanges = 2;  // T30: then one stream
constexpr int kRenewals = 3;   // T38
constexpr std::size_t kRatesKept = 16;
constexpr int kManyConnections = 1000;         // so that a segment gets as small as it may be
constexpr std::uint64_t kGoodRun = 64 * 1024;  // a connection that ends after so much was not refused: no pause

Error error_of(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

/// Nobody is at the address that was given out: the source may know another one by now.
void forget_dead_address(SourceView& view, const Route& route, ErrorCode code) {
  const bool is_dead = code == ErrorCode::ConnectFailed || code == ErrorCode::NameNotResolved;
  if (is_dead && view.location && view.location->url == route.url) view.location.reset();
}

}  // namespace

void BulkLane::start_segment(std::size_t place) {
  FileTask* task = find(described_[place]);
  if (task == nullptr) return;
  const SteadyTime now = run_.now();
  auto source = source_for(*task, now);
  if (!source) return fail_file(*task, run_.no_source_left(task->last_error));
  Path way = path();
  const bool may_probe = task->ranges.shape() == FileRanges::Shape::Ranges;
  if (const auto other = may_probe ? source_to_probe(*task, *source, now) : std::nullopt) {
    source = other;
    way.connections = kManyConnections;
  }
  auto route = run_.route_to(*source, task->entry);
  if (!route) return fail_file(*task, std::move(route).error());
  SourceView& view = task->sources[*source];
  if (view.location && view.location->renew_at && *view.location->renew_at <= now) view.location.reset();
  Exchange exchange;
  exchange.file = task->id;
  exchange.route = std::move(*route);
  exchange.is_resolving = !view.location;
  if (view.location) exchange.route.skip_to(view.location->url);
  exchange.segment = task->ranges.take(now, way);
  send(*task, std::move(exchange));
}

// Before the first answer the path counts as short: a first small segment costs little, a large one far ahead of the others much.
Path BulkLane::path() const { return {run_.control.bulk(), run_.round_trip.value_or(std::chrono::nanoseconds{0}), median(usual_rates_)}; }

// A source whose pace is not known gets one small segment, where it could still shorten the run.
std::optional<std::size_t> BulkLane::source_to_probe(const FileTask& task, std::size_t chosen, SteadyTime now) const {
  if (run_.health.size() < 2 || task.only) return std::nullopt;
  const double left = static_cast<double>(run_.plan.fetch_bytes) - static_cast<double>(run_.done_bytes);
  if (left < kWorthProbing * run_.pace.rate(chosen) * std::max(active(), 1)) return std::nullopt;
  const auto other = run_.pace.unknown(run_.health.usable(task.excluded, now), chosen, now);
  if (!other || task.sources[*other].is_asking || run_.gate.is_closed(run_.hosts[*other], now)) return std::nullopt;
  const bool is_being_tried =
      std::any_of(exchanges_.begin(), exchanges_.end(), [&](const auto& one) { return one.second.route.source == *other; });
  return is_being_tried ? std::nullopt : other;
}

// One for bytes that another request brings, too; its segment is for the caller to name. nullopt: the source can't be asked now.
std::optional<Exchange> BulkLane::extra_request(FileTask& task, std::size_t source) {
  const SourceView& view = task.sources[source];
  auto route = run_.route_to(source, task.entry);
  if (!route || (!view.location && view.is_asking)) return std::nullopt;
  Exchange extra;
  extra.file = task.id;
  extra.route = std::move(*route);
  extra.is_resolving = !view.location;
  if (view.location) extra.route.skip_to(view.location->url);
  return extra;
}

void BulkLane::send(FileTask& task, Exchange exchange) {
  const ByteRange range = exchange.segment.range;
  const bool is_whole = range == ByteRange{0, task.entry.size};
  // The whole file is asked for without a range: a server that takes none then loses nothing (engine.md §4).
  exchange.asked = is_whole ? std::nullopt : std::optional(range);
  exchange.position = range.begin;
  exchange.flow = Flow(run_.now());
  if (exchange.is_resolving) task.sources[exchange.route.source].is_asking = true;
  net::Request request = run_.request(exchange.route, net::BodyMode::Stream);
  request.range = exchange.asked;
  request.is_fresh = exchange.segment.failures > 0;
  // From offset 0 the whole body may come instead (T31); never a byte more than the listing says (T21).
  request.max_body = range.begin == 0 ? task.entry.size : range.size();
  ++task.active;
  const net::RequestId id = run_.start(std::move(request));
  if (const auto twin = exchanges_.find(exchange.twin); twin != exchanges_.end()) twin->second.twin = id;
  exchanges_.emplace(id, std::move(exchange));
}

Exchange BulkLane::take(net::RequestId id) {
  const auto found = exchanges_.find(id);
  Exchange exchange = std::move(found->second);
  exchanges_.erase(found);
  measure(exchange, run_.now());
  if (const auto twin = exchanges_.find(exchange.twin); twin != exchanges_.end()) {
    twin->second.twin = 0;
  } else {
    exchange.twin = 0;
  }
  if (FileTask* task = find(exchange.file)) {
    --task->active;
    if (exchange.is_resolving) task->sources[exchange.route.source].is_asking = false;
  }
  return exchange;
}

void BulkLane::drop(net::RequestId id) {
  (void)take(id);
  run_.cancel(id);
}

void BulkLane::drop_all(FileTask& task) {
  std::vector<net::RequestId> ids;
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.file == task.id) ids.push_back(id);
  }
  for (const net::RequestId id : ids) drop(id);
}

void BulkLane::on_head(net::HeadEvent& event) {
  FileTask& task = *find(exchanges_.at(event.id).file);
  if (!judge_head(task, event.id, event.head)) return;
  exchanges_.at(event.id).has_head = true;
  exchanges_.at(event.id).is_open_ended = !event.head.headers.find("Content-Length");
}

// False: the answer is refused, and what follows from that is done already.
bool BulkLane::judge_head(FileTask& task, net::RequestId id, const net::ResponseHead& head) {
  Exchange& exchange = exchanges_.at(id);
  run_.on_head_wait(run_.now() - exchange.flow.started());
  const Judgement judgement = judge_answer(head, exchange.asked, task.entry.size);
  if (auto checked = check_head(task, exchange, head, judgement); !checked) {
    refuse(task, id, std::move(checked).error());
    return false;
  }
  if (judgement.verdict != Verdict::Accept && judgement.verdict != Verdict::WholeBody) {
    on_bad_range(task, id, head);
    return false;
  }
  if (!keeps_identity(task, exchange, head)) {
    on_changed(task, id);
    return false;
  }
  return fit_segment(task, id, judgement);
}

// Does the answer speak of the file that is listed (N35)?
Result<void> BulkLane::check_head(const FileTask& task, const Exchange& exchange, const net::ResponseHead& head,
                                  const Judgement& judgement) const {
  if (exchange.route.is_at_endpoint()) LARDER_CHECK(run_.seams.sources[exchange.route.source]->check(head, task.entry));
  if (judgement.verdict != Verdict::OtherSize) return {};
  return fail(ErrorCode::BadResponse, fmt::format("{}: answer has another size than the listing, which says {} bytes",
                                                  exchange.route.url.origin().host_text(), task.entry.size));
}

void BulkLane::refuse(FileTask& task, net::RequestId id, Error error) {
  const Exchange refused = take(id);
  run_.cancel(id);
  set_back(task, refused, std::move(error));
}

// T32: once more with a new address.
void BulkLane::on_changed(FileTask& task, net::RequestId id) {
  const Route& route = exchanges_.at(id).route;
  if (task.has_changed) {
    return refuse(
        task, id,
        error_of(ErrorCode::RemoteChanged, fmt::format("{}: the file changed while it was fetched", route.url.origin().host_text())));
  }
  task.has_changed = true;
  task.sources[route.source].location.reset();
  restart(task, task.ranges.shape());
}

// What the answer brings becomes the exchange's segment. False: the file starts anew as one stream (T31).
bool BulkLane::fit_segment(FileTask& task, net::RequestId id, const Judgement& judgement) {
  Exchange& exchange = exchanges_.at(id);
  if (exchange.is_look && judgement.range != exchange.segment.range) {
    drop(id);
    return false;
  }
  if (judgement.verdict == Verdict::WholeBody) {
    if (exchange.asked && exchange.asked->begin != 0) {
      restart(task, FileRanges::Shape::OneStream);
      return false;
    }
    on_whole_body(task, id);
  } else if (judgement.range.end < exchange.segment.range.end) {
    const Segment rest{{judgement.range.end, exchange.segment.range.end}, 0, {}};
    exchange.segment.range.end = judgement.range.end;
    task.ranges.give_back(rest);
  }
  return true;
}

void BulkLane::on_whole_body(FileTask& task, net::RequestId id) {
  if (!exchanges_.at(id).asked) return;
  std::vector<net::RequestId> others;
  for (const auto& [other, exchange] : exchanges_) {
    if (exchange.file == task.id && other != id) others.push_back(other);
  }
  for (const net::RequestId other : others) drop(other);
  exchanges_.at(id).segment.range = {0, task.entry.size};
  task.ranges.take_all();
}

// The Location found for all segments; its ETag is compared only between its own answers (T32).
bool BulkLane::keeps_identity(FileTask& task, Exchange& exchange, const net::ResponseHead& head) {
  SourceView& view = task.sources[exchange.route.source];
  if (exchange.is_resolving) {
    view.is_asking = false;
    if (!view.location || view.location->url != exchange.route.url) {
      view.location = make_location(exchange.route.url, run_.now(), run_.seams.clock.wall_now());
    }
  }
  if (!view.location || view.location->url != exchange.route.url) return true;
  const auto etag = head.headers.find("ETag");
  if (!etag) return true;
  if (!view.location->etag) view.location->etag = std::string(*etag);
  return *view.location->etag == *etag;
}

void BulkLane::on_bad_range(FileTask& task, net::RequestId id, const net::ResponseHead& head) {
  const Exchange exchange = take(id);
  run_.cancel(id);
  const std::string host = exchange.route.url.origin().host_text();
  if (task.ranges.shape() == FileRanges::Shape::OneStream || !exchange.asked) {
    return set_back(task, exchange,
                    error_of(ErrorCode::BadResponse, fmt::format("{}: answer {} with a range that was not asked for", host, head.status)));
  }
  task.last_error = error_of(ErrorCode::RangeIgnored, fmt::format("{}: answer {} does not match the range asked for", host, head.status));
  if (++task.bad_ranges >= kBadRanges) return restart(task, FileRanges::Shape::OneStream);
  give_back(task, exchange);
}

// Where a twin, or a stream, goes on for the same bytes, nothing is asked for again.
void BulkLane::give_back(FileTask& task, const Exchange& exchange) {
  if (exchange.twin == 0 && !exchange.is_look) task.ranges.give_back(exchange.rest());
}

void BulkLane::on_end(net::EndEvent& event) {
  Exchange exchange = take(event.id);
  FileTask& task = *find(exchange.file);
  // An end without the last chunk (N9) takes nothing from bytes that are all here; one byte too many does (T21).
  const bool is_whole = exchange.has_head && exchange.left() == 0;
  if (!event.result && !(is_whole && is_transient(event.result.error().code))) {
    if (is_whole) return on_too_much(task, exchange, std::move(event.result).error());
    return set_back(task, exchange, std::move(event.result).error());
  }
  if (exchange.has_head) {
    if (exchange.left() > 0) {
      return set_back(task, exchange, error_of(ErrorCode::ConnectionLost, fmt::format("{}: body ended early", event.host)));
    }
    run_.health.on_success(exchange.route.source);
    run_.on_progress();
    task.sources[exchange.route.source].renewals = 0;
    const double seconds = in_seconds(run_.now() - exchange.flow.started());
    if (seconds > 0) usual_rates_.push_back(static_cast<double>(exchange.flow.received()) / seconds);
    if (usual_rates_.size() > kRatesKept) usual_rates_.erase(usual_rates_.begin());
    if (exchange.twin != 0) drop(exchange.twin);  // first to finish wins
    return complete_if_all_here(task);
  }
  const net::ResponseHead& head = event.result->head;
  if (judge_answer(head, exchange.asked, task.entry.size).verdict == Verdict::Redirect) {
    run_.on_head_wait(run_.now() - exchange.flow.started());
    return on_redirect(task, std::move(exchange), head);
  }
  on_failed_answer(task, exchange, *event.result);
}

// More came than there is, so none of it is believed (T21).
void BulkLane::on_too_much(FileTask& task, const Exchange& exchange, Error error) {
  const std::size_t source = exchange.route.source;
  task.last_error = error;
  const bool has_other = run_.health.has_other(task.excluded, source);
  if (!has_other && ++task.overflows > kSecondLooks) return fail_file(task, std::move(error));
  if (has_other) task.excluded.add(source);
  restart(task, task.ranges.shape());
}

void BulkLane::on_redirect(FileTask& task, Exchange exchange, const net::ResponseHead& head) {
  const BlobSource& source = *run_.seams.sources[exchange.route.source];
  if (exchange.route.is_at_endpoint()) {
    if (auto checked = source.check(head, task.entry); !checked) return set_back(task, exchange, std::move(checked).error());
  }
  auto next = follow(exchange.route, head);
  if (!next) return set_back(task, exchange, std::move(next).error());
  SourceView& view = task.sources[exchange.route.source];
  // Known from here on: the other segments need not wait for this one's first byte.
  if (exchange.is_resolving || (view.location && view.location->url == exchange.route.url)) {
    view.location = make_location(next->url, run_.now(), run_.seams.clock.wall_now());
  }
  exchange.route = std::move(*next);
  send(task, std::move(exchange));
}

void BulkLane::on_failed_answer(FileTask& task, const Exchange& exchange, const net::Response& response) {
  const int status = response.head.status;
  // A short page, which the transport hands over whole (T36).
  if (auto page = status == 200 ? hub::page_instead_of("the file", exchange.route.url.origin().host_text(), response) : std::nullopt) {
    return set_back(task, exchange, *std::move(page));
  }
  if (status == 416 || status == 200 || status == 206) {
    // 416 within the listed size: the server's file is another one, or it can't do ranges (N25).
    const std::string answer = fmt::format("{}: answer {}", exchange.route.url.origin().host_text(), status);
    if (task.ranges.shape() == FileRanges::Shape::OneStream || !exchange.asked) {
      return set_back(task, exchange, error_of(ErrorCode::BadResponse, answer + ", though no range was asked for"));
    }
    task.last_error = error_of(ErrorCode::RangeIgnored, answer + " to a range");
    if (++task.bad_ranges >= kBadRanges) return restart(task, FileRanges::Shape::OneStream);
    give_back(task, exchange);
    return;
  }
  if (is_stale_address(exchange.route, status)) return on_stale_address(task, exchange, response);
  Error error = run_.refusal(exchange.route, response);
  set_back(task, exchange, std::move(error));
}

// The address that the source gave out has expired: one renewal serves all segments that wait (T38).
void BulkLane::on_stale_address(FileTask& task, const Exchange& exchange, const net::Response& response) {
  const std::size_t source = exchange.route.source;
  SourceView& view = task.sources[source];
  if (view.location && view.location->url == exchange.route.url) {
    view.location.reset();
    ++view.renewals;
  }
  if (view.renewals <= kRenewals) {
    give_back(task, exchange);
    return;
  }
  Error error = run_.refused_address(exchange.route, response);
  task.last_error = error;
  if (!run_.health.has_other(task.excluded, source)) return fail_file(task, std::move(error));
  task.excluded.add(source);
  task.ranges.give_back({{exchange.position, exchange.segment.range.end}, 0, {}});
}

void BulkLane::set_back(FileTask& task, const Exchange& exchange, Error error) {
  const bool has_progress = is_progress(error.code, exchange.fresh, exchange.segment.range.size());
  if (has_progress) {
    run_.on_progress();
    task.sources[exchange.route.source].renewals = 0;
  }
  task.last_error = error;
  forget_dead_address(task.sources[exchange.route.source], exchange.route, error.code);
  if (exchange.twin != 0 || exchange.is_look) return;  // the other request for these bytes goes on
  const bool was_good = exchange.fresh >= kGoodRun && error.code == ErrorCode::ConnectionLost;
  Segment rest = exchange.rest();
  rest.failures = has_progress ? (was_good ? 0 : 1) : rest.failures + 1;
  const Recovery recovery =
      run_.recover({error, exchange.route.source, exchange.route.url.origin().host_text(), rest.failures}, task.excluded);
  switch (recovery.step) {
    case Recovery::Step::Again:
      rest.not_before = was_good ? run_.now() : recovery.not_before;
      task.ranges.give_back(rest);
      return complete_if_all_here(task);
    case Recovery::Step::NextSource:
      task.excluded.add(exchange.route.source);
      task.only.reset();
      rest.failures = 0;
      task.ranges.give_back(rest);
      return complete_if_all_here(task);
    case Recovery::Step::GiveUp:
      return fail_file(task, std::move(error));
  }
}

}  // namespace larder::transfer
