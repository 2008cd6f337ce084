#include <larder/net/client.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "net/answer.hpp"
#include "net/blocking_request.hpp"
#include "net/headers.hpp"
#include "net/redirect.hpp"

#include <larder/base/log.hpp>

#include <algorithm>

namespace larder::net {
namespace {

constexpr std::size_t kMostTopics = 64;  // a hostile server must not grow our memory
constexpr std::size_t kShownWarning = 500;

/// The Hub counts "api" and other requests apart: an empty quota of one says nothing about the other.
std::string quota_key(const Url& url) { return url.origin().text() + (url.path().rfind("/api/", 0) == 0 ? " api" : ""); }

/// Why a run that is over got no answer: a time limit tells what it was waiting for.
Error cut_short(const CancelToken& cancel, const Url& url, const std::optional<Error>& trouble) {
  Error error = cancel.error();
  if (error.code == ErrorCode::TimedOut) {
    error.message = url.origin().host_text() + ": no answer when " + error.message;
    if (trouble) error.message += ", last trouble: " + trouble->text();
  }
  return error;
}

}  // namespace

Client::Client(Transport& transport, Clock& clock, Random& random, ProgressSink& progress, RetryPolicy policy)
    : transport_(transport), clock_(clock), random_(random), progress_(progress), policy_(policy) {}

Result<Response> Client::exchange(Request request, const CancelToken& cancel, RedirectScope scope) {
  last_url_ = request.url;
  const Origin first = request.url.origin();
  for (int hops = 0;; ++hops) {
    LARDER_TRY(Response response, exchange_one(request, cancel));
    last_url_ = request.url;
    LARDER_TRY(const auto target, next_hop(request.url, response.head, hops));
    if (!target) return response;
    if (scope == RedirectScope::SameOrigin && target->origin() != first) {  // T25
      return fail(ErrorCode::UnsafeRedirect, first.host_text() + ": redirect to another origin, " + target->origin().text());
    }
    LARDER_TRY(request, redirected(std::move(request), *target, response.head.status));
  }
}

// One URL, with retries.
Result<Response> Client::exchange_one(const Request& request, const CancelToken& cancel) {
  std::optional<Error> trouble;
  for (int failures = 0;;) {
    LARDER_CHECK(await_quota(request.url, cancel));
    Result<Response> response = run_blocking(transport_, request, cancel);
    if (cancel.is_cancelled()) return fail(cut_short(cancel, request.url, trouble));
    if (response) note_headers(request.url, response->head);
    auto error = response ? transient_failure(request.url, response->head, clock_.wall_now()) : response.error();
    if (!error) return response;
    const auto pause = decide_retry(*error, ++failures, policy_, random_);
    if (!pause || is_past_deadline(*pause)) return fail(final_error(std::move(*error), pause.has_value()));
    log::info("trying again in " + std::to_string(pause->count()) + " ms: " + error->text());
    if (!wait(*pause, wait_reason(*error), cancel)) return fail(cut_short(cancel, request.url, error));
    trouble = std::move(error);
  }
}

// A quota known to be used up: asking would only cost one more 429.
Result<void> Client::await_quota(const Url& url, const CancelToken& cancel) {
  const auto found = quota_ends_.find(quota_key(url));
  if (found == quota_ends_.end()) return {};
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(found->second - clock_.now());
  quota_ends_.erase(found);
  if (pause.count() <= 0) return {};
  Error error;
  error.code = ErrorCode::RateLimited;
  error.message = url.origin().host_text() + ": rate limit reached";
  error.http = http_facts(url, {});
  error.retry_after = std::chrono::ceil<std::chrono::seconds>(pause);
  if (is_past_deadline(pause)) return fail(final_error(std::move(error), true));
  return wait(pause, wait_reason(error), cancel);
}

Result<void> Client::wait(std::chrono::milliseconds pause, std::string_view reason, const CancelToken& cancel) {
  if (pause >= std::chrono::seconds(1)) progress_.wait(reason, std::chrono::ceil<std::chrono::seconds>(pause));
  if (!clock_.wait_until(clock_.now() + pause, cancel)) return fail(cancel.error());
  return {};
}

bool Client::is_past_deadline(std::chrono::milliseconds pause) { return deadline_ && clock_.now() + pause > *deadline_; }

/// Names the time the server asked for, when that is why we give up (N17).
Error Client::final_error(Error error, bool is_deadline) {
  if (!error.retry_after) return error;
  const auto until = std::chrono::floor<std::chrono::seconds>(clock_.wall_now()) + *error.retry_after;
  const bool is_too_long = *error.retry_after > policy_.longest_wait;
  if (!is_too_long && !is_deadline) return error;
  error.message += ": it asks to wait " + std::to_string(error.retry_after->count()) + " s, until " + format_time(until) +
                   (is_deadline ? ", past the time limit of this run" : "");
  return error;
}

void Client::note_headers(const Url& url, const ResponseHead& head) {
  const auto pause = quota_pause(head.headers);
  if (pause && *pause <= policy_.longest_wait && head.status != 429) quota_ends_[quota_key(url)] = clock_.now() + *pause;
  for (const std::string_view value : head.headers.find_all("x-hf-warning")) {
    const ServerWarning warning = parse_warning(value);
    if (warned_topics_.size() >= kMostTopics || !warned_topics_.insert(to_lower(warning.topic)).second) continue;
    log::warn(url.origin().host_text() + " says: " + escape_text(warning.message, kShownWarning));
  }
}

}  // namespace larder::net
