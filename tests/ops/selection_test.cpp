#include "ops/selection.hpp"

#include "ops/chosen_names.hpp"
#include "support/catch.hpp"

using namespace larder;
using ops::PullOptions;

namespace {

repo::Tree tree_of(const std::vector<std::string>& paths) {
  repo::TreeBuilder builder;
  std::uint8_t number = 1;
  for (const auto& path : paths) {
    repo::FileEntry entry;
    entry.path = path;
    entry.size = 10;
    entry.git_oid.fill(number++);
    REQUIRE(builder.add(entry));
  }
  auto tree = builder.finish();
  REQUIRE(tree);
  return std::move(*tree);
}

PullOptions options_for(std::vector<std::string> files) {
  PullOptions options;
  options.files = std::move(files);
  return options;
}

std::vector<std::string> chosen_paths(const repo::Tree& tree, const ops::Selection& selection) {
  std::vector<std::string> paths;
  for (const auto index : selection.chosen) paths.emplace_back(tree.at(index).path);
  return paths;
}

}  // namespace

TEST_CASE("Selection: a FILE names a file or a folder, never a glob", "[ops][selection]") {
  const auto tree = tree_of({"a.txt", "a/b.txt.d", "data.json", "dir/x.json", "dir/sub/y.json", "dirt.json", "*.json"});
  struct Row {
    std::vector<std::string> files;
    std::vector<std::string> expected;
    bool single;
  };
  const std::vector<Row> rows = {
      {{"data.json"}, {"data.json"}, true},
      {{"dir"}, {"dir/sub/y.json", "dir/x.json"}, false},
      {{"dir/"}, {"dir/sub/y.json", "dir/x.json"}, false},
      {{"*.json"}, {"*.json"}, true},  // literal: there is such a file
      {{"dir/x.json", "data.json"}, {"data.json", "dir/x.json"}, false},
      {{"data.json", "data.json"}, {"data.json"}, false},
  };
  for (const auto& row : rows) {
    const auto selection = ops::select_files(tree, options_for(row.files));
    REQUIRE(selection);
    CHECK(chosen_paths(tree, *selection) == row.expected);
    CHECK(selection->is_single_file == row.single);
  }
}

TEST_CASE("Selection: every FILE that the commit lacks is named, exit 3", "[ops][selection]") {
  const auto tree = tree_of({"a.txt", "dir/x.json"});
  const auto options = options_for({"a.txt", "b.txt", "di", "a.txt/", "x\x1b[31m"});
  const auto selection = ops::select_files(tree, options);
  REQUIRE_FALSE(selection);
  CHECK(selection.error().code == ErrorCode::EntryNotFound);
  for (const auto* name : {"b.txt", "di", "a.txt/"}) CHECK(selection.error().message.find(name) != std::string::npos);
  CHECK(selection.error().message.find('\x1b') == std::string::npos);  // T3
  CHECK(ops::missing_files(tree, options).size() == 4);
}

TEST_CASE("Selection: a FILE that looks like a glob is told of --include", "[ops][selection]") {  // for hf it is one
  const auto tree = tree_of({"a.txt", "b[1].txt"});
  CHECK(ops::select_files(tree, options_for({"b[1].txt"})));
  const auto glob = ops::select_files(tree, options_for({"*.txt"}));
  REQUIRE_FALSE(glob);
  CHECK(glob.error().hint.find("--include") != std::string::npos);
  const auto plain = ops::select_files(tree, options_for({"c.txt"}));
  REQUIRE_FALSE(plain);
  CHECK(plain.error().hint.find("--include") == std::string::npos);
}

TEST_CASE("Selection: a filter that matches nothing is a warning", "[ops][selection]") {
  const auto tree = tree_of({"a.txt"});
  PullOptions options;
  options.include = std::vector<std::string>{"zzz*"};
  const auto selection = ops::select_files(tree, options);
  REQUIRE(selection);
  CHECK(selection->chosen.empty());
  CHECK(selection->warnings.size() == 1);
}

TEST_CASE("Selection: --no-pickle judges what is left after --prefer and the filters", "[ops][selection]") {  // T19
  const auto tree = tree_of({"model.safetensors", "pytorch_model.bin", "x/optimizer.pt"});
  PullOptions options;
  options.no_pickle = true;
  const auto refused = ops::select_files(tree, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::RefusedByPolicy);
  CHECK(refused.error().message.find("pytorch_model.bin") != std::string::npos);
  CHECK(refused.error().message.find("x/optimizer.pt") != std::string::npos);

  options.preference = repo::Preference::Safetensors;
  options.exclude = {"x/*"};
  const auto allowed = ops::select_files(tree, options);
  REQUIRE(allowed);
  CHECK(chosen_paths(tree, *allowed) == std::vector<std::string>{"model.safetensors"});
  CHECK(allowed->left_out.size() == 1);
}

TEST_CASE("Selection: all bad names are said at once, and only the chosen ones are judged", "[ops][selection]") {
  const auto tree = tree_of({"../evil", "good.txt", "sub/.git/config"});  // T1, T5
  const std::vector<std::uint32_t> all = {0, 1, 2};
  const auto judged = ops::judge_names(tree, all, repo::NamePlace::Cache, {4000, 255});
  REQUIRE_FALSE(judged);
  CHECK(judged.error().code == ErrorCode::UnsafePath);
  CHECK(judged.error().message.find("../evil") != std::string::npos);
  CHECK(judged.error().message.find(".git") != std::string::npos);
  CHECK(ops::judge_names(tree, {1}, repo::NamePlace::Cache, {4000, 255}));
  CHECK_FALSE(ops::judge_names(tree, {1}, repo::NamePlace::Cache, {4, 255}));  // T7: too long for the destination
}

TEST_CASE("Selection: a part may be as long as the file system of the destination takes it", "[ops][selection]") {  // T7
  const std::string name(143, 'n');
  const auto tree = tree_of({"folder/" + name, name + "/file"});
  const auto judge = [&tree](std::uint32_t index, repo::NamePlace place, std::size_t part) {
    return ops::judge_names(tree, {index}, place, {4000, part}).has_value();
  };
  for (const std::uint32_t index : {0U, 1U}) {
    CHECK(judge(index, repo::NamePlace::Cache, 143));
    CHECK_FALSE(judge(index, repo::NamePlace::Cache, 142));
  }
  CHECK(judge(0, repo::NamePlace::LocalFolder, 143 + 9));  // its ".metadata", R-601
  CHECK_FALSE(judge(0, repo::NamePlace::LocalFolder, 143 + 8));
  CHECK(judge(1, repo::NamePlace::LocalFolder, 143));
  CHECK_FALSE(ops::judge_length("models--org--" + name, {4000, 155}));
  CHECK(ops::judge_length("refs/pr/1", {4000, 4}));
}
