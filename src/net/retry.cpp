#include <larder/net/retry.hpp>

#include <algorithm>

namespace larder::net {
namespace {

/// A name that does not exist won't come by asking eight times (N2).
constexpr int kNameTries = 3;

int allowed_tries(const Error& error, const RetryPolicy& policy) {
  return error.code == ErrorCode::NameNotResolved ? std::min(policy.tries, kNameTries) : policy.tries;
}

/// 407 and other refusals of a proxy are its rules, not its mood (N40).
bool is_refused_by_proxy(const Error& error) {
  return error.code == ErrorCode::ProxyFailed && error.http && error.http->status >= 400 && error.http->status < 500;
}

/// Full jitter: anything between nothing and min(ceiling, 2^attempt s), so that many clients don't come back together.
std::chrono::milliseconds own_pause(int attempt, const RetryPolicy& policy, Random& random) {
  constexpr int kMostDoublings = 20;  // far beyond any ceiling, and no overflow
  const std::chrono::milliseconds doubled{1000LL << std::clamp(attempt, 0, kMostDoublings)};
  const auto longest = std::min(policy.ceiling, doubled);
  return std::chrono::milliseconds(static_cast<std::int64_t>(random.unit() * static_cast<double>(longest.count())));
}

}  // namespace

std::optional<std::chrono::milliseconds> decide_retry(const Error& error, int attempt, const RetryPolicy& policy, Random& random) {
  if (!is_transient(error.code) || attempt >= allowed_tries(error, policy)) return std::nullopt;
  if (is_refused_by_proxy(error)) return std::nullopt;
  if (error.retry_after && *error.retry_after > policy.longest_wait) return std::nullopt;  // N17
  const auto pause = own_pause(attempt, policy, random);
  return error.retry_after ? std::max<std::chrono::milliseconds>(pause, *error.retry_after) : pause;
}

std::string wait_reason(const Error& error) { return error.code == ErrorCode::RateLimited ? "rate limit" : error.text(); }

}  // namespace larder::net
