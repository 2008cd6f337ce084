#include <larder/repo/path_filter.hpp>

#include "support/catch.hpp"

#include <algorithm>

using namespace larder::repo;

namespace {

using Patterns = std::vector<std::string>;
using Kept = std::vector<int>;

// The items of the vectors' table, from 1.
const std::vector<std::string> kItems = {"config.json",
                                         "README.md",
                                         "readme.MD",
                                         "model.safetensors",
                                         "model-00001-of-00002.safetensors",
                                         "data/train.json",
                                         "data/sub/deep/x.json",
                                         "data",
                                         "data.json",
                                         ".gitattributes",
                                         ".hidden/a.txt",
                                         "a[1].txt",
                                         "a1.txt",
                                         "onnx/model.onnx",
                                         "sub dir/a#b.txt",
                                         "\u00e9.txt",
                                         "e\u0301.txt",
                                         "back\\slash.txt",
                                         "x.JSON",
                                         "a-b.txt",
                                         "a^b.txt",
                                         "[x].txt",
                                         "line\nbreak.txt"};

Kept all_except(const Kept& left_out) {
  Kept kept;
  for (int i = 1; i <= static_cast<int>(kItems.size()); ++i) {
    if (std::find(left_out.begin(), left_out.end(), i) == left_out.end()) kept.push_back(i);
  }
  return kept;
}

Kept kept_by(const std::optional<Patterns>& include, const Patterns& exclude) {
  const PathFilter filter(include, exclude);
  Kept kept;
  for (int i = 1; i <= static_cast<int>(kItems.size()); ++i) {
    if (filter.keeps(kItems[static_cast<std::size_t>(i - 1)])) kept.push_back(i);
  }
  return kept;
}

struct Vector {
  const char* id;
  std::optional<Patterns> include;
  Patterns exclude;
  Kept kept;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> kVectors = {
      {"F-1", Patterns{"*.json"}, {}, {1, 6, 7, 9}},
      {"F-2", Patterns{"*.JSON"}, {}, {19}},
      {"F-3", Patterns{"data/*.json"}, {}, {6, 7}},
      {"F-4", Patterns{"data/"}, {}, {6, 7}},
      {"F-5", Patterns{"data"}, {}, {8}},
      {"F-6", Patterns{"data/*"}, {}, {6, 7}},
      {"F-7", Patterns{"data/**"}, {}, {6, 7}},
      {"F-8", Patterns{"**/*.json"}, {}, {6, 7}},
      {"F-9", Patterns{"*/*.json"}, {}, {6, 7}},
      {"F-10", Patterns{"*/"}, {}, {6, 7, 11, 14, 15, 18}},
      {"F-11", Patterns{"data/*/"}, {}, {7}},
      {"F-12", Patterns{"DATA/*"}, {}, {}},
      {"F-13", Patterns{"/config.json"}, {}, {}},
      {"F-14", Patterns{"./config.json"}, {}, {}},
      {"F-15", Patterns{"*"}, {}, all_except({})},
      {"F-16", Patterns{"?onfig.json"}, {}, {1}},
      {"F-17", Patterns{"data?train.json"}, {}, {6}},
      {"F-18", Patterns{"a[1].txt"}, {}, {13}},
      {"F-19", Patterns{"a[[]1].txt"}, {}, {12}},
      {"F-20", Patterns{"[!a-z]*"}, {}, {2, 10, 11, 16, 22}},
      {"F-21", Patterns{"[^a-z]*"}, {}, all_except({2, 10, 11, 16, 22})},
      {"F-22", Patterns{"a[^]b.txt"}, {}, {21}},
      {"F-23", Patterns{"[]x].txt"}, {}, {}},
      {"F-24", Patterns{"[[]x[]].txt"}, {}, {22}},
      {"F-25", Patterns{"[z-a]1.txt"}, {}, {}},
      {"F-26", Patterns{"a[!z-a]b.txt"}, {}, {20, 21}},
      {"F-27", Patterns{"a[-]b.txt"}, {}, {20}},
      {"F-28", Patterns{"a[b"}, {}, {}},
      {"F-29", Patterns{"*.{json,md}"}, {}, {}},
      {"F-30", Patterns{"data\\train.json"}, {}, {6}},
      {"F-31", Patterns{"back/slash.txt"}, {}, {18}},
      {"F-32", Patterns{"?.txt"}, {}, {16}},
      {"F-33", Patterns{"??.txt"}, {}, {13, 17}},
      {"F-34", Patterns{"line*break.txt"}, {}, {23}},
      {"F-35", Patterns{".*"}, {}, {10, 11}},
      {"F-36", Patterns{"README*"}, {}, {2}},
      {"F-37", Patterns{"[Rr][Ee][Aa][Dd]*"}, {}, {2, 3}},
      {"F-38",
       Patterns{"model-????"
                "?-of-?????.safetensors"},
       {},
       {5}},
      {"F-39", Patterns{""}, {}, {}},
      {"F-40", Patterns{"[]"}, {}, {}},
      {"F-41", Patterns{"*.md", "*.json"}, {"data/*"}, {1, 2, 9}},
      {"F-42", Patterns{"*.safetensors"}, {"model-*"}, {4}},
      {"F-43", Patterns{"*.json"}, {"*.json"}, {}},
      {"F-44", std::nullopt, {"*.json", "*.safetensors"}, all_except({1, 4, 5, 6, 7, 9})},
      {"F-45", std::nullopt, {"[]"}, all_except({})},
      {"F-46", std::nullopt, {""}, all_except({})},
      {"F-47", std::nullopt, {"*"}, {}},
      {"F-48", std::nullopt, {}, all_except({})},
  };
  return kVectors;
}

}  // namespace

TEST_CASE("PathFilter: the vectors of the real client", "[repo][path_filter]") {  // F-1…F-48, R-701, R-704…R-706
  CHECK(vectors().size() == 48);
  for (const Vector& vector : vectors()) {
    INFO(vector.id);
    CHECK(kept_by(vector.include, vector.exclude) == vector.kept);
  }
}

TEST_CASE("PathFilter: no list keeps all, an empty list nothing", "[repo][path_filter]") {
  CHECK(kept_by(std::nullopt, {}).size() == kItems.size());
  CHECK(kept_by(Patterns{}, {}).empty());
  CHECK(PathFilter().is_trivial());
  CHECK(PathFilter(std::nullopt, {}).is_trivial());
  CHECK_FALSE(PathFilter(Patterns{}, {}).is_trivial());
  CHECK_FALSE(PathFilter(std::nullopt, {"x"}).is_trivial());
}

TEST_CASE("PathFilter: the order of patterns does not matter, exclusion wins", "[repo][path_filter]") {
  CHECK(kept_by(Patterns{"*.md", "*.json", "*.md"}, {"x*", "data/*"}) == kept_by(Patterns{"*.json", "*.md"}, {"data/*", "x*", "data/*"}));
  CHECK(kept_by(Patterns{"*"}, {"data\\"}) == all_except({6, 7}));
}
