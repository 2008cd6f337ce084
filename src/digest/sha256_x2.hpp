// Two SHA-256 streams in lockstep on one core: half the cost where the CPU has SHA-NI (engine.md §1).
#pragma once

#include "digest/hasher.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace larder::digest {

/// One SHA-256 stream that can be fed alone or in lockstep with another. Same results as OpenSSL, checked at first use and by
/// property tests; plain C++ where the CPU has no SHA-NI or the check failed. Thread: one at a time.
class Sha256Lane final : public Hasher {
 public:
  Sha256Lane();
  void update(std::span<const std::byte> bytes) override;
  Digest finish() override;

  /// Feeds `a_bytes` to `a` and `b_bytes` to `b`, the common length interleaved block by block, the rest alone.
  static void update_pair(Sha256Lane& a, std::span<const std::byte> a_bytes, Sha256Lane& b, std::span<const std::byte> b_bytes);

 private:
  std::span<const std::byte> complete_block(std::span<const std::byte> bytes);
  void keep(std::span<const std::byte> bytes);

  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> block_{};
  std::size_t block_used_ = 0;
  std::uint64_t total_ = 0;
};

/// True where the CPU has SHA-NI and SSE4.1 and the self-test against OpenSSL passed. Cheap after the first call. Thread: any.
bool two_lanes_available();

}  // namespace larder::digest
