#include "store/run_name.hpp"

#include "support/catch.hpp"

using namespace larder;

TEST_CASE("is_run: eight lower-case hex digits", "[store][run_name]") {
  CHECK(store::is_run("0123abcd"));
  for (const char* text : {"", "0123abc", "0123abcde", "0123ABCD", "0123abcg", ".123abcd"}) CHECK_FALSE(store::is_run(text));
}

TEST_CASE("run_of: the last eight hex digits after a point", "[store][run_name]") {
  CHECK(store::run_of("abc.0123abcd") == "0123abcd");
  CHECK(store::run_of("a.b.0123abcd") == "0123abcd");
  CHECK(store::run_of("abc.0123ABCD").empty());
  CHECK(store::run_of("abc.0123abc").empty());
  CHECK(store::run_of(".0123abcd").empty());
  CHECK(store::run_of("0123abcd").empty());
}
