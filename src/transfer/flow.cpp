#include "transfer/flow.hpp"

#include <algorithm>
#include <limits>

namespace larder::transfer {

namespace {

constexpr double kHedgeSeconds = 2;

double time_left(const OpenSegment& segment) {
  return segment.rate > 0 ? static_cast<double>(segment.left) / segment.rate : std::numeric_limits<double>::infinity();
}

}  // namespace

void Flow::on_pulse(SteadyTime now) {
  const double length = in_seconds(now - window_began_);
  if (length <= 0) return;
  const double current = static_cast<double>(received_ - window_received_) / length;
  // Half-life of about one second, so that one slow window condemns nobody.
  const double weight = window_received_ == 0 && rate_ == 0 ? 1.0 : std::min(length, 1.0) / 2;
  rate_ += weight * (current - rate_);
  window_began_ = now;
  window_received_ = received_;
}

Flow::Sample Flow::sample(SteadyTime now) {
  const Sample sample{received_ - sampled_bytes_, std::max(now - sampled_, SteadyTime::duration{0})};
  sampled_bytes_ = received_;
  sampled_ = now;
  return sample;
}

void Flow::forgive(SteadyTime::duration paused) {
  last_byte_ += paused;
  window_began_ += paused;
  sampled_ += paused;
  if (slow_since_) *slow_since_ += paused;
}

StallRule::Verdict StallRule::judge(Flow& flow, double median, SteadyTime now) const {
  if (now - flow.last_byte_ >= timeout) return Verdict::Silent;
  if (median <= 0 || flow.rate_ >= median * slow_share) {
    flow.slow_since_.reset();
    return Verdict::Fine;
  }
  if (!flow.slow_since_) flow.slow_since_ = now;
  return now - *flow.slow_since_ >= slow_for ? Verdict::Slow : Verdict::Fine;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::optional<std::size_t> choose_hedge(const std::vector<OpenSegment>& open, double usual_rate, std::uint64_t allowance) {
  std::optional<std::size_t> slowest;
  for (std::size_t at = 0; at < open.size(); ++at) {
    if (!open[at].may_hedge || open[at].left == 0 || open[at].left > allowance) continue;
    if (!slowest || time_left(open[at]) > time_left(open[*slowest])) slowest = at;
  }
  if (!slowest) return std::nullopt;
  std::vector<double> others;
  for (std::size_t at = 0; at < open.size(); ++at) {
    if (at != *slowest && open[at].left > 0) others.push_back(time_left(open[at]));
  }
  double expected = median(std::move(others));
  if (open.size() == 1 && usual_rate > 0) expected = static_cast<double>(open[*slowest].left) / usual_rate;
  if (expected <= 0) return std::nullopt;
  const double left = time_left(open[*slowest]);
  return left > kHedgeSeconds && left > 2 * expected ? slowest : std::nullopt;
}

}  // namespace larder::transfer
