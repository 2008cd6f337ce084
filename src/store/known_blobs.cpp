#include "store/known_blobs.hpp"

#include "base/hex.hpp"
#include "store/entry_name.hpp"
#include "store/tree_cache.hpp"

namespace larder::store {

Result<KnownBlobs> KnownBlobs::read(Store& store, const RepoLayout& layout) {
  KnownBlobs known;
  LARDER_TRY(const auto folder, store.disk().look(layout.trees()));
  if (!folder || folder->kind != fs::FileKind::Folder) return known;
  LARDER_TRY(const auto names, store.disk().list(layout.trees()));
  for (const std::string& name : names) {
    const auto commit = commit_of_listing(name);
    if (!commit) continue;
    LARDER_TRY(auto tree, read_tree(store.disk(), layout.tree(*commit)));
    if (!tree) continue;  // a damaged listing is no listing
    known.add(*tree);
    known.trees_.emplace(*commit, std::move(*tree));
  }
  return known;
}

void KnownBlobs::add(const repo::Tree& tree) {
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const repo::FileEntry entry = tree.at(i);
    std::string name = entry.blob_name();
    if (entry.xet_hash) by_xet_.emplace(to_hex(*entry.xet_hash), name);
    blobs_.emplace(std::move(name), KnownBlob{entry.digest(), entry.size});
  }
}

std::optional<KnownBlob> KnownBlobs::find(std::string_view blob) const {
  auto found = blobs_.find(std::string(blob));
  if (found == blobs_.end()) {
    const auto alias = by_xet_.find(std::string(blob));
    if (alias != by_xet_.end()) found = blobs_.find(alias->second);
  }
  return found == blobs_.end() ? std::nullopt : std::optional(found->second);
}

const repo::Tree* KnownBlobs::tree(const repo::CommitId& commit) const {
  const auto found = trees_.find(commit);
  return found == trees_.end() ? nullptr : &found->second;
}

}  // namespace larder::store
