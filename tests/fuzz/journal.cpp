// The journal beside a partial: whatever lies there, no range beyond the size is believed, and what is written back reads the same.
#include "store/journal.hpp"

#include "fuzz/fuzz.hpp"

using namespace larder;

namespace {

void check_ranges(const RangeSet& set, std::uint64_t size) {
  std::uint64_t end = 0;
  for (const auto& range : set.ranges()) {
    fuzz::must(range.begin < range.end && range.end <= size);
    fuzz::must(range.begin > end || end == 0);
    end = range.end;
  }
}

std::string written_back(const store::JournalContent& journal) {
  std::string text = store::format_header(journal.header);
  for (const auto& range : journal.durable.ranges()) text += store::format_record('d', range);
  for (const auto& range : journal.written.ranges()) text += store::format_record('w', range);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto journal = store::parse_journal(fuzz::text_of(bytes, size));
  if (!journal) return 0;
  check_ranges(journal->written, journal->header.size);
  check_ranges(journal->durable, journal->header.size);
  const auto again = store::parse_journal(written_back(*journal));
  fuzz::must(again.has_value());
  fuzz::must(again->written.ranges() == journal->written.ranges() && again->durable.ranges() == journal->durable.ranges());
  fuzz::must(again->header.size == journal->header.size && again->header.digest == journal->header.digest);
  return 0;
}
