// Client: one blocking exchange with redirects by hand, retries and waiting; for API calls.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/progress.hpp>
#include <larder/net/retry.hpp>
#include <larder/net/transport.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace larder::net {

/// How far the redirects of an exchange may lead.
enum class RedirectScope {
  AnyOrigin,   ///< anywhere, by the rules of Client
  SameOrigin,  ///< to another origin than the first one's is UnsafeRedirect: pages of a listing (T25)
};

/// Asks and waits. Follows at most 10 redirects; the credentials go along only to their own origin; https → http and schemes other than
/// http(s) are UnsafeRedirect. 408, 429, 5xx and transport failures are tried again by the policy, saying so to `progress`.
/// Thread: any; one exchange at a time per object; blocks.
class Client {
 public:
  Client(Transport& transport, Clock& clock, Random& random, ProgressSink& progress, RetryPolicy policy);

  /// `deadline`: end of the whole run (`--timeout`), so that a longer Retry-After fails at once.
  void set_deadline(SteadyTime deadline) { deadline_ = deadline; }

  /// The final answer, whatever its status below 500 but 408 and 429 (callers classify the other 4xx); at most 64 KiB of a body that is no
  /// success. An answer that says its quota is used up makes the next exchange with that server wait. Errors: network codes,
  /// RateLimited, ServerError, TooManyRedirects, UnsafeRedirect, BadResponse, Interrupted (or what the token says).
  Result<Response> exchange(Request request, const CancelToken& cancel, RedirectScope scope = RedirectScope::AnyOrigin);

  /// What the clock on the wall says, for what an answer dates.
  [[nodiscard]] WallTime wall_now() const { return clock_.wall_now(); }
  /// URL that answered the last exchange (after redirects).
  [[nodiscard]] const Url& last_url() const { return last_url_; }

 private:
  Result<Response> exchange_one(const Request& request, const CancelToken& cancel);
  Result<void> await_quota(const Url& url, const CancelToken& cancel);
  Result<void> wait(std::chrono::milliseconds pause, std::string_view reason, const CancelToken& cancel);
  [[nodiscard]] bool is_past_deadline(std::chrono::milliseconds pause);
  Error final_error(Error error, bool is_deadline);
  void note_headers(const Url& url, const ResponseHead& head);

  Transport& transport_;
  Clock& clock_;
  Random& random_;
  ProgressSink& progress_;
  RetryPolicy policy_;
  std::optional<SteadyTime> deadline_;
  Url last_url_;
  std::map<std::string, SteadyTime> quota_ends_;  ///< by server and kind of request
  std::set<std::string> warned_topics_;           ///< of X-HF-Warning (R-346)
};

}  // namespace larder::net
