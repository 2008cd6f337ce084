#include "transfer/rate_gate.hpp"

#include <algorithm>

namespace larder::transfer {

void RateGate::close(std::string_view host, SteadyTime until) {
  for (auto& [name, when] : closed_) {
    if (name != host) continue;
    when = std::max(when, until);
    return;
  }
  closed_.emplace_back(host, until);
}

SteadyTime RateGate::opens(std::string_view host, SteadyTime now) const {
  for (const auto& [name, when] : closed_) {
    if (name == host) return std::max(when, now);
  }
  return now;
}

}  // namespace larder::transfer
