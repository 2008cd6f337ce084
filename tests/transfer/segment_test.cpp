#include "transfer/segment.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::transfer;
using namespace std::chrono_literals;

TEST_CASE("segment_bytes: remaining ÷ (2 × connections), 4 to 64 MiB, whole MiB", "[transfer][segment]") {
  constexpr std::uint64_t kGiB = 1024 * kMiB;
  const auto bytes = [](std::uint64_t size, std::uint64_t remaining, int connections, std::chrono::milliseconds round_trip) {
    return segment_bytes(size, remaining, {connections, round_trip, 1e10});
  };
  CHECK(bytes(kGiB, kGiB, 8, 6ms) == 64 * kMiB);
  CHECK(bytes(10 * kGiB, 10 * kGiB, 8, 6ms) == 64 * kMiB);
  CHECK(bytes(kGiB, kGiB, 32, 6ms) == 16 * kMiB);
  CHECK(bytes(kGiB, 100 * kMiB, 8, 6ms) == 7 * kMiB);  // 6.25, rounded up
  CHECK(bytes(kGiB, 100 * kMiB, 32, 6ms) == 4 * kMiB);
  CHECK(bytes(kGiB, 100 * kMiB, 32, 101ms) == 8 * kMiB);
  CHECK(bytes(kGiB, 5 * kMiB, 8, 6ms) == 5 * kMiB);  // a rest below half of the least is no request of its own
  CHECK(bytes(16 * kMiB - 1, 16 * kMiB - 1, 8, 6ms) == 16 * kMiB - 1);
  CHECK(bytes(16 * kMiB, 16 * kMiB, 8, 6ms) == 4 * kMiB);
  CHECK(bytes(kGiB, kGiB, 0, 6ms) == 64 * kMiB);
  CHECK(segment_bytes(kGiB, kGiB, {8, std::nullopt, 0}) == 64 * kMiB);
}

TEST_CASE("segment_bytes: what one connection brings in 16 round trips is enough", "[transfer][segment]") {
  constexpr std::uint64_t kGiB = 1024 * kMiB;
  CHECK(segment_bytes(kGiB, kGiB, {8, 40ms, 20e6}) == 13 * kMiB);  // 12.2, rounded up
  CHECK(segment_bytes(kGiB, kGiB, {8, 40ms, 1e6}) == 4 * kMiB);
  CHECK(segment_bytes(kGiB, kGiB, {8, 0ms, 0}) == 2 * kMiB);
  CHECK(segment_bytes(kGiB, kGiB, {8, 1ms, 150e6}) == 3 * kMiB);
  CHECK(segment_bytes(kGiB, 3 * kMiB - 1, {8, 1ms, 0}) == 3 * kMiB - 1);
}

TEST_CASE("cut_segment: from the lowest gap, ending at a whole MiB", "[transfer][segment]") {
  RangeSet unassigned;
  unassigned.add({3'000'000, 30 * kMiB});
  unassigned.add({40 * kMiB, 41 * kMiB + 7});
  const ByteRange first = cut_segment(unassigned, 4 * kMiB);
  CHECK(first.begin == 3'000'000);
  CHECK(first.end % kMiB == 0);
  CHECK(first.size() <= 4 * kMiB);
  while (unassigned.ranges().size() > 1) (void)cut_segment(unassigned, 4 * kMiB);
  CHECK(cut_segment(unassigned, 4 * kMiB) == ByteRange{40 * kMiB, 41 * kMiB + 7});
  CHECK(cut_segment(unassigned, 4 * kMiB).empty());
}

TEST_CASE("cut_segment: every byte exactly once, whatever the sizes", "[transfer][segment]") {
  for (std::uint64_t size = 1; size < 300 * kMiB; size = size * 7 / 3 + 11) {
    RangeSet unassigned;
    unassigned.add({0, size});
    std::uint64_t next = 0;
    int requests = 0;
    while (!unassigned.empty()) {
      const ByteRange segment = cut_segment(unassigned, segment_bytes(size, unassigned.bytes(), {8, std::nullopt, 0}));
      REQUIRE(segment.begin == next);
      REQUIRE_FALSE(segment.empty());
      next = segment.end;
      ++requests;
    }
    CHECK(next == size);
    CHECK(expected_requests(size) == static_cast<std::uint64_t>(requests));
  }
  CHECK(expected_requests(0) == 0);
  for (const std::uint64_t size : {1023 * kMiB, 1024 * kMiB, 1024 * kMiB + 1, 5000 * kMiB + 7, 70'000 * kMiB}) {
    std::uint64_t requests = 0;
    for (std::uint64_t left = size; left > 0; ++requests) left -= segment_bytes(size, left, Path{8, std::nullopt, 0});
    CHECK(expected_requests(size) == requests);
  }
  CHECK(expected_requests(INT64_MAX) > INT64_MAX / kLargestSegment);  // a size is what a server says: no loop over its segments (T14)
}
