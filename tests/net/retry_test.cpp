#include <larder/net/retry.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;
using namespace std::chrono_literals;

namespace {

/// Always the same point of [0, 1).
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(double unit) : bits_(static_cast<std::uint64_t>(unit * 0x1.0p53) << 11U) {}
  std::uint64_t next() override { return bits_; }

 private:
  std::uint64_t bits_;
};

Error failure(ErrorCode code, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  Error error;
  error.code = code;
  error.retry_after = retry_after;
  return error;
}

}  // namespace

TEST_CASE("decide_retry: doubling up to the ceiling, full jitter", "[net][retry]") {  // engine.md §4
  FixedRandom half(0.5);
  FixedRandom least(0.0);
  FixedRandom most(1.0 - 0x1.0p-53);
  const RetryPolicy policy{100, 30'000ms, 600s};
  const std::vector<std::chrono::milliseconds> expected = {2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms};
  for (int attempt = 1; attempt <= 6; ++attempt) {
    CAPTURE(attempt);
    const auto longest = expected[static_cast<std::size_t>(attempt - 1)];
    CHECK(decide_retry(failure(ErrorCode::ConnectionLost), attempt, policy, half) == longest / 2);
    CHECK(decide_retry(failure(ErrorCode::ConnectionLost), attempt, policy, least) == 0ms);
    CHECK(*decide_retry(failure(ErrorCode::ConnectionLost), attempt, policy, most) >= longest - 1ms);
    CHECK(*decide_retry(failure(ErrorCode::ConnectionLost), attempt, policy, most) <= longest);
  }
  CHECK(decide_retry(failure(ErrorCode::ConnectionLost), 99, policy, half) == 15'000ms);
}

TEST_CASE("decide_retry: the server's wish is a floor", "[net][retry]") {  // N15, R-342
  FixedRandom half(0.5);
  const RetryPolicy policy;
  CHECK(decide_retry(failure(ErrorCode::RateLimited, 20s), 1, policy, half) == 20'000ms);
  CHECK(decide_retry(failure(ErrorCode::RateLimited, 45s), 5, policy, half) == 45'000ms);  // above our own ceiling
  CHECK(decide_retry(failure(ErrorCode::ServerError, 0s), 2, policy, half) == 2000ms);
  CHECK(decide_retry(failure(ErrorCode::ServerError, 1s), 3, policy, half) == 4000ms);
}

TEST_CASE("decide_retry: when to give up", "[net][retry]") {
  FixedRandom half(0.5);
  const RetryPolicy policy{8, 30'000ms, 600s};
  CHECK(decide_retry(failure(ErrorCode::ConnectionLost), 7, policy, half));
  CHECK_FALSE(decide_retry(failure(ErrorCode::ConnectionLost), 8, policy, half));
  CHECK_FALSE(decide_retry(failure(ErrorCode::ConnectionLost), 1, RetryPolicy{0, 30'000ms, 600s}, half));
  CHECK_FALSE(decide_retry(failure(ErrorCode::ConnectionLost), 1, RetryPolicy{1, 30'000ms, 600s}, half));
  // N17: ten minutes are waited for, longer is not.
  CHECK(decide_retry(failure(ErrorCode::RateLimited, 600s), 1, policy, half) == 600'000ms);
  CHECK_FALSE(decide_retry(failure(ErrorCode::RateLimited, 601s), 1, policy, half));
  // N2: a name that is not there is asked for three times.
  CHECK(decide_retry(failure(ErrorCode::NameNotResolved), 2, policy, half));
  CHECK_FALSE(decide_retry(failure(ErrorCode::NameNotResolved), 3, policy, half));
  // N40: a proxy that says no is not asked again, one that is away is.
  Error refused = failure(ErrorCode::ProxyFailed);
  CHECK(decide_retry(refused, 1, policy, half));
  refused.http = HttpFacts{407, "h", {}, {}, {}};
  CHECK_FALSE(decide_retry(refused, 1, policy, half));
  refused.http->status = 502;
  CHECK(decide_retry(refused, 1, policy, half));
  for (const auto code : {ErrorCode::TlsFailed, ErrorCode::BadResponse, ErrorCode::AccessDenied, ErrorCode::RepoNotFound,
                          ErrorCode::UnsafeRedirect, ErrorCode::Interrupted, ErrorCode::DiskFull, ErrorCode::Internal}) {
    CHECK_FALSE(decide_retry(failure(code), 1, policy, half));
  }
}
