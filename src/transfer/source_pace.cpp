#include "transfer/source_pace.hpp"

#include <algorithm>
#include <cmath>

namespace larder::transfer {

namespace {

constexpr double kFarSlower = 4;
constexpr double kHalfLife = 5;                 // seconds: one bad moment condemns nobody
constexpr std::chrono::seconds kWatched{3};     // before that a connection is still getting under way
constexpr std::uint64_t kEnough = 1024 * 1024;  // what a first small request brings says how fast it can be
constexpr std::chrono::seconds kKnownFor{60};   // as long as the longest rest of SourceHealth

}  // namespace

void SourcePace::on_bytes(std::size_t source, std::uint64_t bytes, SteadyTime::duration time, SteadyTime now) {
  State& state = states_[source];
  if (!state.first) {
    state.first = now - time;
    state.last = now;
  }
  const double fading = std::exp2(-in_seconds(now - state.last) / kHalfLife);
  state.bytes = state.bytes * fading + static_cast<double>(bytes);
  state.seconds = state.seconds * fading + in_seconds(time);
  state.total += bytes;
  state.last = now;
}

bool SourcePace::was_watched(std::size_t source) const {
  const State& state = states_[source];
  return state.first && state.last - *state.first >= kWatched;
}

double SourcePace::rate(std::size_t source) const {
  const State& state = states_[source];
  const bool is_known = state.total >= kEnough || was_watched(source);
  return is_known && state.seconds > 0 ? state.bytes / state.seconds : 0;
}

bool SourcePace::can_compare(const SourceSet& usable) const {
  int known = 0;
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (usable.has(source) && rate(source) > 0) ++known;
  }
  return known > 1;
}

double SourcePace::best(const SourceSet& usable) const {
  double best = 0;
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (usable.has(source)) best = std::max(best, rate(source));
  }
  return best;
}

SourceSet SourcePace::slow(const SourceSet& usable) const {
  SourceSet slow;
  const double fastest = best(usable);
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (usable.has(source) && was_watched(source) && rate(source) * kFarSlower <= fastest && fastest > 0) slow.add(source);
  }
  return slow;
}

std::optional<std::size_t> SourcePace::unknown(const SourceSet& usable, std::size_t chosen, SteadyTime now) const {
  if (!was_watched(chosen)) return std::nullopt;
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (source == chosen || !usable.has(source)) continue;
    const State& state = states_[source];
    if (!state.first || now - state.last > kKnownFor || (state.total < kEnough && !was_watched(source))) return source;
  }
  return std::nullopt;
}

}  // namespace larder::transfer
