// CRC-32C (Castagnoli): the checksum of journal lines.
#pragma once

#include <cstdint>
#include <string_view>

namespace larder::digest {

/// CRC-32C of `bytes`: polynomial 0x1EDC6F41 reflected, init and xor-out all ones. crc32c("123456789") is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace larder::digest
