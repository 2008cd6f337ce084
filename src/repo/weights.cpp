#include <larder/repo/weights.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "repo/file_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace larder::repo {
namespace {

using Format = WeightFormat;

std::string_view name(Format format) {
  switch (format) {
    case Format::Safetensors:
      return "safetensors";
    case Format::Gguf:
      return "gguf";
    case Format::Onnx:
      return "onnx";
    case Format::PyTorch:
      return "pytorch";
    case Format::TensorFlow:
      return "tensorflow";
    case Format::Flax:
      return "flax";
    case Format::OpenVino:
      return "openvino";
    case Format::CoreMl:
      return "core ml";
    case Format::Rust:
      return "rust";
  }
  return "";
}

struct Ending {
  std::string_view text;
  Format format;
};
constexpr std::array kEndings = {Ending{".safetensors", Format::Safetensors},
                                 Ending{".gguf", Format::Gguf},
                                 Ending{".onnx", Format::Onnx},
                                 Ending{".onnx_data", Format::Onnx},
                                 Ending{".bin", Format::PyTorch},
                                 Ending{".pt", Format::PyTorch},
                                 Ending{".pth", Format::PyTorch},
                                 Ending{".ckpt", Format::PyTorch},
                                 Ending{".h5", Format::TensorFlow},
                                 Ending{".tflite", Format::TensorFlow},
                                 Ending{".msgpack", Format::Flax},
                                 Ending{".mlmodel", Format::CoreMl},
                                 Ending{".ot", Format::Rust}};
// Folders that hold the same weights in another format: they count as their parent.
constexpr std::array<std::string_view, 9> kFormatFolders = {"onnx", "openvino", "gguf",     "coreml", "tflite",
                                                            "tf",   "flax",     "original", "metal"};
constexpr std::array<std::string_view, 9> kPickleEndings = {".pkl", ".pickle", ".joblib", ".dill",    ".pt",
                                                            ".pth", ".ckpt",   ".mar",    ".pdparams"};

// What a file is by its name alone.
struct Weights {
  Format format;
  std::string_view folder;  // where it counts
  bool is_index = false;    // says which shard holds what, holds no weights itself
};

std::optional<Format> format_of_name(std::string_view lowered) {
  if (lowered.starts_with("openvino_") && (lowered.ends_with(".xml") || lowered.ends_with(".bin"))) return Format::OpenVino;
  for (const Ending& ending : kEndings) {
    if (lowered.ends_with(ending.text)) return ending.format;
  }
  return std::nullopt;
}

std::string_view counting_folder(std::string_view folder) {
  const bool counts_as_parent = std::find(kFormatFolders.begin(), kFormatFolders.end(), base_name(folder)) != kFormatFolders.end();
  return counts_as_parent ? folder_of(folder) : folder;
}

// A Core ML package is a folder: all in it are the weights, at the place of the outermost one.
std::optional<Weights> weights_in_package(std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const std::string_view folder = path.substr(0, slash);
    if (to_lower(base_name(folder)).ends_with(".mlpackage")) return Weights{Format::CoreMl, counting_folder(folder_of(folder))};
  }
  return std::nullopt;
}

std::optional<Weights> weights_of(std::string_view path) {
  if (auto packed = weights_in_package(path)) return packed;
  constexpr std::string_view kIndex = ".index.json";
  std::string lowered = to_lower(base_name(path));
  const bool is_index = lowered.ends_with(kIndex);
  if (is_index) lowered.resize(lowered.size() - kIndex.size());
  const auto format = format_of_name(lowered);
  if (!format) return std::nullopt;
  return Weights{*format, counting_folder(folder_of(path)), is_index};
}

std::optional<Format> format_of(Preference preference) {
  switch (preference) {
    case Preference::Any:
      return std::nullopt;
    case Preference::Safetensors:
      return Format::Safetensors;
    case Preference::Gguf:
      return Format::Gguf;
    case Preference::Onnx:
      return Format::Onnx;
  }
  return std::nullopt;
}

// Folders where the wanted format is, an index alone not counted: without its shards it replaces nothing.
std::set<std::string_view> folders_with(const Tree& tree, const std::vector<std::uint32_t>& chosen, Format wanted) {
  std::set<std::string_view> folders;
  for (const std::uint32_t index : chosen) {
    const auto weights = weights_of(tree.at(index).path);
    if (weights && weights->format == wanted && !weights->is_index) folders.insert(weights->folder);
  }
  return folders;
}

}  // namespace

Result<Preference> parse_preference(std::string_view text) {
  if (text == "any") return Preference::Any;
  if (text == "safetensors") return Preference::Safetensors;
  if (text == "gguf") return Preference::Gguf;
  if (text == "onnx") return Preference::Onnx;
  return fail(ErrorCode::InvalidArgument, fmt::format("preference '{}': not one of safetensors, gguf, onnx, any", escape_text(text)));
}

std::string reason(const LeftOut& file) { return fmt::format("{} weights, {} is here", name(file.format), name(file.preferred)); }

Preferred apply_preference(const Tree& tree, std::vector<std::uint32_t> chosen, Preference preference) {
  Preferred result;
  const auto wanted = format_of(preference);
  const auto folders = wanted ? folders_with(tree, chosen, *wanted) : std::set<std::string_view>();
  result.format_found = !wanted || !folders.empty();
  if (folders.empty()) {
    result.chosen = std::move(chosen);
    return result;
  }
  for (const std::uint32_t index : chosen) {
    const auto weights = weights_of(tree.at(index).path);
    if (weights && weights->format != *wanted && folders.contains(weights->folder)) {
      result.left_out.push_back({index, weights->format, *wanted});
    } else {
      result.chosen.push_back(index);
    }
  }
  return result;
}

bool is_pickle(std::string_view path) {
  const std::string lowered = to_lower(base_name(path));
  if (lowered.ends_with(".bin")) return !lowered.starts_with("openvino_");
  return std::any_of(kPickleEndings.begin(), kPickleEndings.end(), [&](std::string_view ending) { return lowered.ends_with(ending); });
}

}  // namespace larder::repo
