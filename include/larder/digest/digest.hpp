// Digest: the verified identity of a file's bytes.
#pragma once

#include <larder/base/result.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace larder::digest {

/// Sha256: of the bytes, for LFS and Xet files. GitSha1: of "blob SIZE\0" + bytes, for the rest (R-332 d, R-826).
enum class Algorithm : std::uint8_t { Sha256, GitSha1 };

/// "sha256" or "git-sha1".
std::string_view name(Algorithm algorithm);
/// Bytes of a digest of that kind: 32 or 20.
constexpr std::size_t byte_length(Algorithm algorithm) { return algorithm == Algorithm::Sha256 ? 32 : 20; }

/// Algorithm + bytes. A value; equal iff both are equal.
class Digest {
 public:
  Digest() = default;  ///< sha256 of 32 zero bytes: "none yet", equals no real file's digest
  Digest(Algorithm algorithm, std::span<const std::uint8_t> bytes);

  /// From hex by its length: 64 → Sha256, 40 → GitSha1; upper case is lowered (T13). Errors: BadResponse for any other shape.
  static Result<Digest> from_hex(std::string_view hex);
  /// Of that algorithm only. Errors: BadResponse.
  static Result<Digest> from_hex(Algorithm algorithm, std::string_view hex);

  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), byte_length(algorithm_)}; }
  /// Lower-case hex, 64 or 40 characters: the blob's name in the cache.
  [[nodiscard]] std::string hex() const;
  /// "sha256:…" or "git-sha1:…".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  Algorithm algorithm_ = Algorithm::Sha256;
  std::array<std::uint8_t, 32> bytes_{};  // the tail stays zero for the shorter kind
};

}  // namespace larder::digest
