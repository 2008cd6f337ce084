// DurableState: remembers what a power loss now would take back, and takes it back.
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace larder::test {

/// The strictest reading of POSIX: bytes last once their file was synced, a name once its folder was. A rename is one change: a sync
/// of either folder makes all of it last. Thread: one at a time.
class DurableState {
 public:
  /// `attic`: an existing empty folder on the same file system, where files that were removed or replaced are kept.
  explicit DurableState(std::string attic) : attic_(std::move(attic)) {}

  /// Before bytes of the open file change.
  void before_change(int fd);
  /// After a file was made; its durable content is nothing.
  void after_create(int fd, const std::string& path);
  /// After a link (of either kind) or folder was made at `path`.
  void after_make(const std::string& path);
  /// Before what is at `path` goes. Forget with `drop_last` if it stayed after all.
  void before_remove(const std::string& path);
  void before_rename(const std::string& from, const std::string& to);
  void drop_last() { changes_.pop_back(); }

  void synced_file(int fd);
  void synced_folder(const std::string& path);
  void synced_all();

  /// Puts back as the last syncs left it whatever `bytes_go` and `name_goes`, asked for each unsynced file and change of a name, say is
  /// lost. A disk may have written any of it by itself, in any order: names before bytes is what leaves empty files behind.
  using Goes = std::function<bool()>;
  void lose(const Goes& bytes_go, const Goes& name_goes);

 private:
  using Inode = std::pair<std::uint64_t, std::uint64_t>;
  struct Dirty {
    UniqueFd fd;
    std::string durable;
  };
  struct Change {
    std::set<std::string> folders;  // a sync of any of them makes the change last
    std::function<void()> undo;
  };
  std::string keep(const std::string& path);

  std::string attic_;
  std::size_t kept_ = 0;
  std::map<Inode, Dirty> dirty_;
  std::vector<Change> changes_;
};

}  // namespace larder::test
