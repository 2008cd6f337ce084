// plain_file: reads small files in places where anything may stand instead.
#pragma once

#include "fs/disk.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace larder::fs {

/// The bytes of the regular file at `path`, of at most `limit` bytes. nullopt: nothing is there, or something else (a link, a folder, a
/// fifo that would block), or it is longer, or it may not be read. Errors: those of looking at it.
Result<std::optional<std::string>> read_plain(Disk& disk, const std::string& path, std::uint64_t limit);

}  // namespace larder::fs
