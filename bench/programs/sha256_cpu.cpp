// sha256_cpu: CPU seconds that OpenSSL's SHA-256 needs for BYTES, one stream, from memory.   usage: sha256_cpu BYTES
#include <openssl/evp.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  const std::uint64_t total = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000'000ULL;
  std::vector<unsigned char> piece(256 * 1024, 0x5a);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (std::uint64_t done = 0; done < total; done += piece.size()) EVP_DigestUpdate(context, piece.data(), piece.size());
  unsigned char digest[EVP_MAX_MD_SIZE];
  EVP_DigestFinal_ex(context, digest, nullptr);
  EVP_MD_CTX_free(context);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("%.4f\n", seconds);
  return 0;
}
