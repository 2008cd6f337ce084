#include <larder/net/rate_limit.hpp>

#include <algorithm>
#include <cmath>

namespace larder::net {
namespace {

// Poll wakes up late by a millisecond or two: without credit the rate would be missed. 1 % of ten seconds.
constexpr std::chrono::milliseconds kCredit{100};

}  // namespace

RateLimiter::RateLimiter(std::uint64_t bytes_per_second, Clock& clock)
    : clock_(clock), nanoseconds_per_byte_(1e9 / static_cast<double>(bytes_per_second)), open_at_(clock.now()) {}

void RateLimiter::take(std::uint64_t bytes) {
  open_at_ = std::max(open_at_, clock_.now() - kCredit);
  open_at_ += std::chrono::nanoseconds(std::llround(static_cast<double>(bytes) * nanoseconds_per_byte_));
}

}  // namespace larder::net
