#include <larder/repo/quant.hpp>

#include <larder/base/byte_size.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "repo/file_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace larder::repo {
namespace {

constexpr std::size_t kMostListed = 40;  // files in one message
constexpr std::string_view kSuffix = ".gguf";
constexpr std::array<std::string_view, 12> kSizes = {"XXS", "NL", "XS", "XL", "K", "S", "M", "L", "0", "1", "4", "8"};

constexpr bool is_delimiter(char c) { return c == '-' || c == '.' || c == '_'; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

bool ends_label(std::string_view text, std::size_t end) { return end == text.size() || is_delimiter(text[end]); }

// Q4, Q4_0, IQ2_XXS, Q4_K_M, Q4_0_4_8 …: `I?Q[1-8](_(0|1|K|NL|XXS|XS|S|M|L|XL|4|8))*`. Length of the longest that ends at a delimiter.
std::size_t q_length(std::string_view text) {
  std::size_t at = text.starts_with('I') ? 1 : 0;
  if (text.size() < at + 2 || text[at] != 'Q' || text[at + 1] < '1' || text[at + 1] > '8') return 0;
  at += 2;
  if (!ends_label(text, at)) return 0;
  while (at < text.size() && text[at] == '_') {
    const auto next = std::min(text.find_first_of("-._", at + 1), text.size());
    const std::string_view size = text.substr(at + 1, next - at - 1);
    if (std::find(kSizes.begin(), kSizes.end(), size) == kSizes.end()) break;
    at = next;
  }
  return at;
}

// The labels that are not of the Q family, longest first where one begins another.
constexpr std::array<std::string_view, 9> kOthers = {"TQ1_0", "TQ2_0", "BF16", "FP16", "F16", "FP32", "F32", "MXFP4_MOE", "MXFP4"};

// Length of the label that `text` (upper case) begins with, up to a delimiter; 0: none.
std::size_t label_length(std::string_view text) {
  const std::size_t dynamic = text.starts_with("UD-") ? 3 : 0;
  const std::string_view rest = text.substr(dynamic);
  if (const auto length = q_length(rest); length != 0) return dynamic + length;
  for (const std::string_view other : kOthers) {
    if (rest.starts_with(other) && ends_label(rest, other.size())) return dynamic + other.size();
  }
  return 0;
}

// The last label in `name`, found from left to right, so that "UD-Q4_K_XL" is one and not the "Q4_K_XL" in it.
std::string_view last_label(std::string_view name) {
  const std::string raised = upper(name);
  std::string_view found;
  for (std::size_t at = 0; at < raised.size();) {
    const bool may_begin = at == 0 || is_delimiter(raised[at - 1]);
    const std::size_t length = may_begin ? label_length(std::string_view(raised).substr(at)) : 0;
    if (length != 0) found = name.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return found;
}

// "-00002-of-00005" at the end of a name.
struct Split {
  std::string_view stem;  // what is before it
  unsigned long number = 1;
  unsigned long count = 1;
};

// The digits that `text` ends with, taken off it; empty when there are not exactly five of them.
std::string_view take_five_digits(std::string_view& text) {
  constexpr std::size_t kDigits = 5;
  if (text.size() < kDigits || !std::all_of(text.end() - kDigits, text.end(), is_digit)) return {};
  const std::string_view digits = text.substr(text.size() - kDigits);
  text.remove_suffix(kDigits);
  return digits;
}

std::optional<Split> split_of(std::string_view stem) {
  const std::string_view count = take_five_digits(stem);
  if (count.empty() || to_lower(stem.substr(stem.size() - std::min<std::size_t>(stem.size(), 4))) != "-of-") return std::nullopt;
  stem.remove_suffix(4);
  const std::string_view number = take_five_digits(stem);
  if (number.empty() || !stem.ends_with('-')) return std::nullopt;
  stem.remove_suffix(1);
  return Split{stem, std::stoul(std::string(number)), std::stoul(std::string(count))};
}

// The name without ".gguf"; nullopt for other files and those that never have a label.
std::optional<std::string_view> gguf_stem(std::string_view path) {
  const std::string_view name = base_name(path);
  const std::string lowered = to_lower(name);
  if (!lowered.ends_with(kSuffix) || lowered.starts_with("mmproj") || lowered.starts_with("imatrix")) return std::nullopt;
  return name.substr(0, name.size() - kSuffix.size());
}

// One file, or the splits of one: what can be chosen.
struct Candidate {
  unsigned long count = 1;
  std::map<unsigned long, std::uint32_t> files;  // by their number, 1…count
  [[nodiscard]] bool is_complete() const { return files.size() == count && files.begin()->first >= 1 && files.rbegin()->first <= count; }
};

std::map<std::string, Candidate> candidates_of(const Tree& tree, const std::string& label) {
  std::map<std::string, Candidate> candidates;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const FileEntry file = tree.at(i);
    if (const std::string found = quant_label(file.path); found.empty() || upper(found) != label) continue;
    const auto stem = gguf_stem(file.path).value_or("");
    const Split split = split_of(stem).value_or(Split{stem, 1, 0});  // count 0: a whole file, never one group with splits
    Candidate& candidate = candidates[fmt::format("{}/{}/{}", folder_of(file.path), split.stem, split.count)];
    candidate.count = std::max(split.count, 1UL);
    candidate.files.emplace(split.number, static_cast<std::uint32_t>(i));
  }
  return candidates;
}

// "Q4_K_M (a.gguf, 4.1 GB), …" of all labelled files, or of those of `label`.
std::string listed(const Tree& tree, const std::string& label) {
  std::string out;
  std::size_t shown = 0;
  std::size_t more = 0;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const FileEntry file = tree.at(i);
    const std::string found = quant_label(file.path);
    if (found.empty() || (!label.empty() && upper(found) != label)) continue;
    if (shown == kMostListed) {
      ++more;
      continue;
    }
    ++shown;
    out += fmt::format("{}{} ({}, {})", out.empty() ? "" : ", ", found, escape_text(file.path), format_bytes_long(file.size));
  }
  if (more != 0) out += fmt::format(" and {} more", more);
  return out;
}

tl::unexpected<Error> nothing_chosen(const Tree& tree, std::string_view quant) {
  const std::string labels = listed(tree, "");
  if (labels.empty())
    return fail(ErrorCode::EntryNotFound, fmt::format("quantisation '{}': no .gguf file with a label is here", escape_text(quant)),
                "`larder files REF` lists what there is");
  return fail(ErrorCode::EntryNotFound, fmt::format("quantisation '{}': not here; there are {}", escape_text(quant), labels),
              "name one of these; labels are compared whole, without letter case");
}

std::string missing_splits(const Candidate& candidate) {
  std::string out;
  std::size_t missing = 0;
  for (unsigned long number = 1; number <= candidate.count; ++number) {
    if (candidate.files.contains(number) || ++missing > kMostListed) continue;
    out += fmt::format("{}{:05}-of-{:05}", out.empty() ? "" : ", ", number, candidate.count);
  }
  return missing > kMostListed ? fmt::format("{} and {} more", out, missing - kMostListed) : out;
}

}  // namespace

