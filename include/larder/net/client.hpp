// Client: one blocking exchange with redirects by hand, retries and waiting; for API calls.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/progress.hpp>
#include <larder/net/retry.hpp>
#include <larder/net/transport.hpp>

#include <functional>

namespace larder::net {

/// Asks and waits. Follows at most 10 redirects; the credentials go along only to their own origin; https → http and schemes other than
/// http(s) are UnsafeRedirect. 408, 429, 5xx and transport failures are tried again by the policy, saying so to `progress`.
/// Thread: any; one exchange at a time per object; blocks.
class Client {
 public:
  Client(Transport& transport, Clock& clock, Random& random, ProgressSink& progress, RetryPolicy policy);

  /// `deadline`: end of the whole run (`--timeout`), so that a longer Retry-After fails at once.
  void set_deadline(SteadyTime deadline) { deadline_ = deadline; }

  /// The final answer, whatever its status below 500 (callers classify 4xx). `same_origin_only`: a redirect or URL to another origin than
  /// the first one's is UnsafeRedirect (pages, T25). Errors: network codes, RateLimited, ServerError, TooManyRedirects, UnsafeRedirect,
  /// BadResponse, Interrupted.
  Result<Response> exchange(Request request, const CancelToken& cancel);

  /// URL that answered the last exchange (after redirects).
  [[nodiscard]] const Url& last_url() const { return last_url_; }

 private:
  Transport& transport_;
  Clock& clock_;
  Random& random_;
  ProgressSink& progress_;
  RetryPolicy policy_;
  std::optional<SteadyTime> deadline_;
  Url last_url_;
};

}  // namespace larder::net
