// The one rule of when to try again, as a pure function.
#pragma once

#include <larder/base/error.hpp>
#include <larder/base/random.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace larder::net {

struct RetryPolicy {
  int tries = 8;                              ///< in a row without progress (`--retries`)
  std::chrono::milliseconds ceiling{30'000};  ///< of our own pauses
  std::chrono::seconds longest_wait{600};     ///< a Retry-After beyond it ends the run (N17)
};

/// How long to wait before try number `attempt` + 1 (attempt: failures in a row so far, ≥ 1); nullopt: give up.
/// min(ceiling, 2^attempt s) with full jitter; the server's Retry-After or RateLimit reset is a floor under it. Not retried: errors
/// that are not transient, attempt ≥ tries (≥ 3 for a name that does not resolve, N2), a proxy's 4xx, a Retry-After over longest_wait.
/// Source: engine.md §4.
std::optional<std::chrono::milliseconds> decide_retry(const Error& error, int attempt, const RetryPolicy& policy, Random& random);

/// What a wait after `error` is put down to, for ProgressSink::wait: "rate limit", else the error in its own words.
std::string wait_reason(const Error& error);

}  // namespace larder::net
