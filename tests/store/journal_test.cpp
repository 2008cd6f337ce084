#include "store/journal.hpp"

#include "digest/crc32c.hpp"
#include "digest/hasher.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <random>

using namespace larder;
using store::format_header;
using store::format_record;
using store::JournalHeader;
using store::parse_journal;

namespace {

JournalHeader a_header(std::uint64_t size = 1000) {
  return {size, digest::Digest::from_hex(std::string(64, 'a')).value(), "8c7d1f0e-boot"};
}

std::vector<ByteRange> ranges(const RangeSet& set) { return set.ranges(); }

}  // namespace

TEST_CASE("journal: the first line names version, size, digest and boot", "[store][journal]") {
  const std::string text = format_header(a_header());
  const std::string body = "larder-journal 1 {\"size\":1000,\"digest\":\"sha256:" + std::string(64, 'a') + "\",\"boot\":\"8c7d1f0e-boot\"}";
  CHECK(text == body + fmt::format(" {:08x}\n", digest::crc32c(body)));
}

TEST_CASE("journal: written and durable ranges read back apart", "[store][journal]") {
  const auto content = parse_journal(format_header(a_header()) + format_record('w', {0, 10}) + format_record('d', {0, 5}) +
                                     format_record('w', {10, 20}) + format_record('w', {500, 1000}));
  REQUIRE(content);
  CHECK(content->header.size == 1000);
  CHECK(content->header.boot == "8c7d1f0e-boot");
  CHECK(content->header.digest == a_header().digest);
  CHECK(ranges(content->written) == std::vector<ByteRange>{{0, 20}, {500, 1000}});
  CHECK(ranges(content->durable) == std::vector<ByteRange>{{0, 5}});
}

TEST_CASE("journal: a torn or wrong line ends the reading, what is before it counts", "[store][journal]") {
  const std::string good = format_header(a_header()) + format_record('w', {0, 10});
  const std::string next = format_record('w', {10, 20});
  for (std::size_t length = 0; length < next.size(); ++length) {
    const auto content = parse_journal(good + next.substr(0, length));
    REQUIRE(content);
    CHECK(content->written.bytes() == 10);
  }
  std::string flipped = next;
  flipped[2] = '2';
  const auto content = parse_journal(good + flipped + format_record('d', {0, 10}));
  REQUIRE(content);
  CHECK(content->written.bytes() == 10);
  CHECK(content->durable.empty());
}

TEST_CASE("journal: nothing is believed of a file that is none", "[store][journal]") {
  const std::string header = format_header(a_header());
  CHECK_FALSE(parse_journal(""));
  CHECK_FALSE(parse_journal(header.substr(0, header.size() - 1)));
  CHECK_FALSE(parse_journal("larder-journal 2" + header.substr(16)));
  CHECK_FALSE(parse_journal(std::string(100000, 'x')));
  CHECK_FALSE(parse_journal(format_record('w', {0, 10})));
  std::string wrong = header;
  wrong[30] ^= 1;
  CHECK_FALSE(parse_journal(wrong));
  const auto sealed = [](const std::string& body) { return body + fmt::format(" {:08x}\n", digest::crc32c(body)); };
  CHECK_FALSE(parse_journal(sealed("larder-journal 1 {\"size\":-1,\"digest\":\"sha256:" + std::string(64, 'a') + "\",\"boot\":\"\"}")));
  CHECK_FALSE(parse_journal(sealed("larder-journal 1 {\"size\":1,\"digest\":\"md5:00\",\"boot\":\"\"}")));
  CHECK_FALSE(parse_journal(sealed("larder-journal 1 [1]")));
  CHECK_FALSE(parse_journal(sealed("larder-journal 1 {\"size\":1,\"digest\":\"sha256:" + std::string(64, 'A') + "\",\"boot\":\"\"}")));
}

TEST_CASE("journal: a range beyond the size means another file", "[store][journal]") {
  const std::string header = format_header(a_header(100));
  CHECK(parse_journal(header + format_record('w', {0, 100})));
  CHECK_FALSE(parse_journal(header + format_record('w', {0, 101})));
  CHECK_FALSE(parse_journal(header + format_record('d', {99, 18446744073709551615ULL})));
  const auto empty = parse_journal(header + format_record('w', {50, 50}));  // no range: not written by us
  REQUIRE(empty);
  CHECK(empty->written.empty());
}

TEST_CASE("journal: any byte string is survived and no byte is invented", "[store][journal]") {
  std::mt19937 random(7);  // NOLINT: a fixed seed repeats
  const std::string good = format_header(a_header()) + format_record('w', {0, 10}) + format_record('d', {20, 30});
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    const std::size_t at = random() % text.size();
    text[at] = static_cast<char>(random());
    const auto content = parse_journal(text);
    if (!content) continue;
    CHECK(content->written.bytes() + content->durable.bytes() <= 20);
  }
}
