#include "store/snapshot_writer.hpp"

#include "base/escape.hpp"
#include "fs/atomic_file.hpp"
#include "fs/path.hpp"
#include "store/file_digest.hpp"

#include <larder/base/log.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace larder::store {

bool is_unsupported(const Error& error) {
  switch (error.os_error) {
    case EPERM:
    case EOPNOTSUPP:
    case ENOSYS:
    case EINVAL:
    case EMLINK:
    case EXDEV:
      return true;
    default:
      return false;
  }
}

SnapshotWriter::SnapshotWriter(Store& store, RepoLayout layout, repo::CommitId commit)
    : store_(store),
      layout_(std::move(layout)),
      commit_(std::move(commit)),
      folders_(store.disk(), layout_.root()),
      has_links_(store.options().has_symlinks) {}

Result<void> SnapshotWriter::place(std::string_view path, std::string_view blob, BlobOrigin origin) {
  const std::string entry = layout_.entry(commit_, path);
  LARDER_CHECK(folders_.make(fs::parent_of(entry)));
  auto placed = has_links_ ? link(entry, link_text(path, blob)) : place_file(entry, blob, origin);
  if (!placed && has_links_ && is_unsupported(placed.error())) {
    log::info(fmt::format("{}: links are not possible here, files are placed instead", escape_text(layout_.root())));
    has_links_ = false;
    placed = place_file(entry, blob, origin);
  }
  if (placed) folders_.touched(fs::parent_of(entry));
  if (!placed && placed.error().os_error == EISDIR) {  // C18: whose it is nobody knows
    placed.error().message = fmt::format("{}: is a folder where a file of the snapshot belongs", escape_text(entry));
    placed.error().hint = "move it away";
  }
  return placed;
}

Result<void> SnapshotWriter::link(const std::string& entry, const std::string& text) {
  LARDER_TRY(const bool made, store_.disk().make_symlink(text, entry));
  if (made) return {};
  LARDER_TRY(const auto there, store_.disk().read_link(entry));
  if (there && *there == text) return {};
  return replace_by_link(entry, text);
}

// The text of a link is only text: it may be made anywhere and renamed into place.
Result<void> SnapshotWriter::replace_by_link(const std::string& entry, const std::string& text) {
  LARDER_CHECK(folders_.make(layout_.tmp()));
  const std::string temp = store_.temp_name(layout_.tmp());
  LARDER_CHECK(store_.disk().make_symlink(text, temp));
  auto renamed = store_.disk().rename(temp, entry);
  if (!renamed) (void)store_.disk().remove_file(temp);
  return renamed;
}

// a hard link, else a reflink, else what the Python client does.
Result<void> SnapshotWriter::place_file(const std::string& entry, std::string_view blob, BlobOrigin origin) {
  LARDER_CHECK(folders_.make(layout_.tmp()));
  std::string source = layout_.blob(blob);
  LARDER_TRY(const auto text, store_.disk().read_link(source));
  if (text) return clone_or_copy(entry, layout_.blobs() + "/" + *text, BlobOrigin::WasHere);  // never a hard link to a shared payload
  const std::string temp = store_.temp_name(layout_.tmp());
  auto linked = store_.disk().make_hard_link(source, temp);
  if (!linked && !is_unsupported(linked.error())) return fail(std::move(linked).error());
  if (!linked) return clone_or_copy(entry, source, origin);
  auto renamed = store_.disk().rename(temp, entry);
  (void)store_.disk().remove_file(temp);  // rename does nothing where both names are the same file already
  return renamed;
}

Result<void> SnapshotWriter::clone_or_copy(const std::string& entry, const std::string& source, BlobOrigin origin) {
  fs::Disk& disk = store_.disk();
  LARDER_TRY(const UniqueFd from, disk.open_read(source));
  LARDER_TRY(auto to, fs::AtomicFile::create(disk, store_.temp_name(layout_.tmp())));
  LARDER_TRY(const bool is_cloned, disk.clone(from.value(), to.fd()));
  if (!is_cloned && origin == BlobOrigin::JustPublished) {
    folders_.touched(layout_.blobs());
    return disk.rename(source, entry);
  }
  if (!is_cloned) {
    LARDER_TRY(const auto facts, disk.look_at(from.value()));
    LARDER_CHECK(copy_file(disk, {from.value(), to.fd()}, {digest::Algorithm::Sha256, facts.size}, {}, {}));
  }
  LARDER_CHECK(to.sync());
  return to.rename_to(entry);
}

}  // namespace larder::store
