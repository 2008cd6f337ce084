#include <larder/digest/digest.hpp>

#include "support/catch.hpp"

#include <vector>

using larder::ErrorCode;
using larder::digest::Algorithm;
using larder::digest::Digest;

TEST_CASE("Digest: hex goes there and back, upper case is lowered", "[digest][digest]") {  // T13
  const std::string sha256(64, 'a');
  CHECK(Digest::from_hex(sha256)->hex() == sha256);
  CHECK(Digest::from_hex(sha256)->algorithm() == Algorithm::Sha256);
  CHECK(Digest::from_hex(std::string(64, 'A'))->hex() == sha256);
  CHECK(Digest::from_hex(std::string(40, 'b'))->text() == "git-sha1:" + std::string(40, 'b'));
  CHECK(Digest::from_hex(sha256)->text() == "sha256:" + sha256);
  CHECK(Digest::from_hex(std::string(40, 'b'))->bytes().size() == 20);
}

TEST_CASE("Digest: any other shape is a bad response", "[digest][digest]") {
  for (const auto& text : {std::string(), std::string(39, 'a'), std::string(41, 'a'), std::string(63, 'a'), std::string(65, 'a'),
                           std::string(63, 'a') + "g", std::string(39, 'a') + "/", "../" + std::string(61, 'a'), std::string(64, ' ')}) {
    const auto parsed = Digest::from_hex(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::BadResponse);
  }
  CHECK_FALSE(Digest::from_hex(Algorithm::GitSha1, std::string(64, 'a')));
  CHECK_FALSE(Digest::from_hex(Algorithm::Sha256, std::string(40, 'a')));
}

TEST_CASE("Digest: equal only in kind and bytes", "[digest][digest]") {
  const std::vector<std::uint8_t> twenty(20, 0);
  CHECK_FALSE(Digest(Algorithm::GitSha1, twenty) == Digest());
  CHECK(Digest(Algorithm::Sha256, std::vector<std::uint8_t>(32, 0)) == Digest());
  CHECK(*Digest::from_hex(std::string(64, '1')) < *Digest::from_hex(std::string(64, '2')));
}
