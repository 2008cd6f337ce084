#include "cli/render_text.hpp"

#include "cli/app.hpp"
#include "cli/captured.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::cli;

TEST_CASE("text: columns line up", "[cli][render_text]") {
  Captured file;
  Output out(file.fd());
  TextTable table({TextTable::Align::Left, TextTable::Align::Right, TextTable::Align::Left});
  table.add({"caf\xc3\xa9", "1", "x"});
  table.add({"a", "1000", "longer"});
  table.print(out);
  REQUIRE(out.finish());
  CHECK(file.text() == "caf\xc3\xa9     1  x\na     1000  longer\n");
}

TEST_CASE("text: the command that resumes can be pasted into a shell", "[cli][app]") {
  CHECK(command_line({"pull", "org/name@v1.0", "--include", "*.json"}) == "larder pull org/name@v1.0 --include '*.json'");
  CHECK(command_line({"pull", "it's", ""}) == "larder pull 'it'\\''s' ''");
  CHECK(command_line({"pull", "a b", "$HOME", "~x"}) == "larder pull 'a b' '$HOME' '~x'");
}
