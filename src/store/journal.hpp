// The journal beside a partial: which ranges are written, which are durable (engine.md §5.3).
#pragma once

#include "fs/disk.hpp"

#include <larder/base/range_set.hpp>
#include <larder/digest/digest.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::store {

/// What the first line says. `boot`: kernel boot id at the time of writing.
struct JournalHeader {
  std::uint64_t size = 0;
  digest::Digest digest;
  std::string boot;
};

/// A journal read back: written ranges count only under the same boot id, durable ones always.
struct JournalContent {
  JournalHeader header;
  RangeSet written;
  RangeSet durable;
};

/// Parses journal text. A torn or wrong last line is dropped; a wrong one before it ends the reading there. nullopt: no valid first line,
/// other version, a range beyond the size. Pure; fuzzed.
///
///     larder-journal 1 {"size":123,"digest":"sha256:…","boot":"<boot id>"} <crc32c, 8 hex>\n
///     w BEGIN END <crc>\n      handed to the kernel: survives a kill
///     d BEGIN END <crc>\n      after fdatasync: survives a power cut
/// The CRC is over the line's text before the space in front of it.
std::optional<JournalContent> parse_journal(std::string_view text);
/// The journal at `path`; nullopt: none, no valid one, or one longer than any of ours (C15). Errors: those of looking at it.
Result<std::optional<JournalContent>> read_journal(fs::Disk& disk, const std::string& path);
std::string format_header(const JournalHeader& header);
std::string format_record(char kind, ByteRange range);

}  // namespace larder::store
