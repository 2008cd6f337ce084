// Random: jitter and run ids, injectable so that tests repeat.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace larder {

/// Thread: any.
class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;
  /// 64 uniformly random bits.
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// 8 lower-case hex digits: the id of a run or a temporary name.
  std::string hex8();
};

/// From the kernel's generator.
std::unique_ptr<Random> make_system_random();

}  // namespace larder
