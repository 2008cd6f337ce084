#include <larder/repo/name_collision.hpp>

#include "support/catch.hpp"

using namespace larder::repo;

namespace {

using Pairs = std::vector<NameCollision>;

Pairs collisions(const std::vector<std::string_view>& names, NameFolding folding) { return find_collisions(names, folding); }

}  // namespace

TEST_CASE("find_collisions: each folding sees its own pairs", "[repo][name_collision]") {  // T8
  const std::vector<std::string_view> names = {"README.md", "Readme.md", "\u00e9.txt", "e\u0301.txt", "\u00c9.txt", "other"};
  CHECK(collisions(names, NameFolding::None).empty());
  CHECK(collisions(names, NameFolding::Case) == Pairs{{0, 1}, {2, 4}});
  CHECK(collisions(names, NameFolding::Normalisation) == Pairs{{2, 3}});
  CHECK(collisions(names, NameFolding::CaseAndNormalisation) == Pairs{{0, 1}, {2, 3}, {2, 4}});
}

TEST_CASE("find_collisions: the whole path counts", "[repo][name_collision]") {
  CHECK(collisions({"A/x", "a/x"}, NameFolding::Case) == Pairs{{0, 1}});
  CHECK(collisions({"A/x", "a/y"}, NameFolding::Case).empty());
  CHECK(collisions({"A", "b/a"}, NameFolding::Case).empty());
}

TEST_CASE("find_collisions: a file that becomes the folder of another", "[repo][name_collision]") {
  CHECK(collisions({"Data", "data/x"}, NameFolding::Case) == Pairs{{0, 1}});
  CHECK(collisions({"d/Sub/x", "d/e", "D/sub"}, NameFolding::Case) == Pairs{{0, 2}});
  CHECK(collisions({"Data", "data/x"}, NameFolding::Normalisation).empty());
}

TEST_CASE("find_collisions: Unicode case folding is full", "[repo][name_collision]") {
  CHECK(collisions({"stra\u00dfe", "STRASSE"}, NameFolding::Case) == Pairs{{0, 1}});
  CHECK(collisions({"\u03a3", "\u03c3", "\u03c2"}, NameFolding::Case) == Pairs{{0, 1}, {0, 2}});
  CHECK(collisions({"K", "\u212a"}, NameFolding::Case) == Pairs{{0, 1}});
}

TEST_CASE("find_collisions: many names, few collisions, each told once", "[repo][name_collision]") {
  std::vector<std::string> storage;
  for (int i = 0; i < 20000; ++i) storage.push_back("folder" + std::to_string(i % 100) + "/file" + std::to_string(i));
  storage.push_back("FOLDER7/FILE7");
  storage.push_back("Folder7/File7");
  const std::vector<std::string_view> names(storage.begin(), storage.end());
  CHECK(collisions(names, NameFolding::CaseAndNormalisation) == Pairs{{7, 20000}, {7, 20001}});
}

TEST_CASE("find_collisions: text that is not UTF-8 is compared as it is", "[repo][name_collision]") {
  CHECK(collisions({"\xff", "\xff"}, NameFolding::Case) == Pairs{{0, 1}});
  CHECK(collisions({"\xff", "\xfe"}, NameFolding::CaseAndNormalisation).empty());
}
