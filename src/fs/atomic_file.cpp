#include "fs/atomic_file.hpp"

#include "base/text.hpp"

#include <utility>

namespace larder::fs {

Result<AtomicFile> AtomicFile::create(Disk& disk, std::string temp) {
  LARDER_TRY(UniqueFd fd, disk.create_new(temp));
  return AtomicFile(disk, std::move(temp), std::move(fd));
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : disk_(other.disk_), temp_(std::exchange(other.temp_, {})), fd_(std::move(other.fd_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  AtomicFile moved(std::move(other));
  std::swap(disk_, moved.disk_);
  std::swap(temp_, moved.temp_);
  std::swap(fd_, moved.fd_);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (!temp_.empty()) (void)disk_->remove_file(temp_);
}

Result<void> AtomicFile::append(std::string_view text) { return disk_->append(fd(), bytes_of(text)); }

Result<void> AtomicFile::rename_to(const std::string& path) {
  LARDER_CHECK(disk_->rename(temp_, path));
  temp_.clear();
  return {};
}

Result<bool> AtomicFile::rename_new_to(const std::string& path) {
  LARDER_TRY(const bool is_renamed, disk_->rename_new(temp_, path));
  if (is_renamed) temp_.clear();
  return is_renamed;
}

}  // namespace larder::fs
