// walk: everything below a folder, without ever following a link.
#pragma once

#include "fs/disk.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace larder::fs {

/// One thing below the root, while the visitor is called with it.
class WalkEntry {
 public:
  WalkEntry(int folder_fd, const std::string& path, std::size_t name_at, FileKind kind)
      : folder_fd_(folder_fd), path_(path), name_at_(name_at), kind_(kind) {}
  /// Relative to the root, parts joined by "/"; raw bytes from the disk: escape before showing.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The last part.
  [[nodiscard]] std::string_view name() const { return std::string_view(path_).substr(name_at_); }
  [[nodiscard]] FileKind kind() const { return kind_; }
  /// lstat, one system call; nullopt when it went meanwhile.
  [[nodiscard]] Result<std::optional<FileFacts>> look() const;

 private:
  int folder_fd_;
  const std::string& path_;
  std::size_t name_at_;
  FileKind kind_;
};

enum class WalkStep : std::uint8_t {
  Continue,  ///< go on, into the folder if it is one
  Skip,      ///< go on, but not into this folder
  Stop,      ///< enough
};

struct WalkOptions {
  /// Folders inside each other below the root; entries of deeper ones are an IoFailed for `unreadable`. Each level holds a descriptor.
  std::size_t max_depth = 128;
  /// Hears of a folder that could not be read (path relative to the root, "" for the root) and says whether to go on. Empty: the
  /// first such failure ends the walk and is returned.
  std::function<Result<WalkStep>(const std::string& path, Error error)> unreadable;
};

/// Calls `visit` for every entry below `root`, a folder before what is in it, otherwise in the disk's order (not sorted).
/// A root that is not there has no entries. What appears or goes meanwhile may or may not be seen.
/// `root` itself may be reached through links. Errors: those of `visit` and of the disk. Thread: any.
Result<void> walk(const std::string& root, const WalkOptions& options, const std::function<Result<WalkStep>(const WalkEntry&)>& visit);

}  // namespace larder::fs
