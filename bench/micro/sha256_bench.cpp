// sha256_bench: how fast one core hashes: OpenSSL, one lane, more lanes in lockstep. Prints GB/s of CPU time, best of five.
#include "digest/evp_hasher.hpp"
#include "digest/sha256_lane.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

namespace {

using larder::digest::Algorithm;
using larder::digest::EvpHasher;
using larder::digest::Sha256Lane;

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kPieces = 2048;          // 512 MiB in all
constexpr std::size_t kTogether = 512 * 1024;  // pieces of all lanes: what the second cache holds with ease

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
  std::vector<std::vector<std::byte>> pieces;
  for (std::size_t i = 0; i < Sha256Lane::kMostTogether; ++i) pieces.emplace_back(kPiece, static_cast<std::byte>(i));
  const auto& first = pieces.front();
  std::printf("lanes worth feeding together: up to %zu\n", larder::digest::lanes_worth_feeding(Sha256Lane::kMostTogether));
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
  for (const std::size_t count : {2U, 4U, 6U, 7U, 8U, 10U, 11U, 16U}) {
    measure(("lanes in lockstep: " + std::to_string(count)).c_str(), [&] {
      std::vector<Sha256Lane> lanes(count);
      std::vector<Sha256Lane::Feed> feeds;
      for (std::size_t i = 0; i < count; ++i) feeds.push_back({&lanes[i], std::span(pieces[i]).first(kTogether / 16)});
      for (std::size_t done = 0; done < kPiece * kPieces; done += count * feeds.front().bytes.size()) Sha256Lane::update_together(feeds);
      for (auto& lane : lanes) (void)lane.finish();
    });
  }
  return 0;
}
