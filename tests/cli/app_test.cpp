#include "cli/app.hpp"

#include "support/catch.hpp"

using namespace larder::cli;

TEST_CASE("text: the command that resumes can be pasted into a shell", "[cli][app]") {
  CHECK(command_line({"pull", "org/name@v1.0", "--include", "*.json"}) == "larder pull org/name@v1.0 --include '*.json'");
  CHECK(command_line({"pull", "it's", ""}) == "larder pull 'it'\\''s' ''");
  CHECK(command_line({"pull", "a b", "$HOME", "~x"}) == "larder pull 'a b' '$HOME' '~x'");
}
