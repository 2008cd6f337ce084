// Flow: how one request's bytes come in; and the rules of when to give it up or to ask twice (engine.md §4 "Stall", "Tail"). Pure.
#pragma once

#include <larder/base/clock.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace larder::transfer {

/// The pulse of one request.
class Flow {
 public:
  explicit Flow(SteadyTime now) : started_(now), last_byte_(now), window_began_(now), sampled_(now) {}

  void on_bytes(std::uint64_t bytes, SteadyTime now) {
    received_ += bytes;
    last_byte_ = now;
  }
  /// Ends a window: the rate is renewed. Call about twice a second.
  void on_pulse(SteadyTime now);
  /// What has come since the last sample, or the beginning, and in what time.
  struct Sample {
    std::uint64_t bytes = 0;
    SteadyTime::duration time{};
  };
  Sample sample(SteadyTime now);
  /// We held the network back ourselves (no buffer free): such time counts as no stall.
  void forgive(SteadyTime::duration paused);

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] SteadyTime started() const { return started_; }
  [[nodiscard]] SteadyTime last_byte() const { return last_byte_; }
  /// Bytes a second, smoothed over some two seconds; 0 before the first window.
  [[nodiscard]] double rate() const { return rate_; }

 private:
  friend struct StallRule;
  SteadyTime started_;
  SteadyTime last_byte_;
  SteadyTime window_began_;
  SteadyTime sampled_;
  std::optional<SteadyTime> slow_since_;
  std::uint64_t received_ = 0;
  std::uint64_t window_received_ = 0;
  std::uint64_t sampled_bytes_ = 0;
  double rate_ = 0;
};

/// When to drop a connection: no byte for `timeout`, or below 1/20 of its peers' median for 10 s. (Less than 1 KiB/s over 60 s is the
/// transport's rule: it knows when it held a connection back itself. T39.)
struct StallRule {
  std::chrono::seconds timeout{20};
  double slow_share = 1.0 / 20;
  std::chrono::seconds slow_for{10};

  /// Where nothing is left to ask for, the whole run waits for the slowest one: a quarter, for 5 s.
  [[nodiscard]] static StallRule of_tail(std::chrono::seconds timeout) { return {timeout, 1.0 / 4, std::chrono::seconds{5}}; }

  enum class Verdict : std::uint8_t { Fine, Silent, Slow };
  /// `median`: of the rates of at least two peers, else 0.
  [[nodiscard]] Verdict judge(Flow& flow, double median, SteadyTime now) const;
};

/// The middle of `values` (the upper one of two); 0 for none.
double median(std::vector<double> values);

/// One open segment near the end of a run.
struct OpenSegment {
  std::uint64_t left = 0;  ///< bytes still to come
  double rate = 0;         ///< bytes a second
  bool may_hedge = true;   ///< not hedged yet, no hedge itself
};
/// The segment to ask for a second time: the slowest one, if its time left is over 2 s and over twice the median of the others (with no
/// other: twice what `usual_rate` would take; 0: unknown), and its bytes fit into `allowance`. nullopt: none.
std::optional<std::size_t> choose_hedge(const std::vector<OpenSegment>& open, double usual_rate, std::uint64_t allowance);

}  // namespace larder::transfer
