#include "digest/sha256_lane.hpp"

#include "digest/sha256_blocks.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <random>
#include <vector>

using larder::digest::Algorithm;
using larder::digest::digest_of;
using larder::digest::Sha256Lane;

namespace {

using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::mt19937& random, std::size_t length) {
  Bytes bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

}  // namespace

TEST_CASE("Sha256Lane: one lane equals OpenSSL at every length around the padding", "[digest][sha256_lane]") {
  std::mt19937 random(1);
  const auto bytes = random_bytes(random, 400);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto part = std::span(bytes).first(length);
    Sha256Lane lane;
    const auto cut = length == 0 ? 0 : random() % length;
    lane.update(part.first(cut));
    lane.update(part.subspan(cut));
    REQUIRE(lane.finish() == digest_of(Algorithm::Sha256, part));
  }
}

TEST_CASE("Sha256Lane: pairs of any lengths cut anywhere equal OpenSSL", "[digest][sha256_lane]") {
  std::mt19937 random(2);
  for (int round = 0; round < 1500; ++round) {
    const auto a_bytes = random_bytes(random, random() % (round % 10 == 0 ? 20'000 : 300));
    const auto b_bytes = random_bytes(random, random() % 300);
    Sha256Lane a;
    Sha256Lane b;
    std::span<const std::byte> a_rest = a_bytes;
    std::span<const std::byte> b_rest = b_bytes;
    while (!a_rest.empty() || !b_rest.empty()) {
      const auto a_piece = a_rest.first(std::min<std::size_t>(a_rest.size(), random() % 200));
      const auto b_piece = b_rest.first(std::min<std::size_t>(b_rest.size(), random() % 200));
      switch (random() % 4) {
        case 0:
          a.update(a_piece);
          b.update(b_piece);
          break;
        case 1:
          Sha256Lane::update_pair(b, b_piece, a, a_piece);
          break;
        default:
          Sha256Lane::update_pair(a, a_piece, b, b_piece);
          break;
      }
      a_rest = a_rest.subspan(a_piece.size());
      b_rest = b_rest.subspan(b_piece.size());
    }
    REQUIRE(a.finish() == digest_of(Algorithm::Sha256, a_bytes));
    REQUIRE(b.finish() == digest_of(Algorithm::Sha256, b_bytes));
  }
}

TEST_CASE("Sha256Lane: any number of lanes together, cut anywhere, equal OpenSSL", "[digest][sha256_lane]") {
  std::mt19937 random(4);
  for (int round = 0; round < 400; ++round) {
    const std::size_t count = 1 + static_cast<std::size_t>(round) % Sha256Lane::kMostTogether;
    std::vector<Bytes> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(random_bytes(random, random() % 3000));
    std::vector<Sha256Lane> lanes(count);
    std::vector<std::span<const std::byte>> rests(messages.begin(), messages.end());
    while (std::any_of(rests.begin(), rests.end(), [](const auto& rest) { return !rest.empty(); })) {
      std::vector<Sha256Lane::Feed> feeds;
      for (std::size_t i = 0; i < count; ++i) {
        if (count > 1 && random() % 8 == 0) continue;  // a lane may miss a turn
        const auto piece = rests[i].first(std::min<std::size_t>(rests[i].size(), random() % 700));
        feeds.push_back({&lanes[i], piece});
        rests[i] = rests[i].subspan(piece.size());
      }
      std::shuffle(feeds.begin(), feeds.end(), random);
      Sha256Lane::update_together(feeds);
    }
    for (std::size_t i = 0; i < count; ++i) REQUIRE(lanes[i].finish() == digest_of(Algorithm::Sha256, messages[i]));
  }
}

TEST_CASE("sha256_blocks: eight and sixteen at once agree with plain", "[digest][sha256_lane]") {
  const auto many = larder::digest::many_sha256();
  CHECK((many.eight == nullptr) == (many.sixteen == nullptr));
  if (many.eight == nullptr) return;
  std::mt19937 random(5);
  const auto bytes = random_bytes(random, 16 * 65 * 9);
  for (const auto& [compress, lanes] : {std::pair{many.eight, std::size_t{8}}, std::pair{many.sixteen, std::size_t{16}}}) {
    for (const std::size_t blocks : {0U, 1U, 2U, 9U}) {
      std::vector<larder::digest::Sha256State> states(lanes);
      std::vector<larder::digest::Sha256State*> places;
      std::vector<const std::byte*> messages;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        for (auto& word : states[lane]) word = static_cast<std::uint32_t>(random());
        places.push_back(&states[lane]);
        messages.push_back(bytes.data() + lane * (9 * 64 + 1));  // at any address
      }
      auto expected = states;
      for (std::size_t lane = 0; lane < lanes; ++lane) larder::digest::plain_sha256().one(expected[lane], messages[lane], blocks);
      compress(places.data(), messages.data(), blocks);
      CHECK(states == expected);
    }
  }
}

TEST_CASE("sha256_blocks: plain and native agree, and plain is right by itself", "[digest][sha256_lane]") {
  std::mt19937 random(3);
  const auto bytes = random_bytes(random, 64 * 33);
  const auto plain = larder::digest::plain_sha256();
  const auto native = larder::digest::native_sha256();
  for (std::size_t count = 0; count <= 16; ++count) {
    auto one = larder::digest::kSha256Start;
    auto a = one;
    auto b = one;
    plain.one(one, bytes.data(), count);
    plain.two(a, bytes.data(), b, bytes.data() + 64 * 17, count);
    CHECK(a == one);
    if (native.one == nullptr) continue;
    auto native_one = larder::digest::kSha256Start;
    auto native_a = native_one;
    auto native_b = native_one;
    native.one(native_one, bytes.data(), count);
    native.two(native_a, bytes.data(), native_b, bytes.data() + 64 * 17, count);
    CHECK(native_one == one);
    CHECK(native_a == a);
    CHECK(native_b == b);
  }
  // FIPS 180-4 example: the padded block of "abc".
  std::array<std::byte, 64> abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{0x80}};
  abc[63] = std::byte{24};
  auto state = larder::digest::kSha256Start;
  plain.one(state, abc.data(), 1);
  CHECK(state ==
        larder::digest::Sha256State{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad});
}

TEST_CASE("two_lanes_available: the same answer each time, and only with the instructions", "[digest][sha256_lane]") {
  const bool available = larder::digest::two_lanes_available();
  CHECK(larder::digest::two_lanes_available() == available);
  CHECK(available == (larder::digest::native_sha256().one != nullptr));
}

TEST_CASE("lanes_worth_feeding: one without SHA-NI, at least a pair with it, the same answer each time", "[digest][sha256_lane]") {
  for (const std::size_t messages : {0U, 1U, 2U, 5U, 8U, 11U, 1000U}) {
    CAPTURE(messages);
    const std::size_t lanes = larder::digest::lanes_worth_feeding(messages);
    CHECK(lanes >= (larder::digest::two_lanes_available() ? 2 : 1));
    CHECK(lanes <= (larder::digest::two_lanes_available() ? Sha256Lane::kMostTogether : 1));
    CHECK(lanes == larder::digest::lanes_worth_feeding(messages));
  }
}
