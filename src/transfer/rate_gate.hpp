// RateGate: hosts that asked for a pause; one answer holds back all workers (N19). Pure.
#pragma once

#include <larder/base/clock.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::transfer {

class RateGate {
 public:
  /// Nothing is started to `host` before `until` (a later time wins).
  void close(std::string_view host, SteadyTime until);
  /// When a request to `host` may start: `now` or later.
  [[nodiscard]] SteadyTime opens(std::string_view host, SteadyTime now) const;
  [[nodiscard]] bool is_closed(std::string_view host, SteadyTime now) const { return opens(host, now) > now; }

 private:
  std::vector<std::pair<std::string, SteadyTime>> closed_;  // few hosts ever get here
};

}  // namespace larder::transfer
