// Hasher: bytes in, Digest out.
#pragma once

#include <larder/digest/digest.hpp>

#include <memory>
#include <span>

namespace larder::digest {

/// One running digest. Thread: one at a time.
class Hasher {
 public:
  Hasher() = default;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  virtual ~Hasher() = default;
  virtual void update(std::span<const std::byte> bytes) = 0;
  /// The digest of all bytes so far. Afterwards the hasher is spent.
  virtual Digest finish() = 0;
};

/// A hasher for a file of `size` bytes (git's blob digest begins with the size). For Sha256 it is a Sha256Lane where
/// two_lanes_available(): a worker with two of them may feed them in lockstep (sha256_lane.hpp).
std::unique_ptr<Hasher> make_hasher(Algorithm algorithm, std::uint64_t size);

/// The digest of bytes in memory.
Digest digest_of(Algorithm algorithm, std::span<const std::byte> bytes);

}  // namespace larder::digest
