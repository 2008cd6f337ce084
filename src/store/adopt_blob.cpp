#include "store/adopt_blob.hpp"

#include "base/escape.hpp"
#include "base/scope_exit.hpp"
#include "store/blob_lock.hpp"
#include "store/file_digest.hpp"
#include "store/presence.hpp"

#include <fmt/format.h>

namespace larder::store {
namespace {

bool is_same_file(const fs::FileFacts& a, const fs::FileFacts& b) {
  return a.inode == b.inode && a.device == b.device && a.size == b.size && a.mtime_ns == b.mtime_ns;
}

tl::unexpected<Error> changed(const AdoptSource& source) {
  return fail(ErrorCode::DigestMismatch, fmt::format("{}: changed while it was taken over", escape_text(source.path)));
}

/// The regular file behind `path`: links to files are followed, the folder is the user's own.
Result<std::string> real_path(fs::Disk& disk, const std::string& path) {
  LARDER_TRY(const auto text, disk.read_link(path));
  if (!text) return path;
  const std::string target = text->find('/') == 0 ? *text : path.substr(0, path.rfind('/') + 1) + *text;
  LARDER_TRY(const auto again, disk.read_link(target));
  if (!again) return target;
  return fail(ErrorCode::UnsafeLink, fmt::format("{}: a link to a link", escape_text(path)));
}

/// From where to where the bytes go, and whether as a hard link.
struct Journey {
  std::string from;
  std::string temp;
  HardLinks hard_links = HardLinks::No;
};

/// The bytes at `temp`, synced.
Result<TakenBy> bring(Store& store, const AdoptSource& source, const Journey& journey, const CancelToken& cancel) {
  fs::Disk& disk = store.disk();
  LARDER_TRY(const UniqueFd in, disk.open_read(journey.from));
  LARDER_TRY(const fs::FileFacts now, disk.look_at(in.value()));
  if (!is_same_file(now, source.facts)) return changed(source);
  {
    LARDER_TRY(const UniqueFd out, disk.create_new(journey.temp));
    LARDER_TRY(const bool is_cloned, disk.clone(in.value(), out.value()));
    if (is_cloned) LARDER_CHECK(disk.sync_file(out.value()));
    if (is_cloned) return TakenBy::Reflink;
    if (journey.hard_links == HardLinks::No) {
      LARDER_TRY(const auto copied,
                 copy_file(disk, {in.value(), out.value()}, {source.digest.algorithm(), source.size}, source.copied, cancel));
      if (copied != source.digest) return changed(source);
      LARDER_CHECK(disk.sync_file(out.value()));
      return TakenBy::Copy;
    }
  }
  LARDER_CHECK(disk.remove_file(journey.temp));
  const auto linked = disk.make_hard_link(journey.from, journey.temp);
  if (linked && *linked) {
    LARDER_CHECK(disk.sync_file(in.value()));  // whoever wrote it may have synced nothing (I5)
    return TakenBy::HardLink;
  }
  return bring(store, source, {journey.from, journey.temp, HardLinks::No}, cancel);  // another file system
}

}  // namespace

Result<TakenBy> adopt_blob(Store& store, const RepoLayout& layout, const AdoptSource& source, HardLinks hard_links,
                           const CancelToken& cancel) {
  const std::string name = source.digest.hex();
  LARDER_TRY(const auto attempt, try_lock_blob(store, layout, name));
  if (attempt.outcome == fs::FileLock::Outcome::Busy) {
    return fail(ErrorCode::LockBusy, fmt::format("{}: is being downloaded by another process", name));
  }
  LARDER_TRY(const FoundBlob found, find_blob(store.disk(), layout, name, source.size));
  if (found.state == BlobState::Good) return TakenBy::Reused;
  LARDER_TRY(const std::string from, real_path(store.disk(), source.path));
  const std::string temp = store.temp_name(layout.tmp());
  const ScopeExit clean([&] { (void)store.disk().remove_file(temp); });
  LARDER_TRY(const TakenBy taken, bring(store, source, {from, temp, hard_links}, cancel));
  LARDER_TRY(const fs::FileFacts after, [&]() -> Result<fs::FileFacts> {
    LARDER_TRY(const UniqueFd in, store.disk().open_read(from));
    return store.disk().look_at(in.value());
  }());
  if (after.size != source.facts.size || after.mtime_ns != source.facts.mtime_ns) return changed(source);
  LARDER_CHECK(store.disk().rename(temp, layout.blob(name)));
  LARDER_CHECK(store.disk().sync_folder(layout.blobs()));
  return taken;
}

}  // namespace larder::store
