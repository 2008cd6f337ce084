#include "support/durable_state.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace larder::test {
namespace {

namespace files = std::filesystem;

std::string parent_of(const std::string& path) { return files::path(path).parent_path().string(); }

std::pair<std::uint64_t, std::uint64_t> inode_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw std::runtime_error("fstat failed in a test");
  return {info.st_dev, info.st_ino};
}

// 0: nothing there.
ino_t inode_at(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::string content_of(int fd) {
  std::string all;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto count = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(all.size()));
    if (count <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(count));
  }
}

void set_content(int fd, const std::string& content) {
  const bool done = ::ftruncate(fd, 0) == 0 && ::pwrite(fd, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size());
  if (!done) throw std::runtime_error("cannot take bytes back in a test");
}

void remove_if_still(const std::string& path, ino_t inode) {
  std::error_code ignored;
  if (inode_at(path) == inode) files::remove_all(path, ignored);
}

// Gives what was kept, if anything, its name again, unless the name is taken or its folder is gone.
void give_back(const std::string& kept, const std::string& path) {
  if (kept.empty() || ::link(kept.c_str(), path.c_str()) == 0) return;
}

}  // namespace

void DurableState::before_change(int fd) {
  const auto inode = inode_of(fd);
  if (dirty_.contains(inode)) return;
  UniqueFd own(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC));
  if (!own) throw std::runtime_error("cannot open a file again in a test");
  auto content = content_of(own.value());
  dirty_[inode] = Dirty{std::move(own), std::move(content)};
}

void DurableState::after_create(int fd, const std::string& path) {
  before_change(fd);
  after_make(path);
}

void DurableState::after_make(const std::string& path) {
  changes_.push_back({{parent_of(path)}, [path, inode = inode_at(path)] { remove_if_still(path, inode); }});
}

// A second name for what is at `path`; "" when that is nothing or a folder.
std::string DurableState::keep(const std::string& path) {
  auto kept = attic_ + "/" + std::to_string(++kept_);
  return ::link(path.c_str(), kept.c_str()) == 0 ? kept : std::string();
}

void DurableState::before_remove(const std::string& path) {
  const auto kept = keep(path);
  changes_.push_back({{parent_of(path)}, [path, kept] {
                        if (inode_at(path) != 0) return;  // something newer, which lasts, took the name
                        if (kept.empty()) (void)::mkdir(path.c_str(), 0777);
                        give_back(kept, path);
                      }});
}

void DurableState::before_rename(const std::string& from, const std::string& to) {
  const auto kept = keep(to);
  const auto undo = [from, to, kept, inode = inode_at(from)] {
    if (inode_at(to) != inode) return;  // moved on since, by a change that lasts
    if (inode_at(from) == 0) (void)::rename(to.c_str(), from.c_str());
    give_back(kept, to);
  };
  changes_.push_back({{parent_of(from), parent_of(to)}, undo});
}

void DurableState::synced_file(int fd) { dirty_.erase(inode_of(fd)); }

void DurableState::synced_folder(const std::string& path) {
  std::erase_if(changes_, [&](const Change& change) { return change.folders.contains(path); });
}

void DurableState::synced_all() {
  dirty_.clear();
  changes_.clear();
}

void DurableState::lose(const Goes& bytes_go, const Goes& name_goes) {
  for (const auto& [inode, dirty] : dirty_) {
    if (bytes_go()) set_content(dirty.fd.value(), dirty.durable);
  }
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (name_goes()) change->undo();
  }
  synced_all();
}

}  // namespace larder::test
