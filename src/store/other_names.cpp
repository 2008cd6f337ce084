#include "store/other_names.hpp"

#include "store/entry_name.hpp"
#include "store/link_target.hpp"

#include <algorithm>
#include <utility>

namespace larder::store {
namespace {

// Each costs an lstat for each missing file; what a client left long ago is rarely what is wanted now.
constexpr std::size_t kOtherSnapshots = 4;

std::optional<fs::FileFacts> look(fs::Disk& disk, const std::string& path) {
  auto facts = disk.look(path);
  return facts ? *facts : std::nullopt;
}

bool is_candidate(const std::optional<fs::FileFacts>& facts, std::uint64_t size) {
  return facts && facts->kind == fs::FileKind::Regular && facts->size == size;
}

/// May an entry of blobs/ with this name hold the bytes of `file`, linked from another commit? A digest says which bytes it holds: others.
bool may_hold(std::string_view name, const repo::FileEntry& file) {
  return classify_blobs_name(name) == BlobsName::Other || (file.xet_hash && name == repo::hex(*file.xet_hash));
}

}  // namespace

std::optional<NamedOtherwise> OtherNames::find(const repo::FileEntry& file) {
  if (auto found = behind_link(commit_, file, Snapshot::Wanted)) return found;
  for (const auto& commit : others()) {
    if (auto found = behind_link(commit, file, Snapshot::Other)) return found;
    if (auto found = plain_file(commit, file)) return found;
  }
  return std::nullopt;
}

std::optional<NamedOtherwise> OtherNames::behind_link(const repo::CommitId& commit, const repo::FileEntry& file, Snapshot which) const {
  const auto text = disk_.read_link(layout_.entry(commit, file.path));
  if (!text || !*text) return std::nullopt;
  const std::string entry = "snapshots/" + commit.hex() + "/" + std::string(file.path);
  const LinkTarget target = classify_link(layout_, entry, **text);
  if (target.kind != LinkKind::Blob || target.name == file.blob_name()) return std::nullopt;
  const BlobsName kind = classify_blobs_name(target.name);
  if (kind == BlobsName::Incomplete || kind == BlobsName::Temporary) return std::nullopt;  // somebody may be writing it
  if (which == Snapshot::Other && !may_hold(target.name, file)) return std::nullopt;
  std::string path = layout_.blob(target.name);
  const auto facts = look(disk_, path);
  if (!is_candidate(facts, file.size)) return std::nullopt;
  return NamedOtherwise{std::move(path), *facts};
}

std::optional<NamedOtherwise> OtherNames::plain_file(const repo::CommitId& commit, const repo::FileEntry& file) const {
  std::string path = layout_.entry(commit, file.path);
  const auto facts = look(disk_, path);
  if (!is_candidate(facts, file.size) || !has_plain_folders(commit, file.path)) return std::nullopt;
  return NamedOtherwise{std::move(path), *facts};
}

/// A folder that is a link leads to what is not of this cache (T49).
bool OtherNames::has_plain_folders(const repo::CommitId& commit, std::string_view path) const {
  for (auto slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    const auto facts = look(disk_, layout_.entry(commit, path));
    if (!facts || facts->kind != fs::FileKind::Folder) return false;
  }
  return true;
}

const std::vector<repo::CommitId>& OtherNames::others() {
  if (others_) return *others_;
  std::vector<std::pair<std::int64_t, repo::CommitId>> found;
  for (const auto& name : disk_.list(layout_.snapshots()).value_or(std::vector<std::string>{})) {
    const auto commit = repo::CommitId::parse(name);
    if (!commit || *commit == commit_) continue;
    const auto facts = look(disk_, layout_.snapshot(*commit));
    if (facts && facts->kind == fs::FileKind::Folder) found.emplace_back(facts->mtime_ns, *commit);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > kOtherSnapshots) found.erase(found.begin() + kOtherSnapshots, found.end());
  others_.emplace();
  for (auto& [when, commit] : found) others_->push_back(std::move(commit));
  return *others_;
}

}  // namespace larder::store
