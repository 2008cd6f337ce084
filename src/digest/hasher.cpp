#include "digest/hasher.hpp"

#include "digest/evp_hasher.hpp"
#include "digest/sha256_lane.hpp"

namespace larder::digest {

std::unique_ptr<Hasher> make_hasher(Algorithm algorithm, std::uint64_t size) {
  // A lane alone is as fast as OpenSSL, and whoever has two of them may feed them in lockstep.
  if (algorithm == Algorithm::Sha256 && two_lanes_available()) return std::make_unique<Sha256Lane>();
  return std::make_unique<EvpHasher>(algorithm, size);
}

Digest digest_of(Algorithm algorithm, std::span<const std::byte> bytes) {
  EvpHasher hasher(algorithm, bytes.size());
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace larder::digest
