#include "digest/crc32c.hpp"

#include "digest/crc32c_ways.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>

using larder::digest::crc32c;
using larder::digest::crc32c_by_table;

// The check value of the CRC catalogue and the vectors of RFC 3720 §B.4.
TEST_CASE("crc32c: known vectors, both ways", "[digest][crc32c]") {
  std::string up;
  for (int i = 0; i < 32; ++i) up.push_back(static_cast<char>(i));
  const std::string down(up.rbegin(), up.rend());
  struct Row {
    std::string bytes;
    std::uint32_t value;
  };
  const auto row = GENERATE_COPY(Row{"123456789", 0xe3069283}, Row{"", 0}, Row{std::string(32, '\0'), 0x8a9136aa},
                                 Row{std::string(32, '\xff'), 0x62a8ab43}, Row{up, 0x46dd794e}, Row{down, 0x113fdb5c});
  CHECK(crc32c(row.bytes) == row.value);
  CHECK(crc32c_by_table(row.bytes) == row.value);
}

TEST_CASE("crc32c: instruction and table agree at every length and alignment", "[digest][crc32c]") {
  std::mt19937 random(5);
  std::string bytes(300, '\0');
  for (auto& c : bytes) c = static_cast<char>(random());
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t length = 0; length < 80; ++length) {
      const auto part = std::string_view(bytes).substr(from, length);
      REQUIRE(crc32c(part) == crc32c_by_table(part));
    }
  }
}
