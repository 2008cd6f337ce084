#include "cli/text_table.hpp"

#include "cli/captured.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::cli;

TEST_CASE("text: columns line up", "[cli][text_table]") {
  Captured file;
  Output out(file.fd());
  TextTable table({TextTable::Align::Left, TextTable::Align::Right, TextTable::Align::Left});
  table.add({"caf\xc3\xa9", "1", "x"});
  table.add({"a", "1000", "longer"});
  table.print(out);
  REQUIRE(out.finish());
  CHECK(file.text() == "caf\xc3\xa9     1  x\na     1000  longer\n");
}

TEST_CASE("text: wide characters take two columns", "[cli][text_table]") {
  Captured file;
  Output out(file.fd());
  TextTable table({TextTable::Align::Left, TextTable::Align::Left});
  table.add({"\u65e5\u672c", "x"});
  table.add({"abcd", "y"});
  table.print(out);
  REQUIRE(out.finish());
  CHECK(file.text() == "\u65e5\u672c  x\nabcd  y\n");
}
