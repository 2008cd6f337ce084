// FileRanges: which bytes of one file are here, asked for, given back, or missing. Pure.
#pragma once

#include "transfer/segment.hpp"

#include <larder/base/clock.hpp>
#include <larder/base/range_set.hpp>

#include <optional>
#include <vector>

namespace larder::transfer {

/// One stretch of a file that will be, or is, one ranged request.
struct Segment {
  ByteRange range;
  int failures = 0;         ///< tries in a row without progress
  SteadyTime not_before{};  ///< not asked for again earlier
};

/// The bookkeeping of one file. Every byte is in exactly one place: there, with a running request, given back, or never asked for.
/// (Hedges are the exception: two requests, and the first one to bring a byte counts.)
class FileRanges {
 public:
  explicit FileRanges(std::uint64_t size) : size_(size) {}

  /// Starts from what lies there already.
  void begin(const RangeSet& there);
  /// Everything from zero. One stream: one request for the whole file, for servers that take no ranges (T31).
  enum class Shape : std::uint8_t { Ranges, OneStream };
  void restart(Shape shape);
  [[nodiscard]] Shape shape() const { return shape_; }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool is_complete() const { return here_.run_end(0) == size_; }
  /// Bytes that are not here.
  [[nodiscard]] std::uint64_t missing() const { return size_ - here_.bytes(); }
  [[nodiscard]] const RangeSet& here() const { return here_; }

  /// Can a segment be taken at `now`?
  [[nodiscard]] bool has_ready(SteadyTime now) const;
  /// When the next one that was given back may be taken; nullopt: none waits.
  [[nodiscard]] std::optional<SteadyTime> next_ready() const;
  /// The next segment: one given back first, else a new one of the guided size, at the lowest offset. Call only if has_ready.
  Segment take(SteadyTime now, const Path& path);
  /// What of it has not arrived is to be asked for again.
  void give_back(const Segment& segment);
  /// A whole-body answer came to a request from offset 0: it alone brings the file (T31).
  void take_all();

  /// Bytes arrived: the parts of `range` that are new, sorted; they count as here from now on. Empty: all of it was here.
  std::vector<ByteRange> arrive(ByteRange range);

  /// Everything below has been handed to the digest.
  [[nodiscard]] std::uint64_t frontier() const { return frontier_; }
  /// Here but not handed to the digest yet: the run at the frontier.
  [[nodiscard]] ByteRange behind() const { return {frontier_, here_.run_end(frontier_)}; }
  void move_frontier(std::uint64_t to) { frontier_ = to; }

 private:
  std::uint64_t size_;
  Shape shape_ = Shape::Ranges;
  RangeSet unassigned_;            // never asked for, or the rest of a short answer
  std::vector<Segment> returned_;  // failed once, with their own time
  RangeSet here_;
  std::uint64_t frontier_ = 0;
};

}  // namespace larder::transfer
