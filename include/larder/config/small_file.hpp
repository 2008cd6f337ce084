// SmallFile: a configuration or token file, read whole.
#pragma once

#include <larder/base/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace larder::config {

/// A small file as read. `mode` and `is_foreign` are for regular files only.
struct SmallFile {
  std::string text;
  std::uint32_t mode = 0600;  ///< permission bits
  bool is_foreign = false;    ///< owned by another user
};
/// What a path may lead to: `Any` reads pipes too; `Regular` passes over everything else (a pipe would block); `Expected`, too, but what
/// cannot be meant, a folder or a pipe, is an error.
enum class FileShape { Any, Regular, Expected };
/// At most 1 MiB of the file at `path`; nullopt: not there. Errors: IoFailed, PermissionDenied; InvalidArgument for a folder
/// with `Any`; InvalidConfig when it is longer.
Result<std::optional<SmallFile>> read_small_file(const std::string& path, FileShape shape);
/// The seam for tests.
using ReadFile = std::function<Result<std::optional<SmallFile>>(const std::string& path, FileShape shape)>;

}  // namespace larder::config
