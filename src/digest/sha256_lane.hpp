// SHA-256 streams in lockstep on one core: two cost less than two alone where the CPU has SHA-NI; eight and sixteen may cost less still
// where it has AVX-512 (docs/decisions/0012).
#pragma once

#include "digest/hasher.hpp"
#include "digest/sha256_lockstep.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace larder::digest {

/// One SHA-256 stream that can be fed alone or in lockstep with others. Same results as OpenSSL, checked at first use and by
/// property tests; plain C++ where the CPU has no SHA-NI or the check failed. Thread: one at a time.
class Sha256Lane final : public Hasher {
 public:
  Sha256Lane();
  void update(std::span<const std::byte> bytes) override;
  Digest finish() override;

  /// What one lane is fed.
  struct Feed {
    Sha256Lane* lane = nullptr;
    std::span<const std::byte> bytes;
  };
  /// As many as one call feeds.
  static constexpr std::size_t kMostTogether = Sha256Lockstep::kMostLanes;

  /// Feeds at most kMostTogether different lanes, each its own bytes: the common length in lockstep, the rest alone.
  static void update_together(std::span<const Feed> feeds);
  /// The same for two.
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

/// How many lanes a thread should feed together that has `messages` of its own to hash: 1 without SHA-NI, else what was measured to be
/// cheapest on this CPU, 2 to 16 (sha256_lockstep.hpp). More lanes than messages: a register that is nearly full. Thread: any.
std::size_t lanes_worth_feeding(std::size_t messages);

}  // namespace larder::digest
