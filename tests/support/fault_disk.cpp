#include "support/fault_disk.hpp"

#include <cerrno>
#include <random>

namespace larder::test {
namespace {

using Lock = std::scoped_lock<std::recursive_mutex>;

tl::unexpected<Error> crash_error() { return fail(ErrorCode::IoFailed, "the disk has stopped (a test's crash)"); }

std::string range_text(std::uint64_t offset, std::size_t size) { return std::to_string(offset) + "+" + std::to_string(size); }

}  // namespace

FaultDisk::FaultDisk(fs::Disk& inner, std::string attic) : ForwardingDisk(inner) {
  if (!attic.empty()) durable_.emplace(std::move(attic));
}

void FaultDisk::fail_at(std::size_t number, int errno_value) {
  const Lock lock(mutex_);
  fail_number_ = number;
  fail_errno_ = errno_value;
}

void FaultDisk::fail_if(std::function<int(std::string_view, const std::string&)> rule) {
  const Lock lock(mutex_);
  rule_ = std::move(rule);
}

void FaultDisk::crash_at(std::size_t number) {
  const Lock lock(mutex_);
  crash_number_ = number;
}

bool FaultDisk::crashed() const {
  const Lock lock(mutex_);
  return crashed_;
}

std::size_t FaultDisk::steps() const {
  const Lock lock(mutex_);
  return calls_.size();
}

std::vector<std::string> FaultDisk::calls() const {
  const Lock lock(mutex_);
  return calls_;
}

void FaultDisk::lose_unsynced(Loss loss, std::uint32_t seed) {
  const Lock lock(mutex_);
  std::minstd_rand coin(seed);
  const auto some = [&coin] { return coin() % 2 == 0; };
  durable_.value().lose([&] { return loss != Loss::Some || some(); }, [&] { return loss == Loss::All || (loss == Loss::Some && some()); });
}

Result<void> FaultDisk::alive() const {
  if (crashed_) return crash_error();
  return {};
}

Result<void> FaultDisk::step(std::string_view call, const std::string& path, const std::string& shown) {
  LARDER_CHECK(alive());
  calls_.push_back(std::string(call) + " " + shown);
  if (calls_.size() == crash_number_) {
    crashed_ = true;
    return crash_error();
  }
  if (calls_.size() == fail_number_) return fail_os(fail_errno_, std::string(call) + " " + shown);
  const int wanted = rule_ ? rule_(call, path) : 0;
  if (wanted != 0) return fail_os(wanted, std::string(call) + " " + shown);
  return {};
}

template <class Change>
void FaultDisk::remember(Change change) {
  if (durable_) change(*durable_);
}

Result<UniqueFd> FaultDisk::create_new(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("create_new", path));
  auto fd = ForwardingDisk::create_new(path);
  if (fd) remember([&](DurableState& state) { state.after_create(fd->value(), path); });
  return fd;
}

Result<void> FaultDisk::write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  remember([&](DurableState& state) { state.before_change(fd); });
  auto allowed = step("write_at", {}, range_text(offset, bytes.size()));
  if (!allowed && crashed_) (void)ForwardingDisk::write_at(fd, bytes.first(bytes.size() / 2), offset);
  if (!allowed) return allowed;
  return ForwardingDisk::write_at(fd, bytes, offset);
}

Result<void> FaultDisk::append(int fd, std::span<const std::byte> bytes) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  remember([&](DurableState& state) { state.before_change(fd); });
  auto allowed = step("append", {}, "+" + std::to_string(bytes.size()));
  if (!allowed && crashed_) (void)ForwardingDisk::append(fd, bytes.first(bytes.size() / 2));
  if (!allowed) return allowed;
  return ForwardingDisk::append(fd, bytes);
}

Result<void> FaultDisk::truncate(int fd, std::uint64_t size) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("truncate", {}, std::to_string(size)));
  remember([&](DurableState& state) { state.before_change(fd); });
  return ForwardingDisk::truncate(fd, size);
}

Result<void> FaultDisk::reserve(int fd, std::uint64_t size) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("reserve", {}, std::to_string(size)));
  return ForwardingDisk::reserve(fd, size);
}

Result<bool> FaultDisk::clone(int from_fd, int to_fd) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("clone", {}));
  remember([&](DurableState& state) { state.before_change(to_fd); });
  return ForwardingDisk::clone(from_fd, to_fd);
}

