// EvpHasher: a digest computed by OpenSSL.
#pragma once

#include "digest/hasher.hpp"

#include <memory>
#include <span>

struct evp_md_ctx_st;

namespace larder::digest {

/// SHA-256 of the bytes, or the SHA-1 that git gives a blob of `size` bytes (R-332 d). Thread: one at a time.
class EvpHasher final : public Hasher {
 public:
  /// `size` matters for GitSha1 only. Throws std::runtime_error when OpenSSL does not have the algorithm.
  EvpHasher(Algorithm algorithm, std::uint64_t size);
  void update(std::span<const std::byte> bytes) override;
  Digest finish() override;

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  Algorithm algorithm_;
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

}  // namespace larder::digest
