#include "transfer/local_copies.hpp"

#include "store/presence.hpp"
#include "store/snapshot_writer.hpp"

#include <cstring>

namespace larder::transfer {
namespace {

std::uint64_t head_of(const digest::Digest& digest) {
  std::uint64_t head = 0;
  std::memcpy(&head, digest.bytes().data(), sizeof head);
  return head;
}

}  // namespace

LocalCopies::LocalCopies(store::Store& cache, store::LocalDirLayout folder, const repo::RepoId& repo, const repo::CommitId& commit,
                         store::HardLinks links)
    : store_(cache),
      cached_(cache.layout(repo)),
      folder_(std::move(folder)),
      commit_(commit),
      links_(links),
      other_names_(cache.disk(), cached_, commit) {}

Result<std::optional<LocalCopy>> LocalCopies::find_in_cache(const repo::FileEntry& file) {
  const auto found = store::find_cached(store_.disk(), cached_, commit_, {file.path, file.digest(), file.size});
  // The cache is a help here, not a need: one that may not be read has nothing for us.
  if (!found && found.error().code == ErrorCode::PermissionDenied) return std::optional<LocalCopy>{};
  LARDER_CHECK(found);
  if (found->state == store::CachedState::Missing) {
    const auto named = other_names_.find(file);
    return named ? std::optional(LocalCopy{named->path, false, true}) : std::nullopt;
  }
  // Never a hard link to a payload of the shared store, nor to what everybody may write.
  const bool is_own_blob = found->path == cached_.blob(file.blob_name());
  const bool may_be_linked = links_ == store::HardLinks::Yes && is_own_blob && !found->must_hash;
  return std::optional(LocalCopy{found->path, may_be_linked, found->must_hash});
}

Result<std::optional<LocalCopy>> LocalCopies::find(const repo::FileEntry& file) {
  const std::string twin = placed_path(file.digest());
  if (!twin.empty() && twin != file.path) return std::optional(LocalCopy{folder_.file(twin), false, true});
  return find_in_cache(file);
}

void LocalCopies::add(const repo::FileEntry& file) {
  if (placed_.emplace(head_of(file.digest()), paths_.size()).second) paths_.append(file.path).push_back('\0');
}

/// Path of a file whose digest begins like this one's; empty: none.
std::string LocalCopies::placed_path(const digest::Digest& digest) const {
  const auto found = placed_.find(head_of(digest));
  return found == placed_.end() ? std::string() : std::string(paths_.c_str() + found->second);
}

Result<bool> LocalCopies::fill(const std::string& temp, const repo::FileEntry& file, const LocalCopy& copy, const store::BytesDone& done,
                               const CancelToken& cancel) {
  if (copy.may_be_linked) {
    auto linked = store_.disk().make_hard_link(copy.path, temp);
    if (linked && *linked) return true;
    if (!linked && !store::is_unsupported(linked.error())) return fail(std::move(linked).error());
  }
  return clone_or_copy(temp, file, copy, done, cancel);
}

// reflinked, else copied and hashed on the way.
Result<bool> LocalCopies::clone_or_copy(const std::string& temp, const repo::FileEntry& file, const LocalCopy& copy,
                                        const store::BytesDone& done, const CancelToken& cancel) {
  fs::Disk& disk = store_.disk();
  LARDER_TRY(const UniqueFd from, disk.open_read(copy.path));
  LARDER_TRY(const UniqueFd to, disk.create_new(temp));
  LARDER_TRY(const bool is_cloned, disk.clone(from.value(), to.value()));
  const store::HashedPart whole{file.digest().algorithm(), file.size};
  if (!is_cloned) {
    LARDER_TRY(const auto digest, store::copy_file(disk, {from.value(), to.value()}, whole, done, cancel));
    if (digest != file.digest()) return false;
  } else if (copy.must_hash) {
    LARDER_TRY(const auto digest, store::digest_file(disk, to.value(), whole, done, cancel));
    if (digest != file.digest()) return false;
  }
  LARDER_CHECK(disk.sync_file(to.value()));
  return true;
}

}  // namespace larder::transfer
