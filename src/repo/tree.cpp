#include <larder/repo/tree.hpp>

#include "base/escape.hpp"
#include "base/hex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace larder::repo {
namespace {

constexpr std::size_t kMostPathBytes = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kLongestPath = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max();  // of all files: sums of sizes never overflow (T14)

constexpr std::uint16_t kHasLfs = 1;
constexpr std::uint16_t kHasXet = 2;
constexpr std::uint16_t kIsSymlink = 4;

bool is_same_content(const FileEntry& a, const FileEntry& b) {
  return a.size == b.size && a.git_oid == b.git_oid && a.lfs_sha256 == b.lfs_sha256 && a.xet_hash == b.xet_hash &&
         a.is_symlink == b.is_symlink;
}

}  // namespace

bool is_same_listing(const Tree& a, const Tree& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const FileEntry one = a.at(i);
    const FileEntry other = b.at(i);
    if (one.path != other.path || one.size != other.size || one.digest() != other.digest()) return false;
  }
  return true;
}

std::string hex(std::span<const std::uint8_t> bytes) { return to_hex(bytes); }

digest::Digest FileEntry::digest() const {
  if (lfs_sha256) return {digest::Algorithm::Sha256, *lfs_sha256};
  return {digest::Algorithm::GitSha1, git_oid};
}

std::string_view Tree::path_of(const Record& record) const { return {paths_.data() + record.path_begin, record.path_length}; }

FileEntry Tree::entry_of(const Record& record) const {
  FileEntry entry;
  entry.path = path_of(record);
  entry.size = record.size;
  entry.git_oid = record.git_oid;
  std::size_t wide = record.wide;
  if ((record.flags & kHasLfs) != 0) entry.lfs_sha256 = wide_[wide++];
  if ((record.flags & kHasXet) != 0) entry.xet_hash = wide_[wide];
  entry.is_symlink = (record.flags & kIsSymlink) != 0;
  return entry;
}

FileEntry Tree::at(std::size_t index) const { return entry_of(records_[index]); }

std::size_t Tree::lower_bound(std::string_view path) const {
  const auto is_before = [this](const Record& record, std::string_view wanted) { return path_of(record) < wanted; };
  return static_cast<std::size_t>(std::lower_bound(records_.begin(), records_.end(), path, is_before) - records_.begin());
}

std::optional<std::size_t> Tree::find(std::string_view path) const {
  const std::size_t index = lower_bound(path);
  if (index == records_.size() || path_of(records_[index]) != path) return std::nullopt;
  return index;
}

std::size_t Tree::memory() const {
  return sizeof(Tree) + records_.capacity() * sizeof(Record) + paths_.capacity() + wide_.capacity() * sizeof(wide_[0]);
}

Result<void> TreeBuilder::add(const FileEntry& entry) {
  Tree& tree = tree_;
  if (tree.records_.size() >= limits_.entries) {
    return fail(ErrorCode::BadResponse, fmt::format("the listing has more than {} files", limits_.entries));
  }
  if (entry.path.size() > kLongestPath) return fail(ErrorCode::BadResponse, "the listing has a path of more than 65,535 bytes");
  if (tree.paths_.size() + entry.path.size() > kMostPathBytes) return fail(ErrorCode::BadResponse, "the listing has over 4 GiB of paths");
  if (entry.size > kMostBytes - total_bytes_) return fail(ErrorCode::BadResponse, "the listing has over 8 EiB of files");
  total_bytes_ += entry.size;
  Tree::Record record{};
  record.size = entry.size;
  record.path_begin = static_cast<std::uint32_t>(tree.paths_.size());
  record.path_length = static_cast<std::uint16_t>(entry.path.size());
  record.wide = static_cast<std::uint32_t>(tree.wide_.size());
  record.git_oid = entry.git_oid;
  if (entry.lfs_sha256) record.flags |= kHasLfs;
  if (entry.xet_hash) record.flags |= kHasXet;
  if (entry.is_symlink) record.flags |= kIsSymlink;
  tree.paths_ += entry.path;
  if (entry.lfs_sha256) tree.wide_.push_back(*entry.lfs_sha256);
  if (entry.xet_hash) tree.wide_.push_back(*entry.xet_hash);
  tree.records_.push_back(record);
  return {};
}

void TreeBuilder::sort() {
  const auto is_before = [this](const Tree::Record& a, const Tree::Record& b) { return tree_.path_of(a) < tree_.path_of(b); };
  if (!std::is_sorted(tree_.records_.begin(), tree_.records_.end(), is_before)) {
    std::sort(tree_.records_.begin(), tree_.records_.end(), is_before);
  }
}

// T10: pages may repeat an entry (the listing moved under them), but not say two things about one path.
Result<void> TreeBuilder::merge_duplicates() {
  auto& records = tree_.records_;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const std::string_view path = tree_.path_of(records[i]);
    if (path != tree_.path_of(records[i - 1])) continue;
    if (!is_same_content(tree_.entry_of(records[i]), tree_.entry_of(records[i - 1]))) {
      return fail(ErrorCode::BadResponse, fmt::format("'{}': listed twice with different content", escape_text(path)));
    }
  }
  const auto is_same = [this](const Tree::Record& a, const Tree::Record& b) { return tree_.path_of(a) == tree_.path_of(b); };
  records.erase(std::unique(records.begin(), records.end(), is_same), records.end());
  return {};
}

// T10: no file may be a folder of another. Neighbours share folders, so each folder is looked up once.
Result<void> TreeBuilder::check_folders() const {
  std::string_view before;
  for (const Tree::Record& record : tree_.records_) {
    const std::string_view path = tree_.path_of(record);
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (before.substr(0, slash + 1) == path.substr(0, slash + 1)) continue;
      if (tree_.find(path.substr(0, slash))) {
        return fail(ErrorCode::BadResponse, fmt::format("'{}' is listed as a file and, by '{}', as a folder",
                                                        escape_text(path.substr(0, slash)), escape_text(path)));
      }
    }
    before = path;
  }
  return {};
}

Result<Tree> TreeBuilder::finish() {
  sort();
  Result<void> checked = merge_duplicates();
  if (checked) checked = check_folders();
  Tree tree = std::exchange(tree_, Tree());
  total_bytes_ = 0;
  if (!checked) return fail(std::move(checked).error());
  tree.records_.shrink_to_fit();
  tree.paths_.shrink_to_fit();
  tree.wide_.shrink_to_fit();
  return tree;
}

}  // namespace larder::repo
