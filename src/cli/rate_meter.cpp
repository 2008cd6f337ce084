#include "cli/rate_meter.hpp"

#include <fmt/format.h>

#include <cmath>

namespace larder::cli {

void RateMeter::note(SteadyTime now, std::uint64_t done) {
  constexpr double kMemory = 3.0;  // seconds: shorter jumps about, longer hides a stall
  if (!has_begun_ || done < last_done_) {
    has_begun_ = true;
    last_ = now;
    last_done_ = done;
    return;
  }
  const double span = in_seconds(now - last_);
  if (span < 0.05) return;  // too short to tell a rate from a burst
  const double current = static_cast<double>(done - last_done_) / span;
  const double weight = rate_ <= 0 ? 1.0 : 1.0 - std::exp(-span / kMemory);
  rate_ += weight * (current - rate_);
  last_ = now;
  last_done_ = done;
}

std::string clock_text(std::chrono::seconds span) {
  const auto whole = span.count();
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string time_left(std::uint64_t missing, std::uint64_t rate) {
  constexpr std::uint64_t kForeseeable = 24 * 3600;  // seconds: a rate of now says nothing about the day after
  if (missing == 0 || rate == 0) return "";
  const std::uint64_t span = missing / rate;
  return span > kForeseeable ? "> 1 day" : clock_text(std::chrono::seconds(span));
}

}  // namespace larder::cli
