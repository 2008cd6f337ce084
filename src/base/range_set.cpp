#include <larder/base/range_set.hpp>

#include <algorithm>

namespace larder {
namespace {

// The first range that ends at or behind `at`: the only one that can touch something beginning there.
auto first_reaching(std::vector<ByteRange>& ranges, std::uint64_t at) {
  return std::lower_bound(ranges.begin(), ranges.end(), at, [](const ByteRange& range, std::uint64_t value) { return range.end < value; });
}

// The range that holds the byte `at`, or the first one behind it.
auto first_ending_behind(const std::vector<ByteRange>& ranges, std::uint64_t at) {
  return std::upper_bound(ranges.begin(), ranges.end(), at, [](std::uint64_t value, const ByteRange& range) { return value < range.end; });
}

}  // namespace

void RangeSet::add(ByteRange range) {
  if (range.empty()) return;
  const auto first = first_reaching(ranges_, range.begin);
  auto last = first;
  for (; last != ranges_.end() && last->begin <= range.end; ++last) {
    range.begin = std::min(range.begin, last->begin);
    range.end = std::max(range.end, last->end);
  }
  if (first == last) {
    ranges_.insert(first, range);
    return;
  }
  *first = range;
  ranges_.erase(first + 1, last);
}

void RangeSet::subtract(ByteRange range) {
  if (range.empty()) return;
  std::vector<ByteRange> kept;
  kept.reserve(ranges_.size() + 1);
  for (const auto& have : ranges_) {
    const ByteRange before{have.begin, std::min(have.end, range.begin)};
    const ByteRange behind{std::max(have.begin, range.end), have.end};
    if (!before.empty()) kept.push_back(before);
    if (!behind.empty()) kept.push_back(behind);
  }
  ranges_ = std::move(kept);
}

bool RangeSet::contains(ByteRange range) const { return range.empty() || run_end(range.begin) >= range.end; }

std::uint64_t RangeSet::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& range : ranges_) sum += range.size();
  return sum;
}

std::vector<ByteRange> RangeSet::gaps(std::uint64_t size) const {
  std::vector<ByteRange> missing;
  std::uint64_t at = 0;
  for (const auto& range : ranges_) {
    if (range.begin >= size) break;
    if (range.begin > at) missing.push_back({at, range.begin});
    at = range.end;
  }
  if (at < size) missing.push_back({at, size});
  return missing;
}

std::uint64_t RangeSet::run_end(std::uint64_t from) const {
  const auto found = first_ending_behind(ranges_, from);
  return found != ranges_.end() && found->begin <= from ? found->end : from;
}

}  // namespace larder
