#include "transfer/source_health.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr int kFailuresToRest = 3;
constexpr std::chrono::seconds kLongestRest{60};

}  // namespace

std::optional<std::size_t> SourceSet::only() const {
  if (bits_ == 0 || (bits_ & (bits_ - 1)) != 0) return std::nullopt;
  std::size_t source = 0;
  while (!has(source)) ++source;
  return source;
}

bool SourceHealth::is_out(std::size_t source, const SourceSet& excluded) const {
  return excluded.has(source) || states_[source].dropped.has_value();
}

std::optional<std::size_t> SourceHealth::choose(const SourceSet& excluded, SteadyTime now) const {
  std::optional<std::size_t> soonest;
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (is_out(source, excluded)) continue;
    if (states_[source].rests_until <= now) return source;
    if (!soonest || states_[source].rests_until < states_[*soonest].rests_until) soonest = source;
  }
  return soonest;
}

SourceSet SourceHealth::usable(const SourceSet& excluded, SteadyTime now) const {
  SourceSet usable;
  for (std::size_t source = 0; source < states_.size(); ++source) {
    if (!is_out(source, excluded) && states_[source].rests_until <= now) usable.add(source);
  }
  return usable;
}

bool SourceHealth::has_other(const SourceSet& excluded, std::size_t source) const {
  for (std::size_t other = 0; other < states_.size(); ++other) {
    if (other != source && !is_out(other, excluded)) return true;
  }
  return false;
}

void SourceHealth::on_success(std::size_t source) {
  states_[source].failures = 0;
  states_[source].rests_until = {};
  states_[source].has_served = true;
}

void SourceHealth::on_failure(std::size_t source, SteadyTime now) {
  State& state = states_[source];
  if (++state.failures < kFailuresToRest) return;
  const int doublings = std::min(state.failures - kFailuresToRest + 1, 6);
  state.rests_until = now + std::min(std::chrono::seconds{1LL << doublings}, kLongestRest);
}

void SourceHealth::rest(std::size_t source, SteadyTime until) {
  states_[source].rests_until = std::max(states_[source].rests_until, until);
}

void SourceHealth::drop(std::size_t source, Error why) {
  if (!states_[source].dropped) states_[source].dropped = std::move(why);
}

}  // namespace larder::transfer
