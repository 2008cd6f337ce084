// How far the times of files can be trusted.
#pragma once

#include <larder/base/clock.hpp>

#include <cstdint>

namespace larder::store {

/// Would a change from now on show another time than `changed_ns`? Not before two seconds have passed: so coarse are file times on some
/// file systems.
inline bool is_settled(Clock& clock, std::int64_t changed_ns) {
  constexpr std::chrono::nanoseconds kCoarsest = std::chrono::seconds(2);
  return unix_ns(clock.wall_now()) - changed_ns > kCoarsest.count();
}

}  // namespace larder::store
