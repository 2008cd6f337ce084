// escape: the one way for text from outside into a terminal, a log, an error or JSON (T3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder {

/// `text` as harmless UTF-8 on one line: no byte below 0x20 and no 0x7f, no C1 control, no bidirectional or line separator mark, no byte
/// order mark. Those code points become `\n`, `\r`, `\t`, `\x1b` (below 0x80) or `\u202e`; bytes that are not UTF-8 become `\xff`.
/// Escaping twice changes nothing more, so a backslash stays as it is.
std::string escape_text(std::string_view text);

/// The same, cut to at most `max_bytes` bytes of output with "…" at the end where something is missing (T35).
std::string escape_text(std::string_view text, std::size_t max_bytes);

}  // namespace larder
