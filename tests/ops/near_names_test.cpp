#include "ops/near_names.hpp"

#include "support/catch.hpp"

using namespace larder;

namespace {

repo::Tree tree_of(const std::vector<std::string>& paths) {
  repo::TreeBuilder builder;
  for (const auto& path : paths) {
    repo::FileEntry entry;
    entry.path = path;
    REQUIRE(builder.add(entry));
  }
  auto tree = builder.finish();
  REQUIRE(tree);
  return std::move(*tree);
}

}  // namespace

TEST_CASE("near_names: what a mistyped FILE may have meant", "[ops][near_names]") {
  using Names = std::vector<std::string>;
  const auto tree =
      tree_of({"README.md", "config.json", "onnx/model.onnx", "tokenizer.json", "unet/model.safetensors", "vae/model.safetensors"});
  struct Row {
    const char* typed;
    Names near;
  };
  for (const auto& row : std::vector<Row>{{"CONFIG.json", {"config.json"}},                                            // letter case
                                          {"Unet/Model.safetensors", {"unet/model.safetensors"}},                      //
                                          {"model.safetensors", {"unet/model.safetensors", "vae/model.safetensors"}},  // the folder
                                          {"text/readme.md", {"README.md"}},                                           //
                                          {"confg.json", {"config.json"}},                                             // the spelling
                                          {"onnx/modle.onnx", {"onnx/model.onnx"}},                                    //
                                          {"tokenizer", {"tokenizer.json"}},                                           // its end
                                          {"weights.bin", {}},                                                         //
                                          {"", {}}}) {
    INFO(row.typed);
    CHECK(ops::near_names(tree, row.typed) == row.near);
  }
}

TEST_CASE("near_names: of many at most three", "[ops][near_names]") {
  const auto tree = tree_of({"a/x", "b/x", "c/x", "d/x"});
  CHECK(ops::near_names(tree, "x").size() == 3);
}
