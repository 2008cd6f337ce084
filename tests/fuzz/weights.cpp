// Choice of weights by name: the first line is the quantisation asked for, each further one a file. What is chosen has one label and is all
// of it.
#include <larder/repo/quant.hpp>
#include <larder/repo/weights.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

using namespace larder;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<repo::Tree> tree_of(std::string_view lines) {
  repo::TreeBuilder builder;
  while (!lines.empty()) {
    repo::FileEntry file;
    file.path = fuzz::take_line(lines);
    if (!file.path.empty() && !builder.add(file)) return std::nullopt;
  }
  auto tree = builder.finish();
  return tree ? std::optional(std::move(*tree)) : std::nullopt;
}

void check_quant(const repo::Tree& tree, std::string_view wanted) {
  const auto chosen = repo::choose_quant(tree, wanted);
  if (!chosen) {
    fuzz::must(chosen.error().code == ErrorCode::EntryNotFound || chosen.error().code == ErrorCode::InvalidArgument);
    return;
  }
  fuzz::must(!chosen->empty());
  fuzz::must(std::set(chosen->begin(), chosen->end()).size() == chosen->size());
  for (const auto index : *chosen) {
    fuzz::must(index < tree.size());
    fuzz::must(lower(repo::quant_label(tree.at(index).path)) == lower(std::string(wanted)));
  }
}

void check_preference(const repo::Tree& tree, repo::Preference preference) {
  std::vector<std::uint32_t> all(tree.size());
  std::iota(all.begin(), all.end(), 0U);
  const repo::Preferred result = repo::apply_preference(tree, all, preference);
  fuzz::must(std::is_sorted(result.chosen.begin(), result.chosen.end()));
  std::set<std::size_t> seen(result.chosen.begin(), result.chosen.end());
  for (const repo::LeftOut& file : result.left_out) {
    fuzz::must(!reason(file).empty());
    seen.insert(file.index);
  }
  fuzz::must(seen.size() == all.size() && result.chosen.size() + result.left_out.size() == all.size());
  if (preference == repo::Preference::Any) fuzz::must(result.left_out.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view rest = fuzz::text_of(bytes, size);
  const std::string_view wanted = fuzz::take_line(rest);
  const auto tree = tree_of(rest);
  if (!tree) return 0;
  check_quant(*tree, wanted);
  for (const auto preference : {repo::Preference::Any, repo::Preference::Safetensors, repo::Preference::Gguf, repo::Preference::Onnx}) {
    check_preference(*tree, preference);
  }
  return 0;
}
