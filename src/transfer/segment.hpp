// Segment rules: how a file is cut into ranged requests. Pure (engine.md §2, §4).
#pragma once

#include <larder/base/byte_size.hpp>
#include <larder/base/range_set.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace larder::transfer {

inline constexpr std::uint64_t kMiB = 1024 * 1024;
inline constexpr std::uint64_t kSmallFile = kMiB;        ///< up to this size: the small lane
inline constexpr std::uint64_t kOneRequest = 16 * kMiB;  ///< below it a file is one request
inline constexpr std::uint64_t kSmallestSegment = 4 * kMiB;
inline constexpr std::uint64_t kShortPathSegment = 2 * kMiB;  ///< where a round trip takes no longer than the next line says
inline constexpr std::chrono::milliseconds kShortRoundTrip{5};
inline constexpr std::uint64_t kLargestSegment = 64 * kMiB;
inline constexpr std::uint64_t kSegmentAlignment = kMiB;

/// What is known of the way to the server.
struct Path {
  int connections = 1;
  std::optional<std::chrono::nanoseconds> round_trip;  ///< nullopt: not known
  double rate = 0;                                     ///< bytes a second of one connection; 0: not known
};

/// Bytes of the next segment of a file of `size` bytes of which `remaining` are not asked for yet: what one connection brings in 16 round
/// trips, so that the wait for the next answer costs 6 % at most, and no more: what the other connections bring ahead of the digest should
/// fit into memory. At most remaining ÷ (2 × connections) and 64 MiB, at least 4 MiB (2 MiB up to 5 ms round trip, 8 MiB over 100 ms), a
/// multiple of 1 MiB; all that remains where less than half of the least would be left over, and for a file below 16 MiB.
std::uint64_t segment_bytes(std::uint64_t size, std::uint64_t remaining, const Path& path);

/// Takes the next segment, of at most `bytes`, from the lowest gap of `unassigned`: it ends at a multiple of 1 MiB, or at the gap's end.
/// Empty when nothing is left.
ByteRange cut_segment(RangeSet& unassigned, std::uint64_t bytes);

/// Body requests that `missing` bytes of one file will take on 8 connections: 0 for none, for `plan`.
std::uint64_t expected_requests(std::uint64_t missing);

}  // namespace larder::transfer
