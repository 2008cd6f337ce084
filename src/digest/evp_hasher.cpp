#include "digest/evp_hasher.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <string>

namespace larder::digest {
namespace {

// These calls fail only where the algorithm is switched off by policy or memory is out: nothing a caller could mend.
void must(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL cannot compute this digest");
}

// Looked up once and kept to the end: EVP_sha1() and its like are looked up again for each context, which costs more than hashing a small
// file.
const EVP_MD* method_of(Algorithm algorithm) {
  static const EVP_MD* const sha256 = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha1 = ::EVP_MD_fetch(nullptr, "SHA1", nullptr);
  return algorithm == Algorithm::Sha256 ? sha256 : sha1;
}

}  // namespace

void EvpHasher::FreeContext::operator()(evp_md_ctx_st* context) const noexcept { ::EVP_MD_CTX_free(context); }

EvpHasher::EvpHasher(Algorithm algorithm, std::uint64_t size) : algorithm_(algorithm), context_(::EVP_MD_CTX_new()) {
  must(context_ == nullptr ? 0 : ::EVP_DigestInit_ex(context_.get(), method_of(algorithm), nullptr));
  if (algorithm != Algorithm::GitSha1) return;
  const std::string header = "blob " + std::to_string(size);
  must(::EVP_DigestUpdate(context_.get(), header.c_str(), header.size() + 1));  // the NUL belongs to it
}

void EvpHasher::update(std::span<const std::byte> bytes) { must(::EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

Digest EvpHasher::finish() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  must(::EVP_DigestFinal_ex(context_.get(), bytes.data(), &length));
  return Digest(algorithm_, std::span(bytes).first(length));
}

}  // namespace larder::digest
