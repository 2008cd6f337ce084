#include "cli/json_writer.hpp"

#include "cli/captured.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <vector>

using namespace larder::cli;

TEST_CASE("json: valid text is exact, wrong bytes are replaced", "[cli][json_writer]") {  // T3
  struct Case {
    std::string text;
    std::string json;
  };
  const std::vector<Case> cases{
      {"", R"("")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"tab\tnl\ncr\r", R"("tab\tnl\ncr\u000d")"},
      {std::string("nul\0", 4), R"("nul\u0000")"},
      {"\x1b[31m\x7f", R"("\u001b[31m\u007f")"},
      {"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\xa6\x99", "\"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\xa6\x99\""},
      {"\xff", "\"\xef\xbf\xbd\""},
      {"a\xc3", "\"a\xef\xbf\xbd\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // a lone surrogate
      {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                  // an overlong slash
  };
  for (const auto& each : cases) {
    CHECK(json_text(each.text) == each.json);
    CHECK_NOTHROW(nlohmann::json::parse(json_text(each.text)));
  }
}

TEST_CASE("json: a document keeps its order and its commas", "[cli][json_writer]") {
  Captured file;
  Output out(file.fd());
  JsonWriter json(out);
  json.begin_object()
      .field("z", 1)
      .field("a", "text")
      .begin_array("list")
      .value(1)
      .value(true)
      .null()
      .begin_object()
      .end_object()
      .end_array();
  json.begin_object("empty")
      .end_object()
      .begin_array("none")
      .end_array()
      .field("seconds", 1.5)
      .field("big", UINT64_MAX)
      .end_object()
      .finish();
  REQUIRE(out.finish());
  CHECK(file.text() ==
        "{\"z\":1,\"a\":\"text\",\"list\":[1,true,null,{}],\"empty\":{},\"none\":[],\"seconds\":1.500,\"big\":18446744073709551615}\n");
}
