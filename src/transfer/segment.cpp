#include "transfer/segment.hpp"

#include <larder/base/clock.hpp>

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::milliseconds kLongRoundTrip{100};
constexpr double kRoundTrips = 16;

std::uint64_t align_up(std::uint64_t bytes) { return (bytes + kSegmentAlignment - 1) / kSegmentAlignment * kSegmentAlignment; }

std::uint64_t least_bytes(const Path& path) {
  if (!path.round_trip) return kSmallestSegment;
  if (*path.round_trip <= kShortRoundTrip) return kShortPathSegment;
  return *path.round_trip > kLongRoundTrip ? 2 * kSmallestSegment : kSmallestSegment;
}

/// What makes the waits for answers small.
std::uint64_t enough_bytes(const Path& path) {
  if (!path.round_trip) return kLargestSegment;
  const double bytes = kRoundTrips * path.rate * in_seconds(*path.round_trip);
  return static_cast<std::uint64_t>(std::min(bytes, static_cast<double>(kLargestSegment)));
}

}  // namespace

std::uint64_t segment_bytes(std::uint64_t size, std::uint64_t remaining, const Path& path) {
  if (size < kOneRequest) return remaining;
  const std::uint64_t least = least_bytes(path);
  const std::uint64_t share = remaining / (2 * static_cast<std::uint64_t>(std::max(path.connections, 1)));
  const std::uint64_t wanted = std::clamp(align_up(std::min(share, enough_bytes(path))), least, kLargestSegment);
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
  const Path path{8, std::nullopt, 0};
  // As long as a connection's share is above the largest segment all are that large: counted at once, for a size is what a server says.
  constexpr std::uint64_t kEvenly = 16 * kLargestSegment;
  std::uint64_t requests = missing > kEvenly ? (missing - kEvenly) / kLargestSegment : 0;
  for (std::uint64_t left = missing - requests * kLargestSegment; left > 0; ++requests) left -= segment_bytes(missing, left, path);
  return requests;
}

}  // namespace larder::transfer
