#include "store/folders.hpp"

#include "base/escape.hpp"
#include "fs/path.hpp"

#include <fmt/format.h>

namespace larder::store {

Result<void> require_folder(fs::Disk& disk, std::string folder, std::string_view flag) {
  for (; !folder.empty(); folder.resize(folder.find_last_of('/'))) {
    LARDER_TRY(const auto target, disk.look_through(folder));
    if (target && target->kind == fs::FileKind::Folder) return {};
    LARDER_TRY(const auto entry, disk.look(folder));
    if (!entry) continue;
    const auto* what = target ? "is a file where a folder belongs" : "is a link that leads nowhere";
    return fail(ErrorCode::IoFailed, fmt::format("{}: {}", escape_text(folder), what),
                fmt::format("move it away, or choose another folder with {}", flag));
  }
  return {};
}

Result<std::optional<fs::FileFacts>> look_unlinked(fs::Disk& disk, const std::string& path) {
  LARDER_TRY(const auto facts, disk.look(path));
  if (facts && facts->kind == fs::FileKind::Symlink) {
    return fail(ErrorCode::UnsafeLink, fmt::format("{}: is a link, nothing is written through it", escape_text(path)),
                "remove the link; only the cache or the local folder itself may be one");
  }
  return facts;
}

Result<void> refuse_link(fs::Disk& disk, const std::string& path) {
  LARDER_CHECK(look_unlinked(disk, path));
  return {};
}

Result<void> Folders::make(const std::string& path) {
  if (known_.size() > kRemembered) known_.clear();
  if (touched_.size() > kRemembered) LARDER_CHECK(sync());
  return make_known(path);
}

Result<void> Folders::make_known(const std::string& path) {
  if (known_.contains(path)) return {};
  if (path.size() <= base_.size()) {
    LARDER_CHECK(make_base(path));
  } else {
    LARDER_CHECK(make_known(fs::parent_of(path)));
    LARDER_CHECK(make_one(path));
  }
  known_.insert(path);
  return {};
}

Result<void> Folders::make_base(const std::string& path) {
  for (std::string at = path; at.size() > 1; at = fs::parent_of(at)) {
    LARDER_TRY(const auto facts, disk_.look_through(at));
    if (facts) break;
    touched(fs::parent_of(at));
  }
  return disk_.make_folders(path);
}

Result<void> Folders::make_one(const std::string& path) {
  LARDER_TRY(const auto facts, look_unlinked(disk_, path));
  if (!facts) {
    LARDER_TRY(const bool made, disk_.make_folder(path));
    if (made) {
      touched(fs::parent_of(path));
      return {};
    }
    return refuse_link(disk_, path);  // somebody was faster
  }
  if (facts->kind != fs::FileKind::Folder) {
    return fail(ErrorCode::IoFailed, fmt::format("{}: is a file where a folder belongs", escape_text(path)), "move it away");
  }
  return {};
}

Result<void> Folders::sync() {
  for (const auto& folder : touched_) LARDER_CHECK(disk_.sync_folder(folder));
  touched_.clear();
  return {};
}

}  // namespace larder::store
