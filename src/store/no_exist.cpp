#include "store/no_exist.hpp"

#include "fs/path.hpp"
#include "store/folders.hpp"

#include <larder/repo/repo_path.hpp>

namespace larder::store {

Result<void> write_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit, std::string_view path) {
  LARDER_CHECK(repo::check_name(path, repo::NamePlace::Cache));
  const std::string marker = layout.no_exist(commit, path);
  LARDER_TRY(const auto facts, store.disk().look(marker));
  if (facts) return {};
  LARDER_CHECK(store.make_folders(fs::parent_of(marker)));
  LARDER_CHECK(store.disk().create_new(marker));
  return {};
}

Result<bool> remove_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit, std::string_view path) {
  LARDER_CHECK(repo::check_name(path, repo::NamePlace::Cache));
  const std::string marker = layout.no_exist(commit, path);
  LARDER_TRY(const auto facts, store.disk().look(marker));
  if (!facts || facts->kind != fs::FileKind::Regular) return false;
  return store.disk().remove_file(marker);
}

Result<bool> has_no_exist(Store& store, const RepoLayout& layout, const repo::CommitId& commit) {
  LARDER_TRY(const auto facts, store.disk().look(layout.repo() + "/.no_exist/" + commit.hex()));
  return facts && facts->kind == fs::FileKind::Folder;
}

}  // namespace larder::store
