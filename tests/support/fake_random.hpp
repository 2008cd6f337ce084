// FakeRandom: random numbers that repeat.
#pragma once

#include <larder/base/random.hpp>

#include <cstdint>
#include <mutex>
#include <random>

namespace larder::test {

/// The same sequence in every run, by seed. Thread: any.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : engine_(seed) {}
  std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

/// Gives `value` always: `unit()` is then `value / 2^64`. Thread: any.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  /// unit() gives (about) `share`, from 0 up to but without 1.
  static std::uint64_t for_unit(double share) { return static_cast<std::uint64_t>(share * 0x1.0p53) << 11U; }
  std::uint64_t next() override { return value_; }

 private:
  const std::uint64_t value_;
};

}  // namespace larder::test
