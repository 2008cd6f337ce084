// FaultDisk: a disk that fails, stops or forgets on command.
#pragma once

#include "fs/forwarding_disk.hpp"
#include "support/durable_state.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::test {

/// Passes everything on to `inner` and counts the *steps*: calls that make, change, sync or remove something, from 1. Reading is no
/// step. Thread: any.
class FaultDisk final : public fs::ForwardingDisk {
 public:
  /// `attic`: an existing empty folder on the same file system and outside of what is tested; needed for lose_unsynced() only.
  explicit FaultDisk(fs::Disk& inner, std::string attic = {});

  /// Step `number` fails once with `errno_value` and does nothing.
  void fail_at(std::size_t number, int errno_value);
  /// Asked before every step, with the call's name ("rename") and path ("" where it has only a descriptor): an errno other than 0 fails it.
  void fail_if(std::function<int(std::string_view call, const std::string& path)> rule);
  /// The process "dies" in step `number`: it is not done (of a write, the first half is), and every later call fails, reading too.
  void crash_at(std::size_t number);
  [[nodiscard]] bool crashed() const;

  [[nodiscard]] std::size_t steps() const;
  /// Every step so far: "rename /to", "sync_folder /a", "write_at 4096+100" …
  [[nodiscard]] std::vector<std::string> calls() const;

  /// What of the unsynced a power loss takes: all; the bytes and no name (ext4 writes its journal first); of both what `seed` says.
  enum class Loss : std::uint8_t { All, Bytes, Some };
  /// The power fails: what was not synced is taken back (DurableState). Everybody must have let go of the disk.
  void lose_unsynced(Loss loss = Loss::All, std::uint32_t seed = 1);

  Result<UniqueFd> create_new(const std::string& path) override;
  Result<UniqueFd> open_read(const std::string& path) override;
  Result<UniqueFd> open_write(const std::string& path) override;
  Result<std::optional<std::string>> read_small(const std::string& path, std::uint64_t limit) override;
  Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override;
  Result<void> append(int fd, std::span<const std::byte> bytes) override;
  Result<std::size_t> read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) override;
  Result<void> truncate(int fd, std::uint64_t size) override;
  Result<void> reserve(int fd, std::uint64_t size) override;
  Result<void> sync_data(int fd) override;
  Result<void> sync_file(int fd) override;
  Result<void> sync_folder(const std::string& path) override;
  Result<void> sync_filesystem(int fd) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<bool> rename_new(const std::string& from, const std::string& to) override;
  Result<bool> make_symlink(const std::string& target, const std::string& path) override;
  Result<bool> make_hard_link(const std::string& from, const std::string& to) override;
  Result<bool> clone(int from_fd, int to_fd) override;
  Result<bool> remove_file(const std::string& path) override;
  Result<bool> remove_folder(const std::string& path) override;
  Result<bool> make_folder(const std::string& path) override;
  /// One step for each folder that is missing.
  Result<void> make_folders(const std::string& path) override;
  Result<void> touch(const std::string& path) override;
  Result<std::optional<fs::FileFacts>> look(const std::string& path) override;
  Result<std::optional<fs::FileFacts>> look_through(const std::string& path) override;
  Result<fs::FileFacts> look_at(int fd) override;
  Result<std::optional<std::string>> read_link(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::optional<fs::SpaceFacts>> space(const std::string& path) override;

 private:
  Result<void> step(std::string_view call, const std::string& path, const std::string& shown);
  Result<void> step(std::string_view call, const std::string& path) { return step(call, path, path); }
  Result<void> alive() const;
  template <class Change>
  void remember(Change change);

  mutable std::recursive_mutex mutex_;  // recursive: make_folders makes each folder by make_folder
  std::optional<DurableState> durable_;
  std::vector<std::string> calls_;
  std::size_t fail_number_ = 0;
  int fail_errno_ = 0;
  std::size_t crash_number_ = 0;
  bool crashed_ = false;
  std::function<int(std::string_view, const std::string&)> rule_;
};

}  // namespace larder::test
