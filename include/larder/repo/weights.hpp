// What is known of weight files by their names: formats and pickles.
#pragma once

#include <larder/base/result.hpp>
#include <larder/repo/tree.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::repo {

enum class Preference { Any, Safetensors, Gguf, Onnx };
Result<Preference> parse_preference(std::string_view text);

/// What a file of weights is, by its name.
enum class WeightFormat : std::uint8_t { Safetensors, Gguf, Onnx, PyTorch, TensorFlow, Flax, OpenVino, CoreMl, Rust };

/// A file left out and why. There may be as many as the tree has files.
struct LeftOut {
  std::uint32_t index = 0;  ///< in the tree
  WeightFormat format = WeightFormat::PyTorch;
  WeightFormat preferred = WeightFormat::Safetensors;  ///< of the weights that are taken instead
};
/// "pytorch weights, safetensors is here"
std::string reason(const LeftOut& file);

/// Outcome of --prefer: which of `chosen` stay (order kept), what was left out, and a note when the preferred format is nowhere.
struct Preferred {
  std::vector<std::uint32_t> chosen;
  std::vector<LeftOut> left_out;
  bool format_found = true;
};
/// Rules: docs/manual.md "larder pull", `--prefer`. Pure.
Preferred apply_preference(const Tree& tree, std::vector<std::uint32_t> chosen, Preference preference);

/// True for a file that can run code when loaded, by name (`--no-pickle`).
bool is_pickle(std::string_view path);

}  // namespace larder::repo
