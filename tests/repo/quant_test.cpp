#include <larder/repo/quant.hpp>

#include "support/catch.hpp"

#include <chrono>

using namespace larder;
using namespace larder::repo;

namespace {

Tree tree_of(const std::vector<std::string>& paths) {
  TreeBuilder builder;
  for (const std::string& path : paths) {
    FileEntry entry;
    entry.path = path;
    entry.size = 4'100'000'000;
    REQUIRE(builder.add(entry));
  }
  auto tree = builder.finish();
  REQUIRE(tree);
  return std::move(*tree);
}

std::vector<std::string> chosen(const Tree& tree, std::string_view quant) {
  const auto indices = choose_quant(tree, quant);
  if (!indices) FAIL(indices.error().text());
  std::vector<std::string> paths;
  for (const auto index : *indices) paths.emplace_back(tree.at(index).path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("quant_label: the last label in the name, else in the folder", "[repo][quant]") {
  struct Row {
    const char* path;
    const char* label;
  };
  for (const Row& row : {
           Row{"model-Q4_K_M.gguf", "Q4_K_M"},
           Row{"model.Q4_K.gguf", "Q4_K"},
           Row{"Model_q8_0.gguf", "q8_0"},
           Row{"Q4_0.gguf", "Q4_0"},
           Row{"m-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"},
           Row{"m-IQ2_XXS.gguf", "IQ2_XXS"},
           Row{"m-IQ4_NL.gguf", "IQ4_NL"},
           Row{"m-IQ3_M.gguf", "IQ3_M"},
           Row{"m-Q4_0_4_8.gguf", "Q4_0_4_8"},
           Row{"m-TQ1_0.gguf", "TQ1_0"},
           Row{"m-BF16.gguf", "BF16"},
           Row{"m.f16.gguf", "f16"},
           Row{"m-FP16.gguf", "FP16"},
           Row{"m-F32.gguf", "F32"},
           Row{"m-FP32.gguf", "FP32"},
           Row{"m-MXFP4.gguf", "MXFP4"},
           Row{"m-MXFP4_MOE.gguf", "MXFP4_MOE"},
           Row{"m-Q6.gguf", "Q6"},
           Row{"m-Q8_0-F16.gguf", "F16"},
           Row{"F16/m-Q8_0.gguf", "Q8_0"},
           Row{"Q4_K_M/model-00001-of-00003.gguf", "Q4_K_M"},
           Row{"a/UD-Q2_K_XL/m.gguf", "UD-Q2_K_XL"},
           Row{"Q4_0/sub/m.gguf", ""},
           Row{"m-Q5_K_S-00002-of-00004.gguf", "Q5_K_S"},
           Row{"m-Q4_K_Mx.gguf", "Q4_K"},
           Row{"mQ4_K.gguf", ""},
           Row{"m-Q9_0.gguf", ""},
           Row{"m-Q4x.gguf", ""},
           Row{"m-Q44.gguf", ""},
           Row{"m.gguf", ""},
           Row{"m-Q4_0.bin", ""},
           Row{"mmproj-F16.gguf", ""},
           Row{"MMPROJ-model-f16.gguf", ""},
           Row{"imatrix-Q4_0.gguf", ""},
           Row{"Q4_0/mmproj.gguf", ""},
           Row{"m-Q4_0.GGUF", "Q4_0"},
           Row{"m-UD-F16.gguf", "UD-F16"},
           Row{"m-Q4_K_M_L.gguf", "Q4_K_M_L"},
           Row{"q4_0-00001-of-00002", ""},
           Row{"-00001-of-00002.gguf", ""},
       }) {
    INFO(row.path);
    CHECK(quant_label(row.path) == row.label);
  }
}

TEST_CASE("quant_label: long names are read in no time", "[repo][quant]") {
  std::string name = "m";
  while (name.size() < 60'000) name += "-Q4_K_M_K_M_K_M";
  const auto before = std::chrono::steady_clock::now();
  CHECK(quant_label(name + ".gguf") == "Q4_K_M_K_M_K_M");
  CHECK(quant_label(std::string(60'000, '_') + ".gguf").empty());
  CHECK(quant_label("Q4" + std::string(60'000, '_') + ".gguf") == "Q4");
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(2));
}

TEST_CASE("choose_quant: one file, compared whole and without case", "[repo][quant]") {
  const Tree tree = tree_of({"README.md", "m-Q4_K.gguf", "m-Q4_K_M.gguf", "m-Q8_0.gguf", "mmproj-F16.gguf"});
  CHECK(chosen(tree, "Q4_K_M") == Paths{"m-Q4_K_M.gguf"});
  CHECK(chosen(tree, "q4_k") == Paths{"m-Q4_K.gguf"});
  for (const char* quant : {"Q4", "F16", "Q4_K_S", "Q4_K_", ""}) {
    const auto none = choose_quant(tree, quant);
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ErrorCode::EntryNotFound);
  }
  const auto none = choose_quant(tree, "Q5_0");
  for (const char* word : {"Q4_K_M", "m-Q8_0.gguf", "4.1 GB"}) CHECK(none.error().text().find(word) != std::string::npos);
  CHECK(none.error().hint.find("without letter case") != std::string::npos);  // not "letter case included", which other names have
}

TEST_CASE("choose_quant: all splits of a set, in order", "[repo][quant]") {
  const Tree tree =
      tree_of({"Q4_0/m-00001-of-00002.gguf", "Q4_0/m-00002-of-00002.gguf", "m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf"});
  CHECK(chosen(tree, "Q4_0") == Paths{"Q4_0/m-00001-of-00002.gguf", "Q4_0/m-00002-of-00002.gguf"});
  const auto missing = choose_quant(tree, "Q8_0");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::EntryNotFound);
  CHECK(missing.error().text().find("00002-of-00003") != std::string::npos);
}

TEST_CASE("choose_quant: a set with a number too many is not complete", "[repo][quant]") {
  const Tree tree = tree_of({"m-Q4_0-00001-of-00002.gguf", "m-Q4_0-00003-of-00002.gguf"});
  CHECK(choose_quant(tree, "Q4_0").error().code == ErrorCode::EntryNotFound);
  const Tree zero = tree_of({"m-Q4_0-00000-of-00000.gguf"});
  CHECK(choose_quant(zero, "Q4_0").error().code == ErrorCode::EntryNotFound);
}

TEST_CASE("choose_quant: what only looks like a split is a file by itself", "[repo][quant]") {
  for (const std::string name :
       {"m-Q4_0-of-00002.gguf", "m-Q4_0-1-of-00002.gguf", "m-Q4_0-00001-of-2.gguf", "m-Q4_0_00001-of-00002.gguf"}) {
    CAPTURE(name);
    const std::string label = quant_label(name);
    REQUIRE_FALSE(label.empty());
    CHECK(chosen(tree_of({name, "README.md"}), label) == Paths{name});
  }
}

TEST_CASE("choose_quant: several candidates are not chosen between", "[repo][quant]") {
  for (const Paths& paths : {Paths{"a-Q4_0.gguf", "b-Q4_0.gguf"}, Paths{"Q4_0/m.gguf", "m-Q4_0.gguf"},
                             Paths{"m-Q4_0.gguf", "m-Q4_0-00001-of-00001.gguf"}, Paths{"m-q4_0.gguf", "m-Q4_0.gguf"},
                             Paths{"m-Q4_0-00001-of-00001.gguf", "m-Q4_0-00001-of-00002.gguf", "m-Q4_0-00002-of-00002.gguf"}}) {
    const auto several = choose_quant(tree_of(paths), "Q4_0");
    REQUIRE_FALSE(several);
    CHECK(several.error().code == ErrorCode::InvalidArgument);
    for (const std::string& path : paths) CHECK(several.error().text().find(path) != std::string::npos);
  }
}

TEST_CASE("choose_quant: no gguf at all", "[repo][quant]") {
  CHECK(choose_quant(tree_of({"model.safetensors"}), "Q4_0").error().code == ErrorCode::EntryNotFound);
  CHECK(choose_quant(Tree(), "Q4_0").error().code == ErrorCode::EntryNotFound);
}
