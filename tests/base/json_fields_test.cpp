#include "base/json_fields.hpp"

#include "support/catch.hpp"

using larder::ErrorCode;
using larder::Json;
using larder::JsonFields;
using larder::parse_json;

namespace {

void check_bad(const larder::Error& error, const std::string& pointer) {
  CHECK(error.code == ErrorCode::BadResponse);
  INFO(error.message);
  CHECK(error.message.find("'" + pointer + "'") != std::string::npos);
}

}  // namespace

TEST_CASE("JsonFields: reads each type", "[base][json_fields]") {
  const auto json =
      parse_json(R"({"t": "x", "n": 18446744073709551615, "i": -5, "d": 1.5, "b": true, "o": {"k": "v"}, "a": [1], "z": null})");
  REQUIRE(json);
  const auto fields = JsonFields::of(*json);
  REQUIRE(fields);
  CHECK(*fields->text("t") == "x");
  CHECK(*fields->count("n") == 18446744073709551615ULL);
  CHECK(*fields->integer("i") == -5);
  CHECK(*fields->number("d") == 1.5);
  CHECK(*fields->number("i") == -5.0);
  CHECK(*fields->flag("b"));
  CHECK(*fields->object("o")->text("k") == "v");
  CHECK((*fields->array("a"))->size() == 1);
  CHECK_FALSE(*fields->text_if("z"));
  CHECK_FALSE(*fields->text_if("missing"));
  CHECK_FALSE(*fields->count_if("missing"));
  CHECK_FALSE(*fields->flag_if("z"));
  CHECK_FALSE(*fields->object_if("z"));
  CHECK(*fields->array_if("z") == nullptr);
  CHECK(fields->value("z") == nullptr);
}

TEST_CASE("JsonFields: a wrong or missing field is named by its pointer", "[base][json_fields]") {
  const auto json = parse_json(R"({"o": {"t": 1, "n": -1, "f": 1.0, "s": "x", "a~/b": 2, "big": 18446744073709551615}})");
  const auto fields = JsonFields::of(*json)->object("o");
  REQUIRE(fields);
  check_bad(fields->text("t").error(), "/o/t");
  check_bad(fields->text("nope").error(), "/o/nope");
  check_bad(fields->count("n").error(), "/o/n");
  check_bad(fields->count("f").error(), "/o/f");
  check_bad(fields->integer("big").error(), "/o/big");
  check_bad(fields->flag("t").error(), "/o/t");
  check_bad(fields->object("s").error(), "/o/s");
  check_bad(fields->array("s").error(), "/o/s");
  check_bad(fields->array_if("s").error(), "/o/s");
  check_bad(fields->text_if("a~/b").error(), "/o/a~0~1b");
  CHECK(fields->text("nope").error().message.find("missing") != std::string::npos);
  CHECK_FALSE(JsonFields::of(Json::array()));
}

TEST_CASE("JsonFields: hostile keys are harmless in messages", "[base][json_fields]") {  // T3
  const auto pointer = larder::json_pointer_child("", "\x1b[31m\n");
  CHECK(pointer == "/\\x1b[31m\\n");
  CHECK(larder::json_pointer_child("", std::string(100000, 'k')).size() < 300);
}

TEST_CASE("json_text: bytes that are not UTF-8 throw nothing", "[base][json_fields]") {
  CHECK(larder::json_text(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
}
