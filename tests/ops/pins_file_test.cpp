#include "ops/pins_file.hpp"

#include "support/catch.hpp"

#include <string>

using namespace larder;

namespace {

const std::string kOne(40, '1');
const std::string kTwo(40, '2');

}  // namespace

TEST_CASE("parse_pins: references with full commits, blanks and comments", "[ops][pins_file]") {
  const auto pins =
      ops::parse_pins("# models we serve\n\norg/m@" + kOne + "\r\n  hf://datasets/org/d@" + kTwo + "  # by hand\ngpt2@" + kOne, "pins", {});
  REQUIRE(pins);
  REQUIRE(pins->size() == 3);
  CHECK(pins->contains({repo::RepoId::make(repo::RepoType::Model, "org/m").value(), kOne}));
  CHECK(pins->contains({repo::RepoId::make(repo::RepoType::Dataset, "org/d").value(), kTwo}));
  CHECK(pins->contains({repo::RepoId::make(repo::RepoType::Model, "gpt2").value(), kOne}));
  CHECK(ops::parse_pins("", "pins", {})->empty());
}

TEST_CASE("parse_pins: a line that is no pin is refused, with its number", "[ops][pins_file]") {
  for (const std::string& line : {std::string("org/m"), std::string("org/m@main"), "org/m@" + kOne.substr(1), "org/m@" + kOne + "/file",
                                  std::string("not a reference"), "../x@" + kOne}) {
    CAPTURE(line);
    const auto pins = ops::parse_pins("# first\n" + line + "\n", "my pins", {});
    REQUIRE_FALSE(pins);
    CHECK(pins.error().code == ErrorCode::InvalidArgument);
    CHECK(pins.error().message.starts_with("my pins:2: "));
  }
}

TEST_CASE("parse_pins: a larder.lock", "[ops][pins_file]") {
  const std::string lock =
      "# Written by larder. Do not edit; run `larder lock`.\nversion = 1\n\n[[snapshot]]\ntype = \"model\"\nrepo = \"acme/tiny\"\n"
      "requested = \"main\"\ncommit = \"" +
      kOne +
      "\"\nfiles = [\n  { path = \"config.json\", size = 7 },\n]\n\n[[snapshot]]\ntype = \"dataset\"\nrepo = \"acme/d\"\ncommit = \"" +
      kTwo + "\"\n";
  const auto pins = ops::parse_pins(lock, "larder.lock", {});
  REQUIRE(pins);
  REQUIRE(pins->size() == 2);
  CHECK(pins->contains({repo::RepoId::make(repo::RepoType::Dataset, "acme/d").value(), kTwo}));
  CHECK_FALSE(ops::parse_pins("[[snapshot]]\nrepo = \"acme/d\"\ncommit = \"main\"\n", "larder.lock", {}));
}
