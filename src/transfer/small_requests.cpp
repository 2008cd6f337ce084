// SmallLane's requests: how a file is asked for, and what the answer means.
#include "digest/hasher.hpp"
#include "hub/web_page.hpp"
#include "transfer/location.hpp"
#include "transfer/range_answer.hpp"
#include "transfer/small_lane.hpp"

#include <fmt/format.h>

namespace larder::transfer {

namespace {

constexpr int kRenewals = 3;  // T38

}  // namespace

void SmallLane::start(Want want) {
  const SteadyTime now = run_.now();
  auto source = run_.choose_for_small(want.excluded, now);
  if (!source) {
    give_up(want, run_.no_source_left(std::nullopt));
    return;
  }
  if (const auto other = source_to_probe(want, *source, now)) source = other;
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
  active_.emplace(id, Request{want, std::move(route), Flow(run_.now())});
}

void SmallLane::on_received(const net::ReceivedEvent& event) {
  Request& request = active_.find(event.id)->second;
  const std::uint64_t fresh = event.body_bytes - request.flow.received();
  coming_bytes_ += fresh;
  request.flow.on_bytes(fresh, run_.now());
  run_.seams.progress.advance(task_of(request.want.position), event.body_bytes);
}

SmallLane::Request SmallLane::take(net::RequestId id) {
  const auto found = active_.find(id);
  Request request = std::move(found->second);
  active_.erase(found);
  coming_bytes_ -= request.flow.received();
  return request;
}

void SmallLane::on_end(net::EndEvent& event) {
  const SteadyTime now = run_.now();
  Request request = take(event.id);
  request.flow.on_bytes(event.body_bytes - request.flow.received(), now);
  const bool is_answered = event.result && event.result->head.status < 300;  // a redirect is part of the wait
  measure(request, is_answered ? 1 : 0, now);
  if (!event.result) {
    Error& error = event.result.error();
    if (request.has_timed_out) {
      error.code = ErrorCode::TimedOut;
      error.message = fmt::format("{}: too slow to wait for its end", request.route.url.origin().host_text());
    }
    if (error.code == ErrorCode::ConnectionLost && event.body_bytes > 0) return on_broken_body(request, std::move(error));
    return set_back(request, std::move(error));
  }
  run_.on_head_wait(now - request.flow.started());
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
    if (auto page = page_instead(request, response)) return set_back(request, *std::move(page));
    return on_broken_body(request, std::move(error));
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

// N7: what breaks off again is fetched in ranges, as large files are, so that what comes is kept.
void SmallLane::on_broken_body(Request& request, Error error) {
  const Want& want = request.want;
  if (want.failures == 0 || run_.health.has_other(want.excluded, request.route.source)) return set_back(request, std::move(error));
  release(want.position);
  end_task(want.position, TaskEnd::Failed);
  run_.in_parts.push_back(want.position);
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

}  // namespace larder::transfer
