#include "fs/disk.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

using larder::ErrorCode;
using larder::UniqueFd;
using larder::fs::FileKind;
using larder::test::TempDir;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

const auto kDisk = larder::fs::make_real_disk();

larder::fs::Disk& disk() { return *kDisk; }

}  // namespace

TEST_CASE("RealDisk: a new file is new, and its mode follows the umask", "[fs][real_disk]") {
  const TempDir dir;
  const auto old = ::umask(027);
  {
    const auto fd = disk().create_new(dir / "a");
    REQUIRE(fd);
    CHECK((::fcntl(fd->value(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  ::umask(old);
  CHECK(disk().look(dir / "a").value()->mode == 0640);
  const auto again = disk().create_new(dir / "a");
  REQUIRE_FALSE(again);
  CHECK(again.error().os_error == EEXIST);
  CHECK(again.error().message.find(dir / "a") != std::string::npos);
}

TEST_CASE("RealDisk: a planted link is never written or opened through", "[fs][real_disk]") {  // T48
  const TempDir dir;
  dir.write("victim", "precious");
  dir.link("link", "victim");
  dir.link("dangling", "nowhere");
  CHECK_FALSE(disk().create_new(dir / "link"));
  CHECK_FALSE(disk().create_new(dir / "dangling"));
  CHECK(disk().open_read(dir / "link").error().code == ErrorCode::UnsafeLink);
  CHECK(disk().open_write(dir / "link").error().code == ErrorCode::UnsafeLink);
  CHECK(dir.read("victim") == "precious");
  CHECK_FALSE(dir.has("nowhere"));
}

TEST_CASE("RealDisk: opening never hangs on a fifo and takes no folder for a file", "[fs][real_disk]") {  // C13
  const TempDir dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  dir.folder("folder");
  for (const auto* name : {"fifo", "folder"}) {
    INFO(name);
    CHECK(disk().open_read(dir / name).error().code == ErrorCode::UnsafeLink);
    CHECK(disk().open_write(dir / name).error().code == ErrorCode::UnsafeLink);
  }
  CHECK(disk().open_read(dir / "nothing").error().code == ErrorCode::NotInCache);
  CHECK(disk().read_small(dir / "fifo", 10).error().code == ErrorCode::UnsafeLink);
}

TEST_CASE("RealDisk: small files are read whole, through links, within a limit", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("ref", "0123456789");
  dir.link("link", "ref");
  dir.link("dangling", "nowhere");
  dir.folder("folder");
  CHECK(disk().read_small(dir / "ref", 10).value() == "0123456789");
  CHECK(disk().read_small(dir / "link", 10).value() == "0123456789");
  CHECK(disk().read_small(dir / "ref", 9).error().code == ErrorCode::StoreDamaged);
  for (const auto* name : {"nothing", "dangling", "folder", "ref/below"}) CHECK(disk().read_small(dir / name, 10).value() == std::nullopt);
}

TEST_CASE("RealDisk: bytes go to their offset, appended ones to the end, and come back", "[fs][real_disk]") {
  const TempDir dir;
  const auto fd = disk().create_new(dir / "data").value().release();
  const UniqueFd owner(fd);
  REQUIRE(disk().write_at(fd, bytes_of("world"), 6));
  REQUIRE(disk().write_at(fd, bytes_of("hello "), 0));
  REQUIRE(disk().append(fd, bytes_of("!")));
  CHECK(dir.read("data") == "hello world!");
  std::array<std::byte, 64> space{};
  CHECK(disk().read_at(fd, std::span(space).first(5), 6).value() == 5);
  CHECK(std::string(reinterpret_cast<const char*>(space.data()), 5) == "world");
  CHECK(disk().read_at(fd, space, 6).value() == 6);
  CHECK(disk().read_at(fd, space, 100).value() == 0);
  REQUIRE(disk().truncate(fd, 5));
  CHECK(dir.read("data") == "hello");
  REQUIRE(disk().reserve(fd, 0));
  REQUIRE(disk().reserve(fd, 1 << 20));
  CHECK(disk().look_at(fd).value().size == 5);
  disk().start_writeback(fd, {0, 5});
  disk().start_read(fd, {0, 5});
  disk().start_read(-1, {0, 5});
  CHECK(disk().sync_data(fd));
  CHECK(disk().sync_file(fd));
  CHECK(disk().sync_folder(dir.path()));
  CHECK(disk().sync_filesystem(fd));
}

TEST_CASE("RealDisk: where files lie in memory nothing is reserved", "[fs][real_disk]") {
  struct statfs facts {};
  const UniqueFd fd(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.value() < 0 || ::fstatfs(fd.value(), &facts) != 0 || facts.f_type != TMPFS_MAGIC) {
    WARN("no tmpfs at /dev/shm: not tried");
    return;
  }
  REQUIRE(disk().reserve(fd.value(), 1 << 20));
  struct stat info {};
  REQUIRE(::fstat(fd.value(), &info) == 0);
  CHECK(info.st_blocks == 0);
}

TEST_CASE("RealDisk: a failed write names the file", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("data", "x");
  const auto fd = disk().open_read(dir / "data");
  const auto written = disk().write_at(fd->value(), bytes_of("y"), 0);
  REQUIRE_FALSE(written);
  CHECK(written.error().os_error == EBADF);
  CHECK(written.error().message.find(dir / "data") != std::string::npos);
}

TEST_CASE("RealDisk: a full device is DiskFull", "[fs][real_disk]") {  // L7
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto written = disk().write_at(full.value(), bytes_of("x"), 0);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::DiskFull);
}

TEST_CASE("RealDisk: rename replaces, rename_new does not", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("a", "A");
  dir.write("b", "B");
  CHECK_FALSE(disk().rename_new(dir / "a", dir / "b").value());
  CHECK(dir.read("b") == "B");
  CHECK(disk().rename_new(dir / "a", dir / "c").value());
  CHECK(dir.read("c") == "A");
  REQUIRE(disk().rename(dir / "c", dir / "b"));
  CHECK(dir.read("b") == "A");
  CHECK(disk().rename(dir / "nothing", dir / "b").error().os_error == ENOENT);
  CHECK_FALSE(disk().rename_new(dir / "nothing", dir / "x"));
  dir.link("dangling", "nowhere");
  CHECK_FALSE(disk().rename_new(dir / "b", dir / "dangling").value());
}

TEST_CASE("RealDisk: rename_new takes a folder exactly once", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("run1/data", "x");
  dir.folder("there");
  CHECK_FALSE(disk().rename_new(dir / "run1", dir / "there").value());
  CHECK(disk().rename_new(dir / "run1", dir / "run2").value());
  CHECK(disk().rename_new(dir / "run1", dir / "run3").error().os_error == ENOENT);
}

TEST_CASE("RealDisk: links are made once and never followed", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("blob", "x");
  CHECK(disk().make_symlink("../blob", dir / "link").value());
  CHECK_FALSE(disk().make_symlink("other", dir / "link").value());
  CHECK(disk().read_link(dir / "link").value() == "../blob");
  CHECK(disk().read_link(dir / "blob").value() == std::nullopt);
  CHECK(disk().read_link(dir / "nothing").value() == std::nullopt);
  CHECK(disk().make_hard_link(dir / "blob", dir / "second").value());
  CHECK_FALSE(disk().make_hard_link(dir / "blob", dir / "second").value());
  CHECK(disk().look(dir / "blob").value()->links == 2);
  CHECK(disk().look(dir / "blob").value()->inode == disk().look(dir / "second").value()->inode);
  CHECK(disk().remove_file(dir / "link").value());
  CHECK(dir.has("blob"));
}

TEST_CASE("RealDisk: removing says whether something was there", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("full/file", "x");
  CHECK_FALSE(disk().remove_folder(dir / "full").value());
  CHECK(disk().remove_file(dir / "full/file").value());
  CHECK_FALSE(disk().remove_file(dir / "full/file").value());
  CHECK_FALSE(disk().remove_file(dir / "nowhere/file").value());
  CHECK(disk().remove_folder(dir / "full").value());
  CHECK_FALSE(disk().remove_folder(dir / "full").value());
  dir.folder("folder");
  CHECK_FALSE(disk().remove_file(dir / "folder"));
}

TEST_CASE("RealDisk: folders are made with their parents, also through links", "[fs][real_disk]") {
  const TempDir dir;
  dir.folder("real");
  dir.link("link", "real");
  REQUIRE(disk().make_folders(dir / "link/a/b/c"));
  CHECK(dir.has("real/a/b/c"));
  REQUIRE(disk().make_folders(dir / "link/a/b/c"));
  REQUIRE(disk().make_folders(dir / "trailing/slash/"));
  CHECK(dir.has("trailing/slash"));
  REQUIRE(disk().make_folders("/"));
  dir.write("file", "x");
  CHECK_FALSE(disk().make_folders(dir / "file"));
  CHECK_FALSE(disk().make_folders(dir / "file/below"));
  dir.link("dangling", "nowhere");
  CHECK_FALSE(disk().make_folders(dir / "dangling"));
  CHECK_FALSE(disk().make_folder(dir / "file").value());
  CHECK(disk().make_folder(dir / "one").value());
}

TEST_CASE("RealDisk: look tells kinds, look_through follows", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("file", std::string(5000, 'x'));
  dir.link("link", "file");
  dir.link("dangling", "nowhere");
  const auto file = disk().look(dir / "file").value();
  CHECK(file->kind == FileKind::Regular);
  CHECK(file->size == 5000);
  CHECK(file->allocated % 512 == 0);
  CHECK(file->owner == ::getuid());
  CHECK(disk().look(dir / "link").value()->kind == FileKind::Symlink);
  CHECK(disk().look_through(dir / "link").value()->inode == file->inode);
  CHECK(disk().look(dir.path()).value()->kind == FileKind::Folder);
  CHECK(disk().look("/dev/null").value()->kind == FileKind::Other);
  CHECK(disk().look(dir / "dangling").value());
  CHECK_FALSE(disk().look_through(dir / "dangling").value());
  CHECK_FALSE(disk().look(dir / "nothing").value());
  CHECK_FALSE(disk().look(dir / "file/below").value());
}

TEST_CASE("RealDisk: touch sets the time of a file and of a link itself", "[fs][real_disk]") {
  const TempDir dir;
  const auto path = dir.write("used", "");
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  CHECK(disk().look(path).value()->mtime_ns == 1'000'000'000'000);
  REQUIRE(disk().touch(path));
  CHECK(disk().look(path).value()->mtime_ns > 1'700'000'000'000'000'000);
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  REQUIRE(disk().touch(dir.link("link", "used")));
  CHECK(disk().look(path).value()->mtime_ns == 1'000'000'000'000);
}

TEST_CASE("RealDisk: a list is sorted, without dots, empty for nothing", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("b", "");
  dir.write(".hidden", "");
  dir.write("a/x", "");
  CHECK(disk().list(dir.path()).value() == std::vector<std::string>{".hidden", "a", "b"});
  CHECK(disk().list(dir / "nothing").value().empty());
  CHECK_FALSE(disk().list(dir / "b"));
}

TEST_CASE("RealDisk: names in errors are escaped", "[fs][real_disk]") {  // T3
  const auto made = disk().create_new("/nowhere/\x1b[31m\nx");
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find('\x1b') == std::string::npos);
  CHECK(made.error().message.find('\n') == std::string::npos);
}

TEST_CASE("RealDisk: clone copies the bytes or says that it cannot", "[fs][real_disk]") {
  const TempDir dir;
  dir.write("from", "some bytes");
  const auto from = disk().open_read(dir / "from");
  const auto to = disk().create_new(dir / "to");
  const auto cloned = disk().clone(from->value(), to->value());
  REQUIRE(cloned);
  CHECK(dir.read("to") == (*cloned ? "some bytes" : ""));
}

TEST_CASE("RealDisk: space knows this file system, and nothing about proc", "[fs][real_disk]") {  // L8
  const TempDir dir;
  const auto space = disk().space(dir.path()).value();
  REQUIRE(space);
  CHECK(space->free_bytes > 0);
  CHECK(space->free_inodes > 0);
  CHECK(disk().space("/proc").value() == std::nullopt);
  CHECK_FALSE(disk().space(dir / "nothing"));
}