Result<void> FaultDisk::sync_data(int fd) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("sync_data", {}));
  LARDER_CHECK(ForwardingDisk::sync_data(fd));
  remember([&](DurableState& state) { state.synced_file(fd); });
  return {};
}

Result<void> FaultDisk::sync_file(int fd) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("sync_file", {}));
  LARDER_CHECK(ForwardingDisk::sync_file(fd));
  remember([&](DurableState& state) { state.synced_file(fd); });
  return {};
}

Result<void> FaultDisk::sync_folder(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("sync_folder", path));
  LARDER_CHECK(ForwardingDisk::sync_folder(path));
  remember([&](DurableState& state) { state.synced_folder(path); });
  return {};
}

// The real call would sync the whole machine's file system for each test.
Result<void> FaultDisk::sync_filesystem(int) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("sync_filesystem", {}));
  remember([&](DurableState& state) { state.synced_all(); });
  return {};
}

Result<void> FaultDisk::rename(const std::string& from, const std::string& to) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("rename", to));
  remember([&](DurableState& state) { state.before_rename(from, to); });
  auto renamed = ForwardingDisk::rename(from, to);
  if (!renamed) remember([](DurableState& state) { state.drop_last(); });
  return renamed;
}

Result<bool> FaultDisk::rename_new(const std::string& from, const std::string& to) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("rename_new", to));
  remember([&](DurableState& state) { state.before_rename(from, to); });
  auto renamed = ForwardingDisk::rename_new(from, to);
  if (!renamed || !*renamed) remember([](DurableState& state) { state.drop_last(); });
  return renamed;
}

Result<bool> FaultDisk::make_symlink(const std::string& target, const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("make_symlink", path));
  auto made = ForwardingDisk::make_symlink(target, path);
  if (made && *made) remember([&](DurableState& state) { state.after_make(path); });
  return made;
}

Result<bool> FaultDisk::make_hard_link(const std::string& from, const std::string& to) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("make_hard_link", to));
  auto made = ForwardingDisk::make_hard_link(from, to);
  if (made && *made) remember([&](DurableState& state) { state.after_make(to); });
  return made;
}

Result<bool> FaultDisk::remove_file(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("remove_file", path));
  remember([&](DurableState& state) { state.before_remove(path); });
  auto removed = ForwardingDisk::remove_file(path);
  if (!removed || !*removed) remember([](DurableState& state) { state.drop_last(); });
  return removed;
}

Result<bool> FaultDisk::remove_folder(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("remove_folder", path));
  remember([&](DurableState& state) { state.before_remove(path); });
  auto removed = ForwardingDisk::remove_folder(path);
  if (!removed || !*removed) remember([](DurableState& state) { state.drop_last(); });
  return removed;
}

Result<bool> FaultDisk::make_folder(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("make_folder", path));
  auto made = ForwardingDisk::make_folder(path);
  if (made && *made) remember([&](DurableState& state) { state.after_make(path); });
  return made;
}

Result<void> FaultDisk::make_folders(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_TRY(const auto there, look_through(path));
  if (there) return ForwardingDisk::make_folders(path);  // a folder, or the error that it is none
  const auto slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) LARDER_CHECK(make_folders(path.substr(0, slash)));
  LARDER_CHECK(make_folder(path));
  return {};
}

Result<void> FaultDisk::touch(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(step("touch", path));
  return ForwardingDisk::touch(path);
}

Result<UniqueFd> FaultDisk::open_read(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::open_read(path);
}

Result<UniqueFd> FaultDisk::open_write(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::open_write(path);
}

Result<std::optional<std::string>> FaultDisk::read_small(const std::string& path, std::uint64_t limit) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::read_small(path, limit);
}

Result<std::size_t> FaultDisk::read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::read_at(fd, bytes, offset);
}

Result<std::optional<fs::FileFacts>> FaultDisk::look(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::look(path);
}

Result<std::optional<fs::FileFacts>> FaultDisk::look_through(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::look_through(path);
}

Result<fs::FileFacts> FaultDisk::look_at(int fd) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::look_at(fd);
}

Result<std::optional<std::string>> FaultDisk::read_link(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::read_link(path);
}

Result<std::vector<std::string>> FaultDisk::list(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::list(path);
}

Result<std::optional<fs::SpaceFacts>> FaultDisk::space(const std::string& path) {
  const Lock lock(mutex_);
  LARDER_CHECK(alive());
  return ForwardingDisk::space(path);
}

}  // namespace larder::test
