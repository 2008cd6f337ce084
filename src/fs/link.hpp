// place_file: one file's bytes at a second name, as cheaply as the file system allows, and which way it was.
#pragma once

#include "fs/disk.hpp"

#include <larder/base/cancel.hpp>

#include <string>

namespace larder::fs {

/// How the bytes came there.
enum class Placed : std::uint8_t { HardLink, Reflink, Copy };

/// May both names be one file? A file that somebody will edit must be Separate.
enum class Sharing : std::uint8_t { Same, Separate };

/// Makes `to`, which must not exist, hold the bytes of the regular file `from`: by hard link (Sharing::Same only), else by reflink, else
/// by copying. Clones and copies are synced; `to` is removed again when something fails. A caller who wants the name to appear at
/// once places at a temp and renames.
/// Errors: IoFailed with EEXIST (`to` exists), UnsafeLink, NotInCache (`from`), Interrupted, and those of the disk.
Result<Placed> place_file(Disk& disk, const std::string& from, const std::string& to, Sharing sharing, const CancelToken& cancel);

}  // namespace larder::fs
