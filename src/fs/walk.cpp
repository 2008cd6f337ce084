#include "fs/walk.hpp"

#include "fs/posix.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace larder::fs {
namespace {

// Null with errno set when it cannot be opened.
OpenFolder open_folder(int parent_fd, const char* name, int flags) {
  UniqueFd fd(again([&] { return ::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags); }));
  if (!fd) return nullptr;
  OpenFolder folder(::fdopendir(fd.value()));
  if (folder) (void)fd.release();
  return folder;
}

std::optional<FileKind> kind_by_entry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::Regular;
    case DT_DIR:
      return FileKind::Folder;
    case DT_LNK:
      return FileKind::Symlink;
    case DT_UNKNOWN:
      return std::nullopt;  // some file systems do not keep it with the name
    default:
      return FileKind::Other;
  }
}

Result<std::optional<FileFacts>> look_below(int folder_fd, const char* name, const std::string& path) {
  struct stat info {};
  if (again([&] { return ::fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW); }) == 0) return facts_of(info);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return fail_path("cannot stat", path);
}

class Walker {
 public:
  Walker(const std::string& root, const WalkOptions& options, const std::function<Result<WalkStep>(const WalkEntry&)>& visit)
      : root_(root), options_(options), visit_(visit) {}

  // Continue or Stop. `path_` names the folder; it is the same again afterwards.
  Result<WalkStep> read(DIR* folder, std::size_t depth) {
    for (;;) {
      errno = 0;
      const auto* const entry = ::readdir(folder);
      if (entry == nullptr) return errno == 0 ? Result<WalkStep>(WalkStep::Continue) : report(fail_path("cannot list", shown()));
      const std::string_view name(entry->d_name);
      if (name == "." || name == "..") continue;
      const auto length = path_.size();
      if (!path_.empty()) path_.push_back('/');
      path_.append(name);
      LARDER_TRY(const auto step, take(::dirfd(folder), *entry, depth));
      path_.resize(length);
      if (step == WalkStep::Stop) return step;
    }
  }

  Result<WalkStep> report(tl::unexpected<Error> failed) {
    if (!options_.unreadable) return failed;
    return options_.unreadable(path_, std::move(failed).value());
  }

 private:
  Result<WalkStep> take(int folder_fd, const dirent& entry, std::size_t depth) {
    auto kind = kind_by_entry(entry.d_type);
    if (!kind) {
      LARDER_TRY(const auto facts, look_below(folder_fd, entry.d_name, path_));
      if (!facts) return WalkStep::Continue;  // gone since
      kind = facts->kind;
    }
    const auto name_at = path_.size() - std::string_view(entry.d_name).size();
    LARDER_TRY(const auto step, visit_(WalkEntry(folder_fd, path_, name_at, *kind)));
    if (step != WalkStep::Continue || *kind != FileKind::Folder) return step == WalkStep::Stop ? step : WalkStep::Continue;
    return enter(folder_fd, entry.d_name, depth + 1);
  }

  Result<WalkStep> enter(int folder_fd, const char* name, std::size_t depth) {
    if (depth > options_.max_depth) {
      errno = ENAMETOOLONG;
      return report(fail_path("folders are nested too deeply", shown()));
    }
    const auto folder = open_folder(folder_fd, name, O_NOFOLLOW);
    // ELOOP and ENOTDIR: it was a folder a moment ago and somebody put a link or file there. Not followed.
    const bool went = !folder && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR);
    if (went) return WalkStep::Continue;
    if (!folder) return report(fail_path("cannot open", shown()));
    return read(folder.get(), depth);
  }

  [[nodiscard]] std::string shown() const { return path_.empty() ? root_ : root_ + "/" + path_; }

  const std::string& root_;
  const WalkOptions& options_;
  const std::function<Result<WalkStep>(const WalkEntry&)>& visit_;
  std::string path_;
};

}  // namespace

Result<std::optional<FileFacts>> WalkEntry::look() const { return look_below(folder_fd_, path_.c_str() + name_at_, path_); }

Result<void> walk(const std::string& root, const WalkOptions& options, const std::function<Result<WalkStep>(const WalkEntry&)>& visit) {
  Walker walker(root, options, visit);
  const auto folder = open_folder(AT_FDCWD, root.c_str(), 0);
  if (!folder && errno == ENOENT) return {};
  const auto step = folder ? walker.read(folder.get(), 0) : walker.report(fail_path("cannot open", root));
  if (!step) return fail(step.error());
  return {};
}

}  // namespace larder::fs
