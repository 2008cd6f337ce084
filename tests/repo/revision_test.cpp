#include <larder/repo/revision.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

namespace {
const std::string kCommit(40, 'a');
}

TEST_CASE("CommitId: exactly 40 lower-case hex digits", "[repo][revision]") {  // R-107, T15
  CHECK(CommitId::parse(kCommit)->hex() == kCommit);
  for (const std::string& text : {std::string(), std::string(39, 'a'), std::string(41, 'a'), std::string(40, 'A'), std::string(40, 'g'),
                                  kCommit.substr(1) + "\n", kCommit + "\n", std::string(64, 'a')}) {
    INFO(text);
    CHECK_FALSE(CommitId::parse(text));
  }
}

TEST_CASE("Revision: names that git can have", "[repo][revision]") {  // T16
  for (const std::string& text :
       {std::string("main"), std::string("v1.0"), std::string("feature/x"), std::string("refs/pr/1"), std::string("refs/convert/parquet"),
        kCommit, std::string("a@b"), std::string("@x"), std::string("é"), std::string("100%"), std::string("a#b"), std::string("x.locked"),
        std::string("lock"), std::string("a-"), std::string("a/-b"), std::string("{x}"), std::string("a./b"), std::string(255, 'x')}) {
    INFO(text);
    const auto parsed = Revision::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->text() == text);
  }
}

TEST_CASE("Revision: names that no ref can have, or that would leave refs/", "[repo][revision]") {  // T16, R-110
  for (const std::string& text :
       {std::string(),           std::string("../x"),  std::string("refs/../../x"), std::string("a/.."),   std::string(".."),
        std::string("."),        std::string("a/./b"), std::string(".hidden"),      std::string("a/.b"),   std::string("main.lock"),
        std::string("a.lock/b"), std::string("/main"), std::string("main/"),        std::string("a//b"),   std::string("-x"),
        std::string("a b"),      std::string("a~1"),   std::string("a^"),           std::string("a:b"),    std::string("a?"),
        std::string("a*"),       std::string("a["),    std::string("a\\b"),         std::string("a@{1}"),  std::string("@"),
        std::string("a."),       std::string("a..b"),  std::string("a\nb"),         std::string("a\x7f"),  std::string("a\0b", 3),
        std::string("\x1b[31m"), std::string("\xff"),  std::string("\xed\xa0\x80"), std::string(256, 'x'), "a/" + std::string(256, 'x')}) {
    INFO(text);
    const auto parsed = Revision::parse(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::InvalidArgument);
  }
}

TEST_CASE("Revision: what may be a short commit", "[repo][revision]") {  // R-107
  struct Row {
    std::string text;
    bool is_short;
  };
  for (const Row& row : {Row{"abcdef", false}, Row{"abcdef1", true}, Row{"ABCDEF1", true}, Row{std::string(39, 'a'), true},
                         Row{std::string(40, 'a'), false}, Row{"abcdefg", false}, Row{"main", false}}) {
    INFO(row.text);
    CHECK(Revision::parse(row.text)->may_be_short_commit() == row.is_short);
  }
  CHECK(Revision().text() == "main");
  CHECK(Revision::parse(kCommit)->commit()->hex() == kCommit);
  CHECK_FALSE(Revision::parse(std::string(40, 'A'))->commit());
}
