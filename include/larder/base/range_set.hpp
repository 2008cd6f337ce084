// RangeSet: which bytes of a file are there, as sorted intervals that never touch.
#pragma once

#include <larder/base/byte_size.hpp>

#include <vector>

namespace larder {

/// A set of byte offsets kept as sorted, disjoint, non-touching half-open ranges. Thread: one at a time.
class RangeSet {
 public:
  /// Adds [begin, end); merges with what it touches. Empty ranges change nothing.
  void add(ByteRange range);
  /// Takes [begin, end) out.
  void subtract(ByteRange range);
  /// Is every byte of `range` in the set? An empty range always is.
  [[nodiscard]] bool contains(ByteRange range) const;
  /// Bytes in the set.
  [[nodiscard]] std::uint64_t bytes() const;
  /// Sorted, disjoint, non-touching.
  [[nodiscard]] const std::vector<ByteRange>& ranges() const { return ranges_; }
  /// The parts of [0, size) that are missing: sorted, disjoint.
  [[nodiscard]] std::vector<ByteRange> gaps(std::uint64_t size) const;
  /// End of the run that starts at `from`; `from` itself if that byte is missing.
  [[nodiscard]] std::uint64_t run_end(std::uint64_t from) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  void clear() { ranges_.clear(); }

 private:
  std::vector<ByteRange> ranges_;
};

}  // namespace larder
