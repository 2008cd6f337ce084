#include "ops/folding.hpp"

#include "base/escape.hpp"
#include "fs/disk.hpp"

#include <larder/repo/name_collision.hpp>

#include <fmt/format.h>

namespace larder::ops {
namespace {

using repo::NameFolding;

/// Are `made` and `asked` one file here? Makes and removes `made`.
Result<bool> are_one(fs::Disk& disk, const std::string& made, const std::string& asked) {
  LARDER_TRY(const auto file, disk.create_new(made));
  const auto found = disk.look(asked);
  LARDER_CHECK(disk.remove_file(made));
  if (!found) return fail(found.error());
  return found->has_value();
}

Result<NameFolding> folding_of(Services& services, const std::string& scratch) {
  auto& disk = services.disk;
  LARDER_CHECK(disk.make_folders(scratch));
  const std::string stem = scratch + "/fold-" + services.random.hex8();
  LARDER_TRY(const bool case_folds, are_one(disk, stem + "-a", stem + "-A"));
  LARDER_TRY(const bool forms_fold, are_one(disk, stem + "-\xC3\xA9", stem + "-e\xCC\x81"));  // é composed and decomposed
  LARDER_CHECK(disk.remove_folder(scratch));                                                  // stays when something else lies in it
  if (case_folds && forms_fold) return NameFolding::CaseAndNormalisation;
  if (case_folds) return NameFolding::Case;
  return forms_fold ? NameFolding::Normalisation : NameFolding::None;
}

}  // namespace

Result<void> refuse_folded_names(Services& services, const repo::Tree& tree, const std::vector<std::uint32_t>& chosen,
                                 const std::string& scratch) {
  std::vector<std::string_view> names;
  names.reserve(chosen.size());
  for (const auto index : chosen) names.push_back(tree.at(index).path);
  if (repo::find_collisions(names, NameFolding::CaseAndNormalisation).empty()) return {};
  LARDER_TRY(const auto folding, folding_of(services, scratch));
  if (folding == NameFolding::None) return {};
  const auto collisions = repo::find_collisions(names, folding);
  if (collisions.empty()) return {};
  std::string text;
  for (const auto& pair : collisions) {
    text += fmt::format("{}{} and {}", text.empty() ? "" : "; ", escape_text(names[pair.first]), escape_text(names[pair.second]));
    if (text.size() > 1000) break;
  }
  return fail(ErrorCode::UnsafePath, text + ": one name on this file system, two in the repository",
              "nothing was fetched; pull to a file system that tells them apart, or leave one out with --exclude");
}

}  // namespace larder::ops
