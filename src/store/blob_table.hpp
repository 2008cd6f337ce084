// BlobTable: the blobs of one repository while it is scanned.
#pragma once

#include "fs/disk.hpp"

#include <larder/store/inventory.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace larder::store {

/// The record of a blob whose bytes are the file of `facts`.
BlobRecord blob_record(std::string name, const fs::FileFacts& facts, BlobPlace place);

/// First the entries of blobs/, then what snapshots lead to besides. Places in it never change. Thread: one at a time.
class BlobTable {
 public:
  /// A place in the table, and whether it was made just now.
  struct Place {
    std::uint32_t index = 0;
    bool is_new = false;
  };

  /// Fills `blobs`, which is empty and outlives the table.
  explicit BlobTable(std::vector<BlobRecord>& blobs) : blobs_(blobs) {}

  /// An entry of blobs/. They come in the order of their names, before all others.
  void add_entry(BlobRecord record);
  /// The entry of blobs/ with that name; one that is not there gets a record all the same, as Absent.
  Place named(const std::string& name);
  /// A file out of the repository that a link leads to, once for all links.
  Place outside(const std::string& path, const fs::FileFacts& facts);
  /// A file in a snapshot: its own blob.
  std::uint32_t copy(std::string path, const fs::FileFacts& facts);

  BlobRecord& operator[](std::uint32_t index) { return blobs_[index]; }

 private:
  Place other(const std::string& key, const std::string& name, const fs::FileFacts& facts, BlobPlace place);

  std::vector<BlobRecord>& blobs_;
  std::size_t entries_ = 0;                      // blobs_[0, entries_) are those of blobs/, sorted by name
  std::map<std::string, std::uint32_t> others_;  // absent ones as "blobs/<name>", those outside by their path
};

}  // namespace larder::store
