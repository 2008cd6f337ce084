// What is wrong with one file's bytes: pure judgement over what was expected and what was found.
#pragma once

#include <larder/digest/digest.hpp>
#include <larder/store/inventory.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace larder::store {

/// One file whose bytes are to be checked.
struct BlobCheck {
  std::string path;  ///< relative to what is verified: where a finding points
  std::string file;  ///< absolute: what is opened
  std::string blob;  ///< name of the blob
  digest::Digest expected;
  std::optional<std::uint64_t> size;  ///< as listed
  std::uint64_t actual_size = 0;
  std::size_t repo = 0;  ///< index of the repository in the inventory
};

/// The bytes as found. `other`: their digest by the other algorithm, worked out only when `digest` is not the expected one.
struct FoundBytes {
  digest::Digest digest;
  std::optional<digest::Digest> other;
  bool is_wanted_elsewhere = false;  ///< `digest` or `other` is the name of another blob of the repository
};

/// nullopt: right. Empty before Misnamed before Size before Digest: the first that explains the most (C17, C26).
std::optional<Problem> judge(const BlobCheck& check, const FoundBytes& found);

}  // namespace larder::store
