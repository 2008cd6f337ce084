// TempDir: a folder of its own for one test, gone with it.
#pragma once

#include <string>
#include <string_view>

namespace larder::test {

/// Made below $TMPDIR or /tmp; removed with everything in it, also what lost its permissions.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  /// Absolute, without links in it.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of `name` in it.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Writes a file, with its parent folders. Returns its path.
  std::string write(std::string_view name, std::string_view content) const;
  /// The bytes of a file, links followed; throws when it cannot be read.
  [[nodiscard]] std::string read(std::string_view name) const;
  /// Makes a folder and its parents. Returns its path.
  std::string folder(std::string_view name) const;
  /// Makes a symlink with that text. Returns its path.
  std::string link(std::string_view name, std::string_view target) const;
  /// lstat says that something is there.
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace larder::test
