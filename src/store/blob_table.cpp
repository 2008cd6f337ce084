#include "store/blob_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace larder::store {

BlobRecord blob_record(std::string name, const fs::FileFacts& facts, BlobPlace place) {
  BlobRecord record;
  record.name = std::move(name);
  record.bytes = facts.size;
  record.device = facts.device;
  record.inode = facts.inode;
  record.mtime_ns = facts.mtime_ns;
  record.atime_ns = facts.atime_ns;
  record.ctime_ns = facts.ctime_ns;
  record.links = static_cast<std::uint32_t>(std::min<std::uint64_t>(facts.links, std::numeric_limits<std::uint32_t>::max()));
  record.place = place;
  return record;
}

void BlobTable::add_entry(BlobRecord record) {
  blobs_.push_back(std::move(record));
  entries_ = blobs_.size();
}

BlobTable::Place BlobTable::named(const std::string& name) {
  const auto end = blobs_.begin() + static_cast<std::ptrdiff_t>(entries_);
  const auto found =
      std::lower_bound(blobs_.begin(), end, name, [](const BlobRecord& blob, const std::string& wanted) { return blob.name < wanted; });
  if (found != end && found->name == name) return {static_cast<std::uint32_t>(found - blobs_.begin()), false};
  return other("blobs/" + name, name, {}, BlobPlace::Absent);
}

BlobTable::Place BlobTable::outside(const std::string& path, const fs::FileFacts& facts) {
  return other(path, path, facts, BlobPlace::Outside);
}

std::uint32_t BlobTable::copy(std::string path, const fs::FileFacts& facts) {
  blobs_.push_back(blob_record(std::move(path), facts, BlobPlace::InSnapshot));
  return static_cast<std::uint32_t>(blobs_.size() - 1);
}

BlobTable::Place BlobTable::other(const std::string& key, const std::string& name, const fs::FileFacts& facts, BlobPlace place) {
  const auto [found, is_new] = others_.try_emplace(key, static_cast<std::uint32_t>(blobs_.size()));
  if (is_new) blobs_.push_back(blob_record(name, facts, place));
  return {found->second, is_new};
}

}  // namespace larder::store
