// SourceHealth: which source to ask next, which to rest for a while, which never again in this run. Pure.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/base/error.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace larder::transfer {

/// A set of sources of one run, by their place in the order of preference.
class SourceSet {
 public:
  void add(std::size_t source) { bits_ |= bit(source); }
  [[nodiscard]] bool has(std::size_t source) const { return (bits_ & bit(source)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  void remove(std::size_t source) { bits_ &= ~bit(source); }
  void add(const SourceSet& others) { bits_ |= others.bits_; }
  void clear() { bits_ = 0; }
  /// The only one in it; nullopt for none or several.
  [[nodiscard]] std::optional<std::size_t> only() const;

 private:
  static std::uint64_t bit(std::size_t source) { return source < 64 ? std::uint64_t{1} << source : 0; }
  std::uint64_t bits_ = 0;
};

/// Sources in order of preference. Three failures in a row rest a source for 2, 4, … 60 s; a success ends the counting. A source that lied
/// (N33) or refuses all access is dropped for the run.
class SourceHealth {
 public:
  explicit SourceHealth(std::size_t sources) : states_(sources) {}

  [[nodiscard]] std::size_t size() const { return states_.size(); }
  /// The first source that is neither in `excluded` nor dropped nor resting; if all of those rest, the one that rests least long. nullopt:
  /// none is left.
  [[nodiscard]] std::optional<std::size_t> choose(const SourceSet& excluded, SteadyTime now) const;
  /// Those that `choose` may return while others rest.
  [[nodiscard]] SourceSet usable(const SourceSet& excluded, SteadyTime now) const;
  /// Is there another one than `source` to ask?
  [[nodiscard]] bool has_other(const SourceSet& excluded, std::size_t source) const;
  void on_success(std::size_t source);
  void on_failure(std::size_t source, SteadyTime now);
  /// It asked for a pause: others are asked meanwhile (N15).
  void rest(std::size_t source, SteadyTime until);
  /// Never again in this run; `why` is what files that have no other source fail with.
  void drop(std::size_t source, Error why);
  [[nodiscard]] const std::optional<Error>& why_dropped(std::size_t source) const { return states_[source].dropped; }
  /// Did it ever deliver a byte in this run?
  [[nodiscard]] bool has_served(std::size_t source) const { return states_[source].has_served; }

 private:
  struct State {
    int failures = 0;
    SteadyTime rests_until{};
    bool has_served = false;
    std::optional<Error> dropped;
  };
  [[nodiscard]] bool is_out(std::size_t source, const SourceSet& excluded) const;
  std::vector<State> states_;
};

}  // namespace larder::transfer