bool is_quant_label(std::string_view text) { return !text.empty() && label_length(upper(text)) == text.size(); }

std::string quant_label(std::string_view path) {
  const auto stem = gguf_stem(path);
  if (!stem) return {};
  const auto split = split_of(*stem);
  std::string_view label = last_label(split ? split->stem : *stem);
  if (label.empty()) label = last_label(base_name(folder_of(path)));
  return std::string(label);
}

Result<std::vector<std::uint32_t>> choose_quant(const Tree& tree, std::string_view quant) {
  const std::string label = upper(quant);
  const auto candidates = candidates_of(tree, label);
  if (candidates.empty()) return nothing_chosen(tree, quant);
  if (candidates.size() > 1) {
    return fail(ErrorCode::InvalidArgument, fmt::format("quantisation '{}': several are here: {}", escape_text(quant), listed(tree, label)),
                "name the files you want instead");
  }
  const Candidate& candidate = candidates.begin()->second;
  if (!candidate.is_complete()) {
    return fail(ErrorCode::EntryNotFound,
                fmt::format("quantisation '{}': split {} is missing; there are {}", escape_text(quant), missing_splits(candidate),
                            listed(tree, label)),
                "the repository lacks it: choose another quantisation, or name the files you want instead");
  }
  std::vector<std::uint32_t> chosen;
  for (const auto& [number, index] : candidate.files) chosen.push_back(index);
  return chosen;
}

}  // namespace larder::repo
