#include "store/ref_store.hpp"

#include "base/text.hpp"
#include "fs/path.hpp"
#include "store/scan_refs.hpp"

#include <algorithm>
#include <cerrno>

namespace larder::store {
namespace {

constexpr std::uint64_t kRefLimit = 1024;

// A ref may be anything by accident (C16): a folder, a fifo that would block, a long file. All that is "no ref".
Result<std::optional<std::string>> read_raw(fs::Disk& disk, const std::string& path) {
  auto facts = disk.look_through(path);
  if (!facts && (facts.error().os_error == ENOTDIR || facts.error().os_error == ELOOP)) return std::optional<std::string>{};
  LARDER_CHECK(facts);
  if (!*facts || (*facts)->kind != fs::FileKind::Regular || (*facts)->size > kRefLimit) return std::optional<std::string>{};
  return disk.read_small(path, kRefLimit);
}

/// Where a ref would have to be a folder for another one.
Result<bool> collides(fs::Disk& disk, const RepoLayout& layout, const std::string& path) {
  for (std::string above = fs::parent_of(path); above.size() > layout.refs().size(); above = fs::parent_of(above)) {
    LARDER_TRY(const auto facts, disk.look(above));
    if (facts && facts->kind != fs::FileKind::Folder && facts->kind != fs::FileKind::Symlink) return true;
  }
  LARDER_TRY(const auto facts, disk.look(path));
  if (!facts || facts->kind != fs::FileKind::Folder) return false;
  LARDER_TRY(const bool was_empty, disk.remove_folder(path));  // left over where `a/b` was removed
  return !was_empty;
}

}  // namespace

Result<std::optional<repo::CommitId>> read_ref(const Store& store, const RepoLayout& layout, const repo::Revision& revision) {
  if (auto commit = revision.commit()) return commit;
  LARDER_TRY(const auto text, read_raw(store.disk(), layout.ref(revision)));
  if (!text) return std::optional<repo::CommitId>{};
  return repo::CommitId::parse(trim(*text));
}

Result<RefWrite> write_ref(Store& store, const RepoLayout& layout, const repo::Revision& revision, const repo::CommitId& commit) {
  if (revision.commit()) return RefWrite::AlreadyThere;
  const std::string path = layout.ref(revision);
  LARDER_TRY(const bool in_the_way, collides(store.disk(), layout, path));
  if (in_the_way) return RefWrite::Collides;
  LARDER_TRY(const auto facts, store.disk().look(path));
  if (facts && facts->kind == fs::FileKind::Regular) {
    LARDER_TRY(const auto text, read_raw(store.disk(), path));
    if (text && *text == commit.hex()) return RefWrite::AlreadyThere;  // raw comparison
  }
  LARDER_CHECK(store.write_small(layout.tmp(), path, commit.hex()));
  return RefWrite::Written;
}

Result<std::vector<repo::CommitId>> commits_with_prefix(const Store& store, const RepoLayout& layout, std::string_view prefix) {
  std::vector<repo::CommitId> commits;
  LARDER_TRY(const auto refs, scan_refs(store.disk(), layout));
  for (const RefRecord& ref : refs) {
    if (auto commit = repo::CommitId::parse(ref.content)) commits.push_back(std::move(*commit));
  }
  LARDER_TRY(const auto names, store.disk().list(layout.snapshots()));
  for (const auto& name : names) {
    if (auto commit = repo::CommitId::parse(name)) commits.push_back(std::move(*commit));
  }
  std::erase_if(commits, [&](const repo::CommitId& commit) { return !starts_with_ignoring_case(commit.hex(), prefix); });
  std::sort(commits.begin(), commits.end());
  commits.erase(std::unique(commits.begin(), commits.end()), commits.end());
  return commits;
}

}  // namespace larder::store
