#include "store/local_dir.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <random>

using namespace larder;
using store::format_metadata;
using store::format_python_float;
using store::LocalDirLayout;
using store::parse_metadata;

TEST_CASE("local_dir: the paths are those of hf", "[store][local_dir]") {  // R-601
  const LocalDirLayout layout("/data/m");
  CHECK(layout.file("sub dir/a#b.txt") == "/data/m/sub dir/a#b.txt");
  CHECK(layout.metadata("sub dir/a#b.txt") == "/data/m/.cache/huggingface/download/sub dir/a#b.txt.metadata");
  CHECK(layout.lock("config.json") == "/data/m/.cache/huggingface/download/config.json.lock");
  CHECK(layout.tree(*repo::CommitId::parse(std::string(40, '1'))) ==
        "/data/m/.cache/huggingface/trees/1111111111111111111111111111111111111111.json");
  CHECK(layout.tmp() == "/data/m/.cache/huggingface/larder/tmp");
}

TEST_CASE("local_dir: a float is written as Python's repr does", "[store][local_dir]") {  // R-603
  struct Row {
    double number;
    const char* text;
  };
  const Row rows[] = {
      {1795379444.3076, "1795379444.3076"},
      {1795379444.0, "1795379444.0"},
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {100.0, "100.0"},
      {0.1, "0.1"},
      {1.0 / 3.0, "0.3333333333333333"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {0.000012345, "1.2345e-05"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {9999999999999998.0, "9999999999999998.0"},
      {1.5e300, "1.5e+300"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const auto& row : rows) CHECK(format_python_float(row.number) == row.text);
}

TEST_CASE("local_dir: metadata reads back to the last bit", "[store][local_dir]") {  // R-603
  std::mt19937_64 random(3);                                                         // NOLINT: a fixed seed repeats
  for (int round = 0; round < 2000; ++round) {
    const double time = static_cast<double>(random() >> 11U) * 0x1.0p-22;
    const store::LocalMetadata written{"c", "e", time};
    const auto read = parse_metadata(format_metadata(written));
    REQUIRE(read);
    CHECK(read->timestamp == time);
  }
}

TEST_CASE("local_dir: metadata is three lines", "[store][local_dir]") {  // R-603
  const std::string text = "1f0e9d8c7b6a594837261504f3e2d1c0b9a89786\ncb5b2f69babc53f9145b45ad20b9a075d48717ef\n1795379444.3076\n";
  const auto read = parse_metadata(text);
  REQUIRE(read);
  CHECK(read->commit == "1f0e9d8c7b6a594837261504f3e2d1c0b9a89786");
  CHECK(read->etag == "cb5b2f69babc53f9145b45ad20b9a075d48717ef");
  CHECK(format_metadata(*read) == text);

  struct Row {
    const char* text;
    bool is_valid;
  };
  const Row rows[] = {
      {" c \r\n\te\n 1.5 \nmore\n", true},
      {"c\ne\n1e3", true},
      {"c\ne\ninf\n", true},
      {"c\ne\nnan\n", true},
      {"c\ne\n+2\n", true},
      {"c\ne\n1e999\n", true},
      {"", false},
      {"c\n", false},
      {"c\ne\n", false},
      {"c\ne\n\n", false},
      {"c\ne\nyesterday\n", false},
      {"c\ne\n1,5\n", false},
      {"c\ne\n+-1\n", false},
      {"c\ne\n0x10\n", false},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(parse_metadata(row.text).has_value() == row.is_valid);
  }
}

TEST_CASE("local_dir: the folder knows at which commits it is", "[store][local_dir]") {  // R-602, R-610
  const test::TempDir temp;
  const auto disk = fs::make_real_disk();
  const LocalDirLayout layout(temp.path());
  const auto commit = [](char digit) { return *repo::CommitId::parse(std::string(40, digit)); };
  const auto list = [&](char digit, const std::string& path) {
    test::write_file(layout.tree(commit(digit)),
                     R"({"format_version": 1, "files": {")" + path + R"(": {"size": 1, "blob_id": ")" + std::string(40, 'a') + R"("}}})");
  };
  const auto know = [&](const std::string& path, char digit) {
    test::write_file(layout.metadata(path), format_metadata({commit(digit).hex(), std::string(40, 'a'), 1.0}));
  };
  CHECK(store::commits_of_folder(*disk, layout).value().empty());
  list('1', "a.txt");
  CHECK(store::commits_of_folder(*disk, layout).value().empty());  // a listing alone says nothing of the files
  know("a.txt", '1');
  CHECK(store::commits_of_folder(*disk, layout).value() == std::vector{commit('1')});
  list('2', "a.txt");
  know("a.txt", '2');  // updated
  CHECK(store::commits_of_folder(*disk, layout).value() == std::vector{commit('2')});
  list('3', "b/c.txt");
  know("b/c.txt", '3');  // a second repository
  CHECK(store::commits_of_folder(*disk, layout).value() == std::vector{commit('2'), commit('3')});
  CHECK(store::holds_commit(*disk, layout, commit('3')).value());
  CHECK_FALSE(store::holds_commit(*disk, layout, commit('1')).value());
}
