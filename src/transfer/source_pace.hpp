// SourcePace: how fast each of several sources delivers, and which are too slow to be asked while another one is there. Pure.
#pragma once

#include "transfer/source_health.hpp"

#include <larder/base/clock.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace larder::transfer {

/// Seconds that the rest of a run takes anyhow: then it is worth finding out what a source brings that is not known.
inline constexpr double kWorthProbing = 10;
/// Before that a request says little about its source.
inline constexpr std::chrono::seconds kToGetGoing{3};

/// Goodput of one connection to each source, over the last some ten seconds of its use. The order of preference holds until a source brings
/// a quarter or less of what another one does; then it gets no new requests, but for one small one a minute, by which it may come back.
class SourcePace {
 public:
  explicit SourcePace(std::size_t sources) : states_(sources) {}

  /// One connection to `source` brought `bytes` in the `time` before `now`, waiting included.
  void on_bytes(std::size_t source, std::uint64_t bytes, SteadyTime::duration time, SteadyTime now);
  /// Bytes a second of one connection; 0 while too little is known: at least 3 s, or 1 MiB.
  [[nodiscard]] double rate(std::size_t source) const;
  /// Are the rates of two in `usable` known?
  [[nodiscard]] bool can_compare(const SourceSet& usable) const;
  /// The highest rate in `usable`.
  [[nodiscard]] double best(const SourceSet& usable) const;
  /// Those of `usable`, watched for 3 s at least, that bring a quarter or less of the best. Never all of them.
  [[nodiscard]] SourceSet slow(const SourceSet& usable) const;
  /// The first of `usable` whose pace is not known, or not any more after a minute, once that of `chosen` is. nullopt: none.
  [[nodiscard]] std::optional<std::size_t> unknown(const SourceSet& usable, std::size_t chosen, SteadyTime now) const;

 private:
  struct State {
    double bytes = 0;
    double seconds = 0;  // fades as `bytes` does, so that their quotient is of late
    std::uint64_t total = 0;
    std::optional<SteadyTime> first;
    SteadyTime last{};
  };
  [[nodiscard]] bool was_watched(std::size_t source) const;
  std::vector<State> states_;
};

}  // namespace larder::transfer
