// Segment rules: how a file is cut into ranged requests. Pure (engine.md §2, §4).
#pragma once

#include <larder/base/byte_size.hpp>
#include <larder/base/range_set.hpp>

#include <chrono>
#include <cstdint>

namespace larder::transfer {

inline constexpr std::uint64_t kMiB = 1024 * 1024;
inline constexpr std::uint64_t kSmallFile = kMiB;        ///< up to this size: the small lane
inline constexpr std::uint64_t kOneRequest = 16 * kMiB;  ///< below it a file is one request
inline constexpr std::uint64_t kSmallestSegment = 4 * kMiB;
inline constexpr std::uint64_t kLargestSegment = 64 * kMiB;
inline constexpr std::uint64_t kSegmentAlignment = kMiB;

/// Bytes of the next segment of a file of `size` bytes of which `remaining` are not asked for yet: remaining ÷ (2 × connections), at least
/// 4 MiB (8 MiB over 100 ms round trip), at most 64 MiB, a multiple of 1 MiB; all that remains where less than the least would be left
/// over, and for a file below 16 MiB.
std::uint64_t segment_bytes(std::uint64_t size, std::uint64_t remaining, int connections, std::chrono::nanoseconds round_trip);

/// Takes the next segment, of at most `bytes`, from the lowest gap of `unassigned`: it ends at a multiple of 1 MiB, or at the gap's end.
/// Empty when nothing is left.
ByteRange cut_segment(RangeSet& unassigned, std::uint64_t bytes);

/// Body requests that `missing` bytes of one file will take on 8 connections: 0 for none, for `plan`.
std::uint64_t expected_requests(std::uint64_t missing);

}  // namespace larder::transfer
