#include <larder/digest/digest.hpp>

#include "base/escape.hpp"
#include "base/hex.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::digest {

std::string_view name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::Sha256:
      return "sha256";
    case Algorithm::GitSha1:
      return "git-sha1";
  }
  return "unknown";
}

Digest::Digest(Algorithm algorithm, std::span<const std::uint8_t> bytes) : algorithm_(algorithm) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), byte_length(algorithm)), bytes_.begin());
}

Result<Digest> Digest::from_hex(std::string_view hex) {
  return from_hex(hex.size() == 2 * byte_length(Algorithm::GitSha1) ? Algorithm::GitSha1 : Algorithm::Sha256, hex);
}

Result<Digest> Digest::from_hex(Algorithm algorithm, std::string_view hex) {
  const auto bytes = hex.size() == 2 * byte_length(algorithm) ? larder::from_hex(hex) : std::nullopt;
  if (!bytes) {
    return fail(ErrorCode::BadResponse, fmt::format("digest '{}': not {} hex digits", escape_text(hex, 80), 2 * byte_length(algorithm)));
  }
  return Digest(algorithm, *bytes);
}

std::string Digest::hex() const { return to_hex(bytes()); }

std::string Digest::text() const { return fmt::format("{}:{}", name(algorithm_), hex()); }

}  // namespace larder::digest
