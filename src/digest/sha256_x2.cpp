#include "digest/sha256_x2.hpp"

#include "digest/evp_hasher.hpp"
#include "digest/sha256_blocks.hpp"

#include <algorithm>
#include <vector>

namespace larder::digest {
namespace {

constexpr std::size_t kLengthBytes = 8;

void put_big_endian(std::span<std::byte> out, std::uint64_t value) {
  for (std::size_t i = out.size(); i-- > 0; value >>= 8U) out[i] = static_cast<std::byte>(value & 0xffU);
}

Digest digest_of_state(const Sha256State& state) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < state.size(); ++i) put_big_endian(std::as_writable_bytes(std::span(bytes)).subspan(4 * i, 4), state[i]);
  return Digest(Algorithm::Sha256, bytes);
}

// `text` with its padding: whole blocks.
std::vector<std::byte> padded(std::vector<std::byte> text) {
  const std::uint64_t bits = text.size() * 8;
  text.push_back(std::byte{0x80});
  while (text.size() % kSha256Block != kSha256Block - kLengthBytes) text.push_back(std::byte{0});
  text.resize(text.size() + kLengthBytes);
  put_big_endian(std::span(text).last(kLengthBytes), bits);
  return text;
}

// A CPU or a compiler that gets this wrong must not decide what is a good file: both ways are compared with OpenSSL once.
bool passes_self_test(const Sha256Compressors& native) {
  if (native.one == nullptr) return false;
  constexpr std::size_t kTestBytes = 999;
  std::vector<std::byte> first(kTestBytes);
  std::vector<std::byte> second(kTestBytes);
  for (std::size_t i = 0; i < kTestBytes; ++i) {
    first[i] = static_cast<std::byte>(i * 7 + 1);
    second[i] = static_cast<std::byte>(i * i);
  }
  const auto expected_first = digest_of(Algorithm::Sha256, first);
  const auto expected_second = digest_of(Algorithm::Sha256, second);
  const auto first_blocks = padded(std::move(first));
  const auto second_blocks = padded(std::move(second));
  const std::size_t count = first_blocks.size() / kSha256Block;
  Sha256State alone = kSha256Start;
  Sha256State a = kSha256Start;
  Sha256State b = kSha256Start;
  native.one(alone, first_blocks.data(), count);
  native.two(a, first_blocks.data(), b, second_blocks.data(), count);
  return digest_of_state(alone) == expected_first && digest_of_state(a) == expected_first && digest_of_state(b) == expected_second;
}

struct Choice {
  Sha256Compressors compress;
  bool is_native = false;
};

const Choice& choice() {
  static const Choice made = [] {
    const auto native = native_sha256();
    return passes_self_test(native) ? Choice{native, true} : Choice{plain_sha256(), false};
  }();
  return made;
}

}  // namespace

Sha256Lane::Sha256Lane() : state_(kSha256Start) {}

// Fills up a started block; returns the bytes that are left. Afterwards either the block is empty or nothing is left.
std::span<const std::byte> Sha256Lane::complete_block(std::span<const std::byte> bytes) {
  if (block_used_ == 0) return bytes;
  const auto count = std::min(bytes.size(), kSha256Block - block_used_);
  keep(bytes.first(count));
  if (block_used_ == kSha256Block) {
    choice().compress.one(state_, block_.data(), 1);
    block_used_ = 0;
  }
  return bytes.subspan(count);
}

void Sha256Lane::keep(std::span<const std::byte> bytes) {
  std::copy(bytes.begin(), bytes.end(), block_.begin() + static_cast<std::ptrdiff_t>(block_used_));
  block_used_ += bytes.size();
}

void Sha256Lane::update(std::span<const std::byte> bytes) {
  total_ += bytes.size();
  bytes = complete_block(bytes);
  const auto whole = bytes.size() / kSha256Block;
  if (whole > 0) choice().compress.one(state_, bytes.data(), whole);
  keep(bytes.subspan(whole * kSha256Block));
}

void Sha256Lane::update_pair(Sha256Lane& a, std::span<const std::byte> a_bytes, Sha256Lane& b, std::span<const std::byte> b_bytes) {
  const auto a_rest = a.complete_block(a_bytes);
  const auto b_rest = b.complete_block(b_bytes);
  const auto whole = std::min(a_rest.size(), b_rest.size()) / kSha256Block;
  if (whole > 0) choice().compress.two(a.state_, a_rest.data(), b.state_, b_rest.data(), whole);
  const auto done = whole * kSha256Block;
  a.total_ += a_bytes.size() - (a_rest.size() - done);
  b.total_ += b_bytes.size() - (b_rest.size() - done);
  a.update(a_rest.subspan(done));
  b.update(b_rest.subspan(done));
}

Digest Sha256Lane::finish() {
  const std::uint64_t bits = total_ * 8;
  std::array<std::byte, 2 * kSha256Block> padding{std::byte{0x80}};
  const bool fits = block_used_ < kSha256Block - kLengthBytes;
  const auto count = (fits ? kSha256Block : 2 * kSha256Block) - block_used_;
  put_big_endian(std::span(padding).subspan(count - kLengthBytes, kLengthBytes), bits);
  update(std::span(padding).first(count));
  return digest_of_state(state_);
}

bool two_lanes_available() { return choice().is_native; }

}  // namespace larder::digest
