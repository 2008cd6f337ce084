#include "transfer/segment.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::milliseconds kLongRoundTrip{100};

std::uint64_t align_up(std::uint64_t bytes) { return (bytes + kSegmentAlignment - 1) / kSegmentAlignment * kSegmentAlignment; }

}  // namespace

std::uint64_t segment_bytes(std::uint64_t size, std::uint64_t remaining, int connections, std::chrono::nanoseconds round_trip) {
  if (size < kOneRequest) return remaining;
  const std::uint64_t least = round_trip > kLongRoundTrip ? 2 * kSmallestSegment : kSmallestSegment;
  const std::uint64_t shares = 2 * static_cast<std::uint64_t>(std::max(connections, 1));
  const std::uint64_t wanted = std::clamp(align_up(remaining / shares), least, kLargestSegment);
  // A rest smaller than a segment would cost a request of its own.
  return remaining < wanted + least / 2 ? remaining : wanted;
}

ByteRange cut_segment(RangeSet& unassigned, std::uint64_t bytes) {
  if (unassigned.empty() || bytes == 0) return {};
  const ByteRange gap = unassigned.ranges().front();
  ByteRange segment{gap.begin, gap.size() <= bytes ? gap.end : gap.begin + bytes};
  if (segment.end < gap.end) {
    const std::uint64_t aligned = segment.end / kSegmentAlignment * kSegmentAlignment;
    if (aligned > segment.begin) segment.end = aligned;
  }
  unassigned.subtract(segment);
  return segment;
}

std::uint64_t expected_requests(std::uint64_t missing) {
  constexpr int kConnections = 8;
  std::uint64_t requests = 0;
  for (std::uint64_t left = missing; left > 0; ++requests) left -= segment_bytes(missing, left, kConnections, {});
  return requests;
}

}  // namespace larder::transfer
