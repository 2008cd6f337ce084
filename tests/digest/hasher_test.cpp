#include "digest/hasher.hpp"

#include "digest/evp_hasher.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>

using larder::digest::Algorithm;
using larder::digest::digest_of;
using larder::digest::make_hasher;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string mebibyte() {
  std::string all;
  for (int i = 0; i < 4096 * 256; ++i) all.push_back(static_cast<char>(i % 256));
  return all;
}

}  // namespace

TEST_CASE("hasher: the vectors of the Hub's file kinds", "[digest][hasher]") {  // T-47…T-50
  CHECK(digest_of(Algorithm::GitSha1, {}).hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  CHECK(digest_of(Algorithm::GitSha1, bytes_of("Hello, World!")).hex() == "b45ef6fec89518d314f546fd6c3025367b721684");
  CHECK(digest_of(Algorithm::GitSha1, bytes_of("{\"a\": 1}\n")).hex() == "cb5b2f69babc53f9145b45ad20b9a075d48717ef");
  CHECK(digest_of(Algorithm::Sha256, bytes_of(mebibyte())).hex() == "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83");
  CHECK(digest_of(Algorithm::Sha256, {}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("hasher: pieces of any size give the same digest", "[digest][hasher]") {
  std::mt19937 random(11);
  const auto text = mebibyte();
  for (const auto algorithm : {Algorithm::Sha256, Algorithm::GitSha1}) {
    const auto whole = digest_of(algorithm, bytes_of(text));
    for (int round = 0; round < 5; ++round) {
      const auto hasher = make_hasher(algorithm, text.size());
      for (std::string_view rest = text; !rest.empty();) {
        const auto piece = rest.substr(0, random() % 70'000);
        hasher->update(bytes_of(piece));
        rest.remove_prefix(piece.size());
      }
      CHECK(hasher->finish() == whole);
    }
  }
}

TEST_CASE("hasher: git's digest depends on the size it was promised", "[digest][hasher]") {
  const auto hasher = make_hasher(Algorithm::GitSha1, 1);
  CHECK_FALSE(hasher->finish() == digest_of(Algorithm::GitSha1, {}));
}
