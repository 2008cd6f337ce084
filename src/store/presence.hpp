// What is in the cache for one file: lstat of the chosen files only, never a scan.
#pragma once

#include "store/store.hpp"

#include <larder/digest/digest.hpp>

#include <string>
#include <string_view>

namespace larder::store {

/// Good: a file of the right size that only its owner or group may write. Suspect: the same, but everybody may write it, so it is hashed
/// before it is used (T50). Damaged: there, but of another size or no file (C17): it is fetched again and replaced.
enum class BlobState { Missing, Good, Suspect, Damaged };

/// A blob as found. `path`: the file with the bytes, links resolved.
struct FoundBlob {
  BlobState state = BlobState::Missing;
  bool is_shared = false;  ///< a link into the shared store: never to be hard-linked, written or moved
  std::string path;
  fs::FileFacts facts;  ///< of the file with the bytes
  [[nodiscard]] bool is_usable() const { return state == BlobState::Good || state == BlobState::Suspect; }
};

/// Looks at `blobs/<name>`: a regular file, or a link into the marked shared store (T48, R-506). Writes nothing.
Result<FoundBlob> find_blob(fs::Disk& disk, const RepoLayout& layout, std::string_view name, std::uint64_t size);

/// How a file stands in a snapshot, entry and blob together.
enum class CachedState { Missing, Complete, BlobHere };
struct CachedFile {
  CachedState state = CachedState::Missing;
  bool must_hash = false;  ///< T50: the bytes are to be hashed before they are relied on
  std::string path;        ///< the file with the bytes, unless Missing
  fs::FileFacts facts;     ///< of that file
};
/// What a listing says of the file looked for.
struct ListedFile {
  std::string_view path;
  digest::Digest digest;
  std::uint64_t size = 0;
};
Result<CachedFile> find_cached(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit, const ListedFile& file);

/// True for permission bits that let everybody write.
constexpr bool everybody_may_write(const fs::FileFacts& facts) { return (facts.mode & 0002U) != 0; }

}  // namespace larder::store
