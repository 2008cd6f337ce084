// crc32c_ways: the slow way of crc32c, apart so that tests can compare both on a CPU that has the fast one.
#pragma once

#include <cstdint>
#include <string_view>

namespace larder::digest {

/// The same as crc32c(), a byte at a time from a table.
std::uint32_t crc32c_by_table(std::string_view bytes);

}  // namespace larder::digest
