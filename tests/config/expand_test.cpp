#include "config/expand.hpp"

#include "support/catch.hpp"

using namespace larder::config;

TEST_CASE("expand: a leading tilde is the home folder", "[config][expand]") {  // R-501
  CHECK(expand_home("~", "/home/u") == "/home/u");
  CHECK(expand_home("~/x", "/home/u") == "/home/u/x");
  CHECK(expand_home("~other/x", "/home/u") == "~other/x");
  CHECK(expand_home("a/~", "/home/u") == "a/~");
  CHECK(expand_home("~/x", "") == "~/x");
}

TEST_CASE("expand: variables are expanded once, unset ones stay", "[config][expand]") {  // R-501
  const Variables environment{{"A", "1"}, {"B_2", "$A"}, {"EMPTY", ""}};
  CHECK(expand_variables("/$A/${A}x$A", environment) == "/1/1x1");
  CHECK(expand_variables("$B_2", environment) == "$A");
  CHECK(expand_variables("$NONE/${NONE}/$", environment) == "$NONE/${NONE}/$");
  CHECK(expand_variables("x${EMPTY}y", environment) == "xy");
  CHECK(expand_variables("${A", environment) == "${A");
  CHECK(expand_variables("$A-$AB", environment) == "1-$AB");
}

TEST_CASE("expand: absolute paths lose empty parts and dots, never dot-dots", "[config][expand]") {
  CHECK(make_absolute("x/./y/", "/w") == "/w/x/y");
  CHECK(make_absolute("/a//b/", "/w") == "/a/b");
  CHECK(make_absolute(".", "/w") == "/w");
  CHECK(make_absolute("../x", "/w") == "/w/../x");
  CHECK(make_absolute("/", "/w") == "/");
}
