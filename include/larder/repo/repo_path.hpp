// Names of files in a repository: judged before they touch a disk.
#pragma once

#include <larder/base/result.hpp>

#include <string>
#include <string_view>

namespace larder::repo {

/// Where a name is going to be written: some names are only dangerous in some places.
enum class NamePlace { Cache, LocalFolder };

/// Judges a listed file name by T1–T7 and T9 of docs/reliability.md: no "..", ".", empty part, leading or trailing "/", "\", NUL, control
/// character, invalid UTF-8, drive letter, ".git" in any disguise (T5: case, HFS+ ignorables, NTFS short name and streams, trailing dots
/// and spaces), part over 255 bytes, path over 4,000 bytes, more than 64 parts. LocalFolder also refuses anything under
/// ".cache/huggingface" in any case (T6). Pure. Errors: UnsafePath, the name escaped.
Result<void> check_name(std::string_view name, NamePlace place);

/// False when `text` has a control character (C0, DEL, C1), a lone surrogate or other invalid UTF-8 (T3): such a name is never printed raw.
bool is_printable_utf8(std::string_view text);

}  // namespace larder::repo
