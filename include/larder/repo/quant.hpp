// Quantisation labels of GGUF files ("QUANT" in a reference), and the files that belong to one.
#pragma once

#include <larder/base/result.hpp>
#include <larder/repo/tree.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::repo {

/// The quantisation label of a .gguf file, as written in its name, or empty.
std::string quant_label(std::string_view path);

/// True when the whole of `text` is a quantisation label, in any case.
bool is_quant_label(std::string_view text);

/// All files of exactly one quantisation. Errors: EntryNotFound (no such label, or a split missing), InvalidArgument (several candidates);
/// both messages list labels, files and sizes.
Result<std::vector<std::uint32_t>> choose_quant(const Tree& tree, std::string_view quant);

}  // namespace larder::repo
