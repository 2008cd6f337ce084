#include "transfer/file_ranges.hpp"

#include <algorithm>

namespace larder::transfer {

void FileRanges::begin(const RangeSet& there) {
  here_ = there;
  unassigned_.clear();
  for (const ByteRange gap : here_.gaps(size_)) unassigned_.add(gap);
}

void FileRanges::restart(Shape shape) {
  shape_ = shape;
  returned_.clear();
  frontier_ = 0;
  begin({});
}

bool FileRanges::has_ready(SteadyTime now) const {
  return !unassigned_.empty() ||
         std::any_of(returned_.begin(), returned_.end(), [now](const Segment& segment) { return segment.not_before <= now; });
}

std::optional<SteadyTime> FileRanges::next_ready() const {
  std::optional<SteadyTime> soonest;
  for (const Segment& segment : returned_) {
    if (!soonest || segment.not_before < *soonest) soonest = segment.not_before;
  }
  return soonest;
}

Segment FileRanges::take(SteadyTime now, const Path& path) {
  auto best = returned_.end();
  for (auto at = returned_.begin(); at != returned_.end(); ++at) {
    if (at->not_before <= now && (best == returned_.end() || at->range.begin < best->range.begin)) best = at;
  }
  Segment segment;
  if (best != returned_.end()) {
    segment = *best;
    returned_.erase(best);
  } else if (shape_ == Shape::OneStream) {
    unassigned_.clear();
    segment.range = {0, size_};
  } else {
    segment.range = cut_segment(unassigned_, segment_bytes(size_, unassigned_.bytes(), path));
  }
  return segment;
}

void FileRanges::give_back(const Segment& segment) {
  if (shape_ == Shape::OneStream) {
    // Such a server starts at zero every time; what is here is skipped on arrival.
    if (!is_complete()) returned_.push_back({{0, size_}, segment.failures, segment.not_before});
    return;
  }
  for (const ByteRange gap : here_.gaps(segment.range.end)) {
    const ByteRange rest{std::max(gap.begin, segment.range.begin), gap.end};
    if (rest.empty()) continue;
    if (segment.failures == 0 && segment.not_before == SteadyTime{}) {
      unassigned_.add(rest);
    } else {
      returned_.push_back({rest, segment.failures, segment.not_before});
    }
  }
}

void FileRanges::take_all() {
  shape_ = Shape::OneStream;
  unassigned_.clear();
  returned_.clear();
}

std::vector<ByteRange> FileRanges::arrive(ByteRange range) {
  std::vector<ByteRange> fresh;
  for (const ByteRange gap : here_.gaps(range.end)) {
    const ByteRange part{std::max(gap.begin, range.begin), std::min(gap.end, range.end)};
    if (!part.empty()) fresh.push_back(part);
  }
  for (const ByteRange part : fresh) here_.add(part);
  return fresh;
}

}  // namespace larder::transfer
