// Tree: every file of a commit, packed (I9: at most 256 bytes a planned file).
#pragma once

#include <larder/digest/digest.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::repo {

/// One file as the tree API lists it. A view: `path` points into its Tree, or into the caller's memory for `TreeBuilder::add`.
struct FileEntry {
  std::string_view path;                   ///< from the root of the repository, checked by no one yet (see check_name)
  std::uint64_t size = 0;                  ///< bytes of the file itself, also for LFS
  std::array<std::uint8_t, 20> git_oid{};  ///< git's blob id; of the pointer for LFS files
  std::optional<std::array<std::uint8_t, 32>> lfs_sha256;
  std::optional<std::array<std::uint8_t, 32>> xet_hash;
  bool is_symlink = false;  ///< git mode 120000: stored as a plain blob of the target text (T12)

  /// SHA-256 for LFS files, git SHA-1 for the rest: what the bytes must have.
  [[nodiscard]] digest::Digest digest() const;
  /// Name in blobs/: digest().hex().
  [[nodiscard]] std::string blob_name() const { return digest().hex(); }
};

/// All files of one commit, sorted by path (code point order), no duplicates, folders left out. Immutable; thread: any.
class Tree {
 public:
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  /// The entry at `index` (0 ≤ index < size()). Cheap; the view lives as long as the tree.
  [[nodiscard]] FileEntry at(std::size_t index) const;
  /// Index of `path`, by binary search.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view path) const;
  /// Index of the first path ≥ `path`, for folders: entries below "dir/" are contiguous.
  [[nodiscard]] std::size_t lower_bound(std::string_view path) const;
  /// False when any listed xetHash was not 64 hex digits: then trees/<commit>.json is not written.
  [[nodiscard]] bool cacheable() const { return cacheable_; }
  /// Bytes of memory held.
  [[nodiscard]] std::size_t memory() const;

 private:
  friend class TreeBuilder;
  struct Record {
    std::uint64_t size;
    std::uint32_t path_begin;  // into paths_; the path ends where `path_length` says
    std::uint16_t path_length;
    std::uint16_t flags;
    std::uint32_t wide;  // index into wide_ of the first 32-byte value (lfs, then xet), if flags say so
    std::array<std::uint8_t, 20> git_oid;
  };
  [[nodiscard]] std::string_view path_of(const Record& record) const;
  [[nodiscard]] FileEntry entry_of(const Record& record) const;

  std::vector<Record> records_;
  std::string paths_;
  std::vector<std::array<std::uint8_t, 32>> wide_;
  bool cacheable_ = true;
};

/// Do both say the same about the bytes: the same paths, sizes and digests?
bool is_same_listing(const Tree& a, const Tree& b);

/// Source: docs/hub-protocol.md "Limits". Smaller values are for tests.
struct TreeLimits {
  std::size_t entries = 5'000'000;
};

/// Collects entries page by page. Not thread-safe.
class TreeBuilder {
 public:
  explicit TreeBuilder(TreeLimits limits = {}) : limits_(limits) {}

  /// Copies the entry. Errors: BadResponse (more entries than allowed, over 4 GiB of paths, path over 65,535 bytes, over 8 EiB of files).
  Result<void> add(const FileEntry& entry);
  void mark_uncacheable() { tree_.cacheable_ = false; }
  [[nodiscard]] std::size_t size() const { return tree_.records_.size(); }
  /// Sorts and checks T10: the same path twice with the same content is merged; with another, or a path that is also a folder of another:
  /// BadResponse, both names said. The builder is empty afterwards.
  Result<Tree> finish();

 private:
  void sort();
  Result<void> merge_duplicates();
  [[nodiscard]] Result<void> check_folders() const;

  TreeLimits limits_;
  Tree tree_;
  std::uint64_t total_bytes_ = 0;
};

/// "0a1b…": two lower-case digits a byte.
std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace larder::repo
