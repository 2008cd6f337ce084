#include "fs/link.hpp"

#include "base/escape.hpp"
#include "base/scope_exit.hpp"

#include <cerrno>
#include <vector>

namespace larder::fs {
namespace {

// Ways in which file systems and kernels refuse a hard link that a copy does not need.
bool can_be_copied_instead(const Error& error) {
  switch (error.os_error) {
    case EPERM:
    case EACCES:
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

Result<void> copy_bytes(Disk& disk, int from, int to, const CancelToken& cancel) {
  constexpr std::size_t kPiece = 256 * 1024;
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t offset = 0;;) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    LARDER_TRY(const auto count, disk.read_at(from, piece, offset));
    if (count == 0) return {};
    LARDER_CHECK(disk.write_at(to, std::span(piece).first(count), offset));
    offset += count;
  }
}

Result<Placed> clone_or_copy(Disk& disk, const std::string& from, const std::string& to, const CancelToken& cancel) {
  LARDER_TRY(const auto source, disk.open_read(from));
  LARDER_TRY(const auto target, disk.create_new(to));
  ScopeExit clean([&] { (void)disk.remove_file(to); });
  LARDER_TRY(const bool cloned, disk.clone(source.value(), target.value()));
  if (!cloned) LARDER_CHECK(copy_bytes(disk, source.value(), target.value(), cancel));
  LARDER_CHECK(disk.sync_file(target.value()));
  clean.dismiss();
  return cloned ? Placed::Reflink : Placed::Copy;
}

}  // namespace

Result<Placed> place_file(Disk& disk, const std::string& from, const std::string& to, Sharing sharing, const CancelToken& cancel) {
  if (sharing == Sharing::Separate) return clone_or_copy(disk, from, to, cancel);
  LARDER_TRY(const auto facts, disk.look(from));
  // link(2) would give the second name to a link just as well.
  if (facts && facts->kind != FileKind::Regular) return fail(ErrorCode::UnsafeLink, escape_text(from) + ": is no regular file");
  auto linked = disk.make_hard_link(from, to);
  if (linked && *linked) return Placed::HardLink;
  if (linked) return fail_os(EEXIST, escape_text(to));
  if (!can_be_copied_instead(linked.error())) return fail(std::move(linked).error());
  return clone_or_copy(disk, from, to, cancel);
}

}  // namespace larder::fs
