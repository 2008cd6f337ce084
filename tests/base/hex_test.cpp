#include "base/hex.hpp"

#include "support/catch.hpp"

#include <array>

TEST_CASE("hex: bytes go there and back", "[base][hex]") {
  std::vector<std::uint8_t> all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<std::uint8_t>(byte));
  CHECK(larder::from_hex(larder::to_hex(all)) == all);
  CHECK(larder::to_hex(std::array<std::uint8_t, 2>{0x0a, 0xff}) == "0aff");
  CHECK(larder::from_hex("0AfF") == std::vector<std::uint8_t>{0x0a, 0xff});
}

TEST_CASE("hex: other characters and odd lengths are refused", "[base][hex]") {
  for (const auto* text : {"0", "0g", "g0", " 0", "0x", "\xc3\xa9"}) CHECK_FALSE(larder::from_hex(text));
  CHECK(larder::from_hex("")->empty());
  CHECK_FALSE(larder::is_hex(""));
  CHECK(larder::is_hex("019afAF"));
  CHECK_FALSE(larder::is_hex("01-"));
  CHECK(larder::is_lower_hex("019af"));
  for (const auto* text : {"", "AF", "0g", "01-"}) CHECK_FALSE(larder::is_lower_hex(text));
}
