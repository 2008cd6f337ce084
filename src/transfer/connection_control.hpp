// ConnectionControl: how many connections are worth having, by what they bring (engine.md §4). Pure.
#pragma once

#include <larder/base/clock.hpp>

#include <cstdint>
#include <optional>

namespace larder::transfer {

/// Start 8, on a short path 4, at most 32; every 0.5 s window: half as many more, at least 4, while goodput grows by more than 5 %, twice
/// as many where it grew with their number, back to the last good number when it does not grow; half on 429, 503 or a burst of resets
/// (N19). `--jobs` is another ceiling than 32, and nothing else.
class ConnectionControl {
 public:
  static constexpr int kStart = 8;
  static constexpr int kShortStart = 4;
  static constexpr int kMost = 32;
  static constexpr int kStep = 4;
  static constexpr std::chrono::milliseconds kWindow{500};

  /// `most`: of both lanes together, at least 1. `start`: for ranges, to begin with.
  explicit ConnectionControl(int most, int start = kStart);

  /// Most connections of both lanes together.
  [[nodiscard]] int cap() const { return cap_; }
  /// Most connections for ranges of large files now.
  [[nodiscard]] int bulk() const { return bulk_; }

  /// A round trip takes next to nothing: then four connections fill the path, and more only bring bytes further ahead of the digest, to be
  /// read back later. Where each of them is held to a rate of its own, the windows show it. Counts before the end of the first window.
  void on_short_path();
  /// One window is over: `bytes` arrived, and all along `was_full` ranges were open as allowed. Windows with idle slots tell nothing.
  void on_window(std::uint64_t bytes, bool was_full);
  /// The server wants less: 429 or 503. Halves at most once in 5 s, so that a burst of refusals counts once.
  void on_pushback(SteadyTime now);
  /// A connection was reset; 4 within 2 s are a burst.
  void on_reset(SteadyTime now);
  /// No descriptor left (L15): three quarters, for good.
  void on_shortage();

 private:
  enum class Phase { Growing, Settled };
  [[nodiscard]] int step(double growth) const;
  void halve();

  int cap_;
  int bulk_;
  Phase phase_ = Phase::Growing;
  int last_good_;
  std::uint64_t last_bytes_ = 0;  // of the last window; 0: there was none
  int settled_windows_ = 0;
  std::optional<SteadyTime> pushed_back_;
  std::optional<SteadyTime> first_reset_;
  int resets_ = 0;
};

}  // namespace larder::transfer
