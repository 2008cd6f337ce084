#include "digest/sha256_blocks.hpp"

#include <bit>

namespace larder::digest {
namespace {

std::uint32_t word_at(const std::byte* data) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = (word << 8U) | std::to_integer<std::uint32_t>(data[i]);
  return word;
}

std::array<std::uint32_t, 64> schedule_of(const std::byte* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t) w[t] = word_at(block + 4 * t);
  for (std::size_t t = 16; t < 64; ++t) {
    const auto s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3U);
    const auto s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10U);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  return w;
}

// Names as in FIPS 180-4.
void compress_block(Sha256State& state, const std::byte* block) {
  const auto w = schedule_of(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t t = 0; t < 64; ++t) {
    const auto big1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const auto t1 = h + big1 + ((e & f) ^ (~e & g)) + kSha256Rounds[t] + w[t];
    const auto big0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const auto t2 = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const Sha256State add{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += add[i];
}

void compress_one(Sha256State& state, const std::byte* data, std::size_t count) {
  for (; count > 0; --count, data += kSha256Block) compress_block(state, data);
}

void compress_two(Sha256State& a, const std::byte* a_data, Sha256State& b, const std::byte* b_data, std::size_t count) {
  compress_one(a, a_data, count);
  compress_one(b, b_data, count);
}

}  // namespace

Sha256Compressors plain_sha256() { return {compress_one, compress_two}; }

}  // namespace larder::digest
