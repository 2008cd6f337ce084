#include "store/presence.hpp"

#include "store/shared_store.hpp"

namespace larder::store {
namespace {

BlobState judge(const fs::FileFacts& facts, std::uint64_t size) {
  if (facts.kind != fs::FileKind::Regular || facts.size != size) return BlobState::Damaged;
  return everybody_may_write(facts) ? BlobState::Suspect : BlobState::Good;
}

/// What is at `snapshots/<commit>/<path>`. Linked: the link that larder and Python make for this blob. File: a regular file, as clients
/// without links leave it. Other: any other link, or no file at all.
enum class EntryState { Missing, Linked, File, Other };
struct FoundEntry {
  EntryState state = EntryState::Missing;
  fs::FileFacts facts;  // of a file
};

Result<FoundEntry> find_entry(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit, std::string_view path,
                              std::string_view blob) {
  const std::string entry = layout.entry(commit, path);
  // Its text first: of a link, which a whole snapshot is made of, nothing else need be asked.
  LARDER_TRY(const auto text, disk.read_link(entry));
  if (text) return FoundEntry{*text == link_text(path, blob) ? EntryState::Linked : EntryState::Other, {}};
  LARDER_TRY(const auto facts, disk.look(entry));
  if (!facts) return FoundEntry{};
  return FoundEntry{facts->kind == fs::FileKind::Regular ? EntryState::File : EntryState::Other, *facts};
}

/// The payload behind a link of blobs/; a link elsewhere is damage, it is never followed (T48).
Result<FoundBlob> find_payload(fs::Disk& disk, const RepoLayout& layout, const std::string& link, std::uint64_t size) {
  FoundBlob found{BlobState::Damaged, false, link, {}};
  LARDER_TRY(const auto text, disk.read_link(link));
  const auto xet_hash = text ? payload_of_entry(layout, *text) : std::nullopt;
  if (!xet_hash) return found;
  LARDER_TRY(const bool marked, is_shared_store(disk, layout.root()));
  if (!marked) return found;
  found.path = payload_path(layout.root(), *xet_hash);
  LARDER_TRY(const auto facts, disk.look(found.path));
  if (!facts) return found;
  found.is_shared = true;
  found.facts = *facts;
  found.state = judge(*facts, size);
  return found;
}

}  // namespace

Result<FoundBlob> find_blob(fs::Disk& disk, const RepoLayout& layout, std::string_view name, std::uint64_t size) {
  const std::string path = layout.blob(name);
  LARDER_TRY(const auto facts, disk.look(path));
  if (!facts) return FoundBlob{};
  if (facts->kind == fs::FileKind::Symlink) return find_payload(disk, layout, path, size);
  return FoundBlob{judge(*facts, size), false, path, *facts};
}

Result<CachedFile> find_cached(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit, const ListedFile& file) {
  const std::string name = file.digest.hex();
  LARDER_TRY(const FoundEntry entry, find_entry(disk, layout, commit, file.path, name));
  if (entry.state == EntryState::File && entry.facts.size == file.size) {
    return CachedFile{CachedState::Complete, everybody_may_write(entry.facts), layout.entry(commit, file.path), entry.facts};
  }
  LARDER_TRY(const FoundBlob blob, find_blob(disk, layout, name, file.size));
  if (!blob.is_usable()) return CachedFile{};
  const bool linked = entry.state == EntryState::Linked;
  return CachedFile{linked ? CachedState::Complete : CachedState::BlobHere, blob.state == BlobState::Suspect, blob.path, blob.facts};
}

}  // namespace larder::store
