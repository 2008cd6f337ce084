// FolderBeneath: a folder whose inside is reached without passing a single link (T11).
#pragma once

#include "base/unique_fd.hpp"
#include "fs/disk.hpp"

#include <larder/base/result.hpp>

#include <string>
#include <string_view>

namespace larder::fs {

/// An open folder. Names given to it are relative, parts joined by "/", without "", "." or ".." (else UnsafePath). Every part but the last
/// must be a real folder, and so must the last where a folder is meant: a link anywhere is UnsafeLink, whoever put it there and
/// whenever, because the kernel resolves each name from the open folder (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS; where the
/// kernel lacks it, part by part with O_NOFOLLOW).
/// Errors of every method besides: NotInCache (not there), PermissionDenied, ReadOnly, DiskFull, IoFailed. Thread: any.
class FolderBeneath {
 public:
  /// How names are resolved; tests ask for the slow way.
  enum class Resolve : std::uint8_t { ByKernel, ByParts };

  /// Opens `folder`, which may itself be reached through links: it is the user's choice.
  static Result<FolderBeneath> open(const std::string& folder, Resolve resolve = Resolve::ByKernel);

  /// The folder `name`, as a root of its own.
  [[nodiscard]] Result<FolderBeneath> enter(const std::string& name) const;
  /// A regular file for reading.
  [[nodiscard]] Result<UniqueFd> open_read(const std::string& name) const;
  /// A new file for reading and writing, mode 0666 & ~umask. IoFailed with EEXIST when something is there.
  [[nodiscard]] Result<UniqueFd> create_new(const std::string& name) const;
  /// lstat; nullopt when it, or a folder on the way, is not there.
  [[nodiscard]] Result<std::optional<FileFacts>> look(const std::string& name) const;
  /// The folder and its missing parents, mode 0777 & ~umask. True: something was made.
  [[nodiscard]] Result<bool> make_folders(const std::string& name) const;
  /// rename(2) inside: replaces a file or link at `to` without following it.
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) const;
  /// Moves the file `from` of anywhere to the name `to` inside, replacing.
  [[nodiscard]] Result<void> take_in(const std::string& from, const std::string& to) const;
  /// False: it was not there. Never follows a link.
  [[nodiscard]] Result<bool> remove_file(const std::string& name) const;
  /// The descriptor, for a sync.
  [[nodiscard]] int fd() const { return fd_.value(); }

 private:
  struct Place;
  FolderBeneath(UniqueFd fd, std::string path, Resolve resolve) : fd_(std::move(fd)), path_(std::move(path)), resolve_(resolve) {}
  [[nodiscard]] Result<UniqueFd> open_inside(const std::string& name, int flags) const;
  [[nodiscard]] Result<UniqueFd> open_by_parts(const std::string& name, int flags) const;
  [[nodiscard]] Result<Place> place_of(const std::string& name) const;
  [[nodiscard]] std::string shown(const std::string& name) const { return path_ + "/" + name; }

  UniqueFd fd_;
  std::string path_;  // for messages
  Resolve resolve_;
};

}  // namespace larder::fs
