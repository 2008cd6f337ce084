// ForwardingDisk: a Disk that passes every call on, to be changed in some of them.
#pragma once

#include "fs/disk.hpp"

namespace larder::fs {

/// Borrows the inner disk, which must outlive it. Thread: any, if the inner one allows it.
class ForwardingDisk : public Disk {
 public:
  explicit ForwardingDisk(Disk& inner) : inner_(inner) {}

  Result<UniqueFd> create_new(const std::string& path) override { return inner_.create_new(path); }
  Result<UniqueFd> open_read(const std::string& path) override { return inner_.open_read(path); }
  Result<UniqueFd> open_write(const std::string& path) override { return inner_.open_write(path); }
  Result<std::optional<std::string>> read_small(const std::string& path, std::uint64_t limit) override {
    return inner_.read_small(path, limit);
  }
  Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override {
    return inner_.write_at(fd, bytes, offset);
  }
  Result<void> append(int fd, std::span<const std::byte> bytes) override { return inner_.append(fd, bytes); }
  Result<std::size_t> read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) override {
    return inner_.read_at(fd, bytes, offset);
  }
  Result<void> truncate(int fd, std::uint64_t size) override { return inner_.truncate(fd, size); }
  Result<void> reserve(int fd, std::uint64_t size) override { return inner_.reserve(fd, size); }
  void start_read(int fd, ByteRange range) override { inner_.start_read(fd, range); }
  void start_writeback(int fd, ByteRange range) override { inner_.start_writeback(fd, range); }
  Result<void> sync_data(int fd) override { return inner_.sync_data(fd); }
  Result<void> sync_file(int fd) override { return inner_.sync_file(fd); }
  Result<void> sync_folder(const std::string& path) override { return inner_.sync_folder(path); }
  Result<void> sync_filesystem(int fd) override { return inner_.sync_filesystem(fd); }
  Result<void> rename(const std::string& from, const std::string& to) override { return inner_.rename(from, to); }
  Result<bool> rename_new(const std::string& from, const std::string& to) override { return inner_.rename_new(from, to); }
  Result<bool> make_symlink(const std::string& target, const std::string& path) override { return inner_.make_symlink(target, path); }
  Result<bool> make_hard_link(const std::string& from, const std::string& to) override { return inner_.make_hard_link(from, to); }
  Result<bool> clone(int from_fd, int to_fd) override { return inner_.clone(from_fd, to_fd); }
  Result<bool> remove_file(const std::string& path) override { return inner_.remove_file(path); }
  Result<bool> remove_folder(const std::string& path) override { return inner_.remove_folder(path); }
  Result<bool> make_folder(const std::string& path) override { return inner_.make_folder(path); }
  Result<void> make_folders(const std::string& path) override { return inner_.make_folders(path); }
  Result<void> touch(const std::string& path) override { return inner_.touch(path); }
  Result<std::optional<FileFacts>> look(const std::string& path) override { return inner_.look(path); }
  Result<std::optional<FileFacts>> look_through(const std::string& path) override { return inner_.look_through(path); }
  Result<FileFacts> look_at(int fd) override { return inner_.look_at(fd); }
  Result<std::optional<std::string>> read_link(const std::string& path) override { return inner_.read_link(path); }
  Result<std::vector<std::string>> list(const std::string& path) override { return inner_.list(path); }
  Result<std::optional<SpaceFacts>> space(const std::string& path) override { return inner_.space(path); }
  Result<std::size_t> longest_name(const std::string& path) override { return inner_.longest_name(path); }

 private:
  Disk& inner_;
};

}  // namespace larder::fs
