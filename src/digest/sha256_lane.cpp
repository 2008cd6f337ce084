#include "digest/sha256_lane.hpp"

#include "digest/evp_hasher.hpp"

#include <algorithm>
#include <limits>
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

// Messages of one length, all different, with what OpenSSL says of them.
struct TestMessages {
  std::vector<std::vector<std::byte>> blocks;
  std::vector<Digest> expected;
};

TestMessages test_messages(std::size_t count) {
  constexpr std::size_t kTestBytes = 999;
  TestMessages made;
  for (std::size_t message = 0; message < count; ++message) {
    std::vector<std::byte> text(kTestBytes);
    for (std::size_t i = 0; i < kTestBytes; ++i) text[i] = static_cast<std::byte>(i * (2 * message + 7) + i * i + message);
    made.expected.push_back(digest_of(Algorithm::Sha256, text));
    made.blocks.push_back(padded(std::move(text)));
  }
  return made;
}

// A CPU or a compiler that gets this wrong must not decide what is a good file: every way is compared with OpenSSL once.
bool passes_self_test(const Sha256Compressors& native) {
  if (native.one == nullptr) return false;
  const auto test = test_messages(2);
  const std::size_t count = test.blocks.front().size() / kSha256Block;
  Sha256State alone = kSha256Start;
  Sha256State a = kSha256Start;
  Sha256State b = kSha256Start;
  native.one(alone, test.blocks[0].data(), count);
  native.two(a, test.blocks[0].data(), b, test.blocks[1].data(), count);
  return digest_of_state(alone) == test.expected[0] && digest_of_state(a) == test.expected[0] && digest_of_state(b) == test.expected[1];
}

bool passes_self_test(CompressMany compress, std::size_t lanes) {
  const auto test = test_messages(lanes);
  std::vector<Sha256State> states(lanes, kSha256Start);
  std::vector<Sha256State*> places;
  std::vector<const std::byte*> messages;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    places.push_back(&states[lane]);
    messages.push_back(test.blocks[lane].data());
  }
  compress(places.data(), messages.data(), test.blocks.front().size() / kSha256Block);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (digest_of_state(states[lane]) != test.expected[lane]) return false;
  }
  return true;
}

bool passes_self_test(const Sha256ManyCompressors& many) {
  return many.eight != nullptr && passes_self_test(many.eight, 8) && passes_self_test(many.sixteen, 16);
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

// By itself, so that who hashes a file or two does not pay for its tests and measurements.
const Sha256Lockstep& lockstep() {
  static const Sha256Lockstep made = [] {
    Sha256Ways ways{choice().compress, {}};
    const auto many = many_sha256();
    if (choice().is_native && passes_self_test(many)) ways.many = many;
    return Sha256Lockstep(ways, measure_costs(ways));
  }();
  return made;
}

void compress_together(std::span<Sha256State* const> states, std::span<const std::byte* const> messages, std::size_t blocks) {
  if (states.size() > 2) return lockstep().compress(states, messages, blocks);
  const Sha256Compressors& by = choice().compress;
  if (states.size() == 2) return by.two(*states[0], messages[0], *states[1], messages[1], blocks);
  by.one(*states[0], messages[0], blocks);
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

void Sha256Lane::update_together(std::span<const Feed> feeds) {
  std::array<std::span<const std::byte>, kMostTogether> rests;
  std::array<Sha256State*, kMostTogether> states{};
  std::array<const std::byte*, kMostTogether> messages{};
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    rests[i] = feeds[i].lane->complete_block(feeds[i].bytes);
    states[i] = &feeds[i].lane->state_;
    messages[i] = rests[i].data();
    bytes = std::min(bytes, rests[i].size() / kSha256Block * kSha256Block);
  }
  if (!feeds.empty() && bytes > 0) {
    compress_together(std::span(states).first(feeds.size()), std::span(messages).first(feeds.size()), bytes / kSha256Block);
  }
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    feeds[i].lane->total_ += feeds[i].bytes.size() - (rests[i].size() - bytes);
    feeds[i].lane->update(rests[i].subspan(bytes));
  }
}

void Sha256Lane::update_pair(Sha256Lane& a, std::span<const std::byte> a_bytes, Sha256Lane& b, std::span<const std::byte> b_bytes) {
  update_together(std::array{Feed{&a, a_bytes}, Feed{&b, b_bytes}});
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

std::size_t lanes_worth_feeding(std::size_t messages) {
  if (!two_lanes_available()) return 1;
  return messages <= 2 ? 2 : lockstep().lanes_worth_feeding(messages);
}

}  // namespace larder::digest
