#include "config/file.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::config;

TEST_CASE("file: keys come with their values and lines", "[config][file]") {
  const auto values = parse_file("jobs = 4\n\noffline = true\nmirror = [\"https://a.example\"]\nlimit_rate = \"50M\"\n", "f");
  REQUIRE(values);
  REQUIRE(values->size() == 4);
  CHECK((*values)[0].key == "jobs");
  CHECK((*values)[0].line == 1);
  CHECK((*values)[0].value == Value(std::int64_t{4}));
  CHECK((*values)[1].line == 3);
  CHECK((*values)[1].value == Value(true));
  CHECK((*values)[2].value == Value(std::vector<std::string>{"https://a.example"}));
  CHECK((*values)[3].value == Value(std::string("50M")));
}

TEST_CASE("file: kinds that no setting has are told apart", "[config][file]") {
  for (const char* text : {"jobs = 1.5", "jobs = 1979-05-27", "jobs = {a = 1}", "jobs = [1, 2]", "[jobs]\na = 1"}) {
    const auto values = parse_file(text, "f");
    REQUIRE(values);
    CHECK_FALSE(values->front().value.has_value());
  }
}

TEST_CASE("file: model and remote are allowed in their shape only", "[config][file]") {
  const auto good = parse_file("jobs = 1\n[[model]]\nrepo = \"a/b\"\n[[model]]\nrepo = \"c/d\"\n[remote.site]\nurl = \"s3://x\"\n", "f");
  REQUIRE(good);
  CHECK(good->size() == 1);
  for (const char* text : {"model = 1", "[model]\nrepo = \"a/b\"", "remote = 1", "[remote]\nurl = 1", "[[remote]]\nurl = 1"}) {
    const auto bad = parse_file(text, "f");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::InvalidConfig);
    CHECK(bad.error().text().substr(0, 4) == "f:1:");
  }
}

TEST_CASE("file: a syntax error names file and line", "[config][file]") {
  const auto bad = parse_file("jobs = 1\njobs == 2\n", "dir/larder.toml");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == ErrorCode::InvalidConfig);
  CHECK(bad.error().text().substr(0, 18) == "dir/larder.toml:2:");
}

TEST_CASE("file: what the library only asserts against is refused with its line", "[config][file]") {
  for (const char* text : {"[[[", "[[[a]]]", "[=]", "[ #", "[.a]", "[[\n", "a = [}", "a = [1, }]", "[\x80", "\u00e9 = 1", "a = 1 \u0319",
                           "\u0436", "a = 1\"\u00e9\"", "a=+[='\u00e9'", "a = [1,\u00a0 2]", "a = \"x\"\u00e9", "a = '\\'\u00e9",
                           "a = \"\"\"\"\"\"\u00e9", "\"\\\"\"\u00e9"}) {
    CAPTURE(text);
    const auto bad = parse_file(std::string("jobs = 1\n\n") + text + "\nretries = 1\n", "f");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::InvalidConfig);
    CHECK(bad.error().text().substr(0, 4) == "f:3:");
  }
}

TEST_CASE("file: tables nested too deep to walk are refused with their line", "[config][file]") {
  const auto dotted = [](int parts) {
    std::string key = "a";
    while (--parts > 0) key += ".a";
    return key;
  };
  CHECK(parse_file("[" + dotted(257) + "]\n", "f"));
  const auto long_key = dotted(100'000);
  std::string nested;
  for (int level = 0; level < 300; ++level) nested += "{" + dotted(200) + " = [\n";
  for (const auto& text : {long_key + " = 1", "[" + long_key + "]", "[[" + long_key + "]]", "a = " + nested}) {
    const auto bad = parse_file("jobs = 1\n" + text + "\n", "f");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::InvalidConfig);
    CHECK(bad.error().text().substr(0, 2) == "f:");
  }
}

TEST_CASE("file: strings and comments may hold any letters", "[config][file]") {
  for (const char* text : {"# \u00e9", "\"\u00e9\" = 1", "a = '\u0436'", "a = \"\"\"x \\\n  \u00e9\"\"\"",
                           "\xEF\xBB\xBF"
                           "a = '\u3042'"}) {
    CAPTURE(text);
    CHECK(parse_file(text, "f"));
  }
}
