#include <larder/repo/weights.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

namespace {

Tree tree_of(const std::vector<std::string>& paths) {
  TreeBuilder builder;
  for (const std::string& path : paths) {
    FileEntry entry;
    entry.path = path;
    entry.size = 1;
    REQUIRE(builder.add(entry));
  }
  auto tree = builder.finish();
  REQUIRE(tree);
  return std::move(*tree);
}

// Paths that stay, in tree order.
std::vector<std::string> kept(const std::vector<std::string>& paths, Preference preference) {
  const Tree tree = tree_of(paths);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < tree.size(); ++i) chosen.push_back(i);
  const auto preferred = apply_preference(tree, chosen, preference);
  CHECK(preferred.chosen.size() + preferred.left_out.size() == paths.size());
  std::vector<std::string> stay;
  for (const auto index : preferred.chosen) stay.emplace_back(tree.at(index).path);
  return stay;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("--prefer: duplicates in the same folder are left out", "[repo][weights]") {
  const Paths all = {"config.json",       "flax_model.msgpack",           "model.safetensors", "model.safetensors.index.json",
                     "pytorch_model.bin", "pytorch_model.bin.index.json", "rust_model.ot",     "tf_model.h5",
                     "tokenizer.json"};
  CHECK(kept(all, Preference::Safetensors) == Paths{"config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer.json"});
  CHECK(kept(all, Preference::Any) == all);
}

TEST_CASE("--prefer: each folder is judged by itself", "[repo][weights]") {
  CHECK(kept({"a/model.safetensors", "a/pytorch_model.bin", "b/pytorch_model.bin"}, Preference::Safetensors) ==
        Paths{"a/model.safetensors", "b/pytorch_model.bin"});
}

TEST_CASE("--prefer: folders of another format count as their parent", "[repo][weights]") {
  CHECK(kept({"model.safetensors", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/config.json", "openvino/openvino_model.bin",
              "openvino/openvino_model.xml", "original/consolidated.00.pth", "other/model.onnx", "a/onnx/model.onnx"},
             Preference::Safetensors) == Paths{"a/onnx/model.onnx", "model.safetensors", "onnx/config.json", "other/model.onnx"});
  CHECK(kept({"model.safetensors", "onnx/model.onnx"}, Preference::Onnx) == Paths{"onnx/model.onnx"});
  CHECK(kept({"a/model.safetensors", "a/gguf/x.gguf", "x.bin"}, Preference::Gguf) == Paths{"a/gguf/x.gguf", "x.bin"});
}

TEST_CASE("--prefer: a Core ML package is one format, whatever is in it", "[repo][weights]") {
  CHECK(kept({"coreml/m.mlpackage/Data/weights/weight.bin", "coreml/m.mlpackage/Manifest.json", "m.safetensors", "x.mlmodel"},
             Preference::Safetensors) == Paths{"m.safetensors"});
}

TEST_CASE("--prefer: an index without its shards replaces nothing", "[repo][weights]") {
  CHECK(kept({"model.safetensors.index.json", "pytorch_model.bin"}, Preference::Safetensors) ==
        Paths{"model.safetensors.index.json", "pytorch_model.bin"});
}

TEST_CASE("--prefer: nowhere means nothing is left out, and it is said", "[repo][weights]") {
  const Tree tree = tree_of({"a.bin", "b.onnx"});
  const auto preferred = apply_preference(tree, {0, 1}, Preference::Gguf);
  CHECK_FALSE(preferred.format_found);
  CHECK(preferred.chosen == std::vector<std::uint32_t>{0, 1});
  CHECK(apply_preference(tree, {0, 1}, Preference::Any).format_found);
  const auto found = apply_preference(tree, {0, 1}, Preference::Onnx);
  REQUIRE(found.left_out.size() == 1);
  CHECK(found.left_out[0].index == 0);
  CHECK(reason(found.left_out[0]) == "pytorch weights, onnx is here");
}

TEST_CASE("--prefer: only chosen files decide", "[repo][weights]") {
  const Tree tree = tree_of({"a.bin", "b.safetensors"});
  CHECK(apply_preference(tree, {0}, Preference::Safetensors).chosen == std::vector<std::uint32_t>{0});
}

TEST_CASE("is_pickle: by name, in any case", "[repo][weights]") {  // T19
  for (const char* path : {"a.pkl", "a.pickle", "x/a.joblib", "a.dill", "a.pt", "a.pth", "a.ckpt", "a.mar", "a.pdparams",
                           "pytorch_model.bin", "a.BIN", "A.PT", "openvino/x.bin"}) {
    INFO(path);
    CHECK(is_pickle(path));
  }
  for (const char* path :
       {"a.safetensors", "openvino_model.bin", "x/openvino_model.bin", "a.py", "a.gguf", "pt", "a.pt.json", "bin/x", "a.pkl/x"}) {
    INFO(path);
    CHECK_FALSE(is_pickle(path));
  }
}

TEST_CASE("parse_preference: four words", "[repo][weights]") {
  CHECK(parse_preference("any") == Preference::Any);
  CHECK(parse_preference("safetensors") == Preference::Safetensors);
  CHECK(parse_preference("gguf") == Preference::Gguf);
  CHECK(parse_preference("onnx") == Preference::Onnx);
  CHECK(parse_preference("ONNX").error().code == ErrorCode::InvalidArgument);
}
