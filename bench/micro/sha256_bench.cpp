// sha256_bench: how fast one core hashes: OpenSSL, one lane, two lanes in lockstep. Prints GB/s of CPU time, best of five.
#include "digest/evp_hasher.hpp"
#include "digest/sha256_x2.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

namespace {

using larder::digest::Algorithm;
using larder::digest::EvpHasher;
using larder::digest::Sha256Lane;

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kPieces = 2048;  // 512 MiB in all

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Work>
void measure(const char* name, Work work) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const double start = cpu_seconds();
    work();
    best = std::min(best, cpu_seconds() - start);
  }
  const double gigabytes = static_cast<double>(kPiece * kPieces) * 1e-9;
  std::printf("%-28s %6.2f GB/s  %6.3f s/GB\n", name, gigabytes / best, best / gigabytes);
}

}  // namespace

int main() {
  const std::vector<std::byte> first(kPiece, std::byte{1});
  const std::vector<std::byte> second(kPiece, std::byte{2});
  std::printf("two lanes available: %s\n", larder::digest::two_lanes_available() ? "yes" : "no");
  measure("OpenSSL, one stream", [&] {
    EvpHasher hasher(Algorithm::Sha256, 0);
    for (std::size_t i = 0; i < kPieces; ++i) hasher.update(first);
    (void)hasher.finish();
  });
  measure("one lane", [&] {
    Sha256Lane lane;
    for (std::size_t i = 0; i < kPieces; ++i) lane.update(first);
    (void)lane.finish();
  });
  measure("two lanes in lockstep", [&] {
    Sha256Lane a;
    Sha256Lane b;
    for (std::size_t i = 0; i < kPieces / 2; ++i) Sha256Lane::update_pair(a, first, b, second);
    (void)a.finish();
    (void)b.finish();
  });
  return 0;
}
