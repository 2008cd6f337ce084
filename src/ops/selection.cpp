#include "ops/selection.hpp"

#include "base/escape.hpp"
#include "ops/near_names.hpp"

#include <larder/repo/path_filter.hpp>
#include <larder/repo/quant.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace larder::ops {
namespace {

constexpr std::size_t kNamesInMessage = 20;  // a message is read by a person; --json lists all failures

std::string without_end_slash(std::string name) {
  while (!name.empty() && name.back() == '/') name.pop_back();
  return name;
}

enum class Named { Nothing, File, Folder };

/// Adds the file `name`, or every file below the folder `name`.
Named add_named(const repo::Tree& tree, const std::string& name, std::vector<std::uint32_t>& chosen) {
  const std::string plain = without_end_slash(name);
  if (plain == name) {
    if (const auto index = tree.find(plain)) {
      chosen.push_back(static_cast<std::uint32_t>(*index));
      return Named::File;
    }
  }
  const std::string folder = plain + "/";
  const std::size_t first = tree.lower_bound(folder);
  std::size_t index = first;
  for (; index < tree.size() && tree.at(index).path.starts_with(folder); ++index) chosen.push_back(static_cast<std::uint32_t>(index));
  return index > first ? Named::Folder : Named::Nothing;
}

std::vector<std::string> asked_names(const PullOptions& options) {
  std::vector<std::string> names = options.files;
  if (!options.reference.path.empty()) names.insert(names.begin(), options.reference.path);
  return names;
}

std::string list_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesInMessage; ++i) text += (i == 0 ? "" : ", ") + escape_text(names[i]);
  if (names.size() > kNamesInMessage) text += fmt::format(" and {} more", names.size() - kNamesInMessage);
  return text;
}

std::string missing_hint(const repo::Tree& tree, const std::vector<std::string>& missing) {
  const auto is_glob = [](const std::string& name) { return name.find_first_of("*?[") != std::string::npos; };
  if (std::any_of(missing.begin(), missing.end(), is_glob)) return "a FILE is never a pattern: --include takes one";
  std::string near = missing.size() == 1 ? list_names(near_names(tree, missing.front())) : std::string();
  if (!near.empty()) near = "did you mean " + near + "? ";
  return near + "`larder files REF` lists what there is; names are exact, letter case included";
}

Result<std::vector<std::uint32_t>> choose_named(const repo::Tree& tree, const std::vector<std::string>& names, bool& is_single_file) {
  std::vector<std::uint32_t> chosen;
  std::vector<std::string> missing;
  Named last = Named::Nothing;
  for (const auto& name : names) {
    last = add_named(tree, name, chosen);
    if (last == Named::Nothing) missing.push_back(name);
  }
  if (!missing.empty()) {
    return fail(ErrorCode::EntryNotFound, list_names(missing) + ": no such file in this commit", missing_hint(tree, missing));
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  is_single_file = names.size() == 1 && last == Named::File;
  return chosen;
}

std::vector<std::uint32_t> choose_filtered(const repo::Tree& tree, const PullOptions& options) {
  const repo::PathFilter filter(options.include, options.exclude);
  std::vector<std::uint32_t> chosen;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (filter.is_trivial() || filter.keeps(tree.at(i).path)) chosen.push_back(static_cast<std::uint32_t>(i));
  }
  return chosen;
}

Result<void> refuse_pickles(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen) {
  std::vector<std::string> pickles;
  for (const auto index : chosen) {
    const auto file = tree.at(index);
    if (repo::is_pickle(file.path)) pickles.emplace_back(file.path);
  }
  if (pickles.empty()) return {};
  return fail(ErrorCode::RefusedByPolicy, "files that can run code when loaded (--no-pickle): " + list_names(pickles),
              "leave them out with --exclude or --prefer safetensors");
}

void apply_prefer(const repo::Tree& tree, repo::Preference preference, Selection& selection) {
  auto preferred = repo::apply_preference(tree, std::move(selection.chosen), preference);
  selection.chosen = std::move(preferred.chosen);
  selection.left_out = std::move(preferred.left_out);
  if (!preferred.format_found) selection.warnings.emplace_back("--prefer: that format is nowhere in this repository; nothing was left out");
}

}  // namespace

std::vector<std::string> missing_files(const repo::Tree& tree, const PullOptions& options) {
  std::vector<std::string> missing;
  std::vector<std::uint32_t> ignored;
  for (const auto& name : asked_names(options)) {
    if (add_named(tree, name, ignored) == Named::Nothing) missing.push_back(name);
  }
  return missing;
}

Result<Selection> select_files(const repo::Tree& tree, const PullOptions& options) {
  Selection selection;
  const auto names = asked_names(options);
  if (!options.reference.quant.empty()) {
    LARDER_TRY(selection.chosen, repo::choose_quant(tree, options.reference.quant));
  } else if (!names.empty()) {
    LARDER_TRY(selection.chosen, choose_named(tree, names, selection.is_single_file));
  } else {
    selection.chosen = choose_filtered(tree, options);
    if (selection.chosen.empty() && tree.size() > 0) selection.warnings.emplace_back("no file matched --include and --exclude");
  }
  if (options.preference != repo::Preference::Any) apply_prefer(tree, options.preference, selection);
  if (options.no_pickle) LARDER_CHECK(refuse_pickles(tree, selection.chosen));
  return selection;
}

}  // namespace larder::ops
