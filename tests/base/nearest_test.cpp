#include "base/nearest.hpp"

#include "support/catch.hpp"

using namespace larder;

TEST_CASE("nearest: distance counts slips of the pen", "[base][nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("jobs", "jbos") == 1);
  CHECK(edit_distance("jobs", "job") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("nearest: only a slip has a neighbour", "[base][nearest]") {
  const std::vector<std::string_view> known{"--include", "--exclude", "--jobs"};
  CHECK(nearest("--inclde", known) == "--include");
  CHECK(nearest("--exlcude", known) == "--exclude");
  CHECK(nearest("--jbos", known) == "--jobs");
  CHECK(nearest("--token", known).empty());
  CHECK(nearest("x", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest(std::string(1000, 'x'), known).empty());
}

TEST_CASE("nearest: the beginning of one word only stands for it", "[base][nearest]") {
  const std::vector<std::string_view> known{"--dry-run", "--no-pickle", "--no-fsync", "completion", "--local-dir"};
  CHECK(nearest("--dry", known) == "--dry-run");
  CHECK(nearest("--local", known) == "--local-dir");
  CHECK(nearest("comp", known) == "completion");
  CHECK(nearest("--no", known).empty());
  CHECK(nearest("--no-", known).empty());  // of two
  CHECK(nearest("--d", known).empty());
  CHECK(nearest("--", known).empty());
}
