#include "base/text.hpp"

#include "support/catch.hpp"

using Parts = std::vector<std::string_view>;

TEST_CASE("text: trim takes blanks from both ends only", "[base][text]") {
  CHECK(larder::trim(" \t\r\n a b \v\f") == "a b");
  CHECK(larder::trim("").empty());
  CHECK(larder::trim(" \n ").empty());
  CHECK(larder::trim("\xc2\xa0x") == "\xc2\xa0x");
}

TEST_CASE("text: split keeps empty parts", "[base][text]") {
  CHECK(larder::split("", ',') == Parts{""});
  CHECK(larder::split("a,,b", ',') == Parts{"a", "", "b"});
  CHECK(larder::split(",a,", ',') == Parts{"", "a", ""});
}

TEST_CASE("text: comparing without case is for ASCII letters", "[base][text]") {
  CHECK(larder::equals_ignoring_case("Content-Range", "content-RANGE"));
  CHECK_FALSE(larder::equals_ignoring_case("a", "ab"));
  CHECK_FALSE(larder::equals_ignoring_case("@", "`"));  // they differ in the case bit only
  CHECK(larder::starts_with_ignoring_case("Bearer x", "bearer "));
  CHECK_FALSE(larder::starts_with_ignoring_case("Bea", "bearer"));
  CHECK(larder::to_lower("ÄBC-9") == "Äbc-9");
  CHECK(larder::find_ignoring_case("xxAbC", "aBc") == 2);
  CHECK(larder::find_ignoring_case("abcabc", "abc", 1) == 3);
  CHECK(larder::find_ignoring_case("abc", "d") == std::string_view::npos);
  CHECK(larder::find_ignoring_case("abc", "c", 9) == std::string_view::npos);
}

TEST_CASE("text: join", "[base][text]") {
  CHECK(larder::join({}, ", ").empty());
  CHECK(larder::join({"a"}, ", ") == "a");
  CHECK(larder::join({"a", "", "b"}, ", ") == "a, , b");
}

TEST_CASE("text: counted things", "[base][text]") {
  CHECK(larder::counted(0, "file") == "0 files");
  CHECK(larder::counted(1, "file") == "1 file");
  CHECK(larder::counted(2, "file") == "2 files");
  CHECK(larder::counted(1, "repository") == "1 repository");
  CHECK(larder::counted(5, "repository") == "5 repositories");
}
