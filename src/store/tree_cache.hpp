// trees/<commit>.json: the whole listing of a commit, in Python's format.
#pragma once

#include "fs/disk.hpp"
#include "store/store.hpp"

#include <larder/repo/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace larder::store {

/// Reads a listing from `path`, streaming (no DOM). nullopt: absent, unreadable, other format_version, damaged. A listed name or
/// digest is judged again by the caller: the file may be somebody else's.
Result<std::optional<repo::Tree>> read_tree(fs::Disk& disk, const std::string& path);

/// Bytes of a document at an offset; 0: the end.
using ReadAt = std::function<Result<std::size_t>(std::span<std::byte> into, std::uint64_t offset)>;
/// The parser behind read_tree; nullopt as there. Fuzzed.
std::optional<repo::Tree> parse_tree(const ReadAt& read);

/// Writes it byte for byte as Python does (one-space indent, sorted, ASCII with \uXXXX, no newline at the end), mode 0666 & ~umask, temp in
/// `tmp_folder`, fsync, rename, folder fsync. Memory: a bounded buffer. Does nothing for a tree that is not cacheable().
Result<void> write_tree(Store& store, const std::string& tmp_folder, const std::string& path, const repo::Tree& tree);

}  // namespace larder::store
