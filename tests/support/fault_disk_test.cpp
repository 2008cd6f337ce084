#include "support/fault_disk.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <cerrno>

using larder::ErrorCode;
using larder::test::FaultDisk;
using larder::test::TempDir;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

struct Rig {
  TempDir dir;
  TempDir attic;
  std::unique_ptr<larder::fs::Disk> real = larder::fs::make_real_disk();
  FaultDisk disk{*real, attic.path()};

  // The commit order in small: temp, bytes, sync, rename, sync of the folder.
  larder::Result<void> publish(const std::string& name, std::string_view content) {
    LARDER_TRY(const auto fd, disk.create_new(dir / "tmp"));
    LARDER_CHECK(disk.write_at(fd.value(), bytes_of(content), 0));
    LARDER_CHECK(disk.sync_file(fd.value()));
    LARDER_CHECK(disk.rename(dir / "tmp", dir / name));
    return disk.sync_folder(dir.path());
  }
};

}  // namespace

TEST_CASE("FaultDisk: counts steps and names them", "[support][fault_disk]") {
  Rig rig;
  REQUIRE(rig.publish("blob", "bytes"));
  CHECK(rig.disk.calls() == std::vector<std::string>{"create_new " + (rig.dir / "tmp"), "write_at 0+5", "sync_file ",
                                                     "rename " + (rig.dir / "blob"), "sync_folder " + rig.dir.path()});
  CHECK(rig.disk.look(rig.dir / "blob").value());
  CHECK(rig.disk.steps() == 5);
}

TEST_CASE("FaultDisk: one step fails with the given errno, the next ones work", "[support][fault_disk]") {
  Rig rig;
  rig.disk.fail_at(2, ENOSPC);
  const auto published = rig.publish("blob", "bytes");
  REQUIRE_FALSE(published);
  CHECK(published.error().code == ErrorCode::DiskFull);
  CHECK(rig.disk.remove_file(rig.dir / "tmp").value());
}

TEST_CASE("FaultDisk: after a crash nothing works, and the disk is as it was", "[support][fault_disk]") {
  for (std::size_t step = 1; step <= 5; ++step) {
    Rig rig;
    rig.disk.crash_at(step);
    CHECK_FALSE(rig.publish("blob", "bytes"));
    CHECK(rig.disk.crashed());
    CHECK_FALSE(rig.disk.look(rig.dir / "blob"));
    CHECK_FALSE(rig.disk.make_folder(rig.dir / "x"));
    CHECK(rig.disk.steps() == step);
    CHECK(rig.dir.has("blob") == (step == 5));
    if (step == 2) CHECK(rig.dir.read("tmp") == "by");  // torn
  }
}

TEST_CASE("FaultDisk: a power loss takes back what was not synced and nothing else", "[support][fault_disk]") {
  Rig rig;
  REQUIRE(rig.publish("safe", "old"));
  SECTION("bytes of a synced name") {
    {
      const auto fd = rig.disk.open_write(rig.dir / "safe");
      REQUIRE(rig.disk.write_at(fd->value(), bytes_of("newer"), 0));
    }
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("safe") == "old");
  }
  SECTION("the bytes of a fresh file whose name is there first") {
    {
      const auto fd = rig.disk.create_new(rig.dir / "temp");
      REQUIRE(rig.disk.write_at(fd->value(), bytes_of("never synced"), 0));
      REQUIRE(rig.disk.rename(rig.dir / "temp", rig.dir / "fresh"));
    }
    rig.disk.lose_unsynced(FaultDisk::Loss::Bytes);
    CHECK(rig.dir.has("fresh"));
    CHECK(rig.dir.read("fresh").empty());
    CHECK(rig.dir.read("safe") == "old");
  }
  SECTION("a name whose folder was not synced") {
    const auto fd = rig.disk.create_new(rig.dir / "fresh");
    REQUIRE(rig.disk.sync_file(fd->value()));
    rig.disk.lose_unsynced();
    CHECK_FALSE(rig.dir.has("fresh"));
    CHECK(rig.dir.read("safe") == "old");
  }
  SECTION("a rename over another file") {
    rig.dir.write("later", "later");
    REQUIRE(rig.disk.rename(rig.dir / "later", rig.dir / "safe"));
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("safe") == "old");
    CHECK(rig.dir.read("later") == "later");
  }
  SECTION("a synced rename without synced bytes is an empty file") {
    {
      const auto fd = rig.disk.create_new(rig.dir / "tmp");
      REQUIRE(rig.disk.write_at(fd->value(), bytes_of("lost"), 0));
    }
    REQUIRE(rig.disk.rename(rig.dir / "tmp", rig.dir / "blob"));
    REQUIRE(rig.disk.sync_folder(rig.dir.path()));
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("blob").empty());
  }
  SECTION("removals, links and folders") {
    REQUIRE(rig.disk.make_symlink("safe", rig.dir / "link"));
    REQUIRE(rig.disk.make_folders(rig.dir / "new/deep"));
    REQUIRE(rig.disk.create_new(rig.dir / "new/deep/file"));
    REQUIRE(rig.disk.remove_file(rig.dir / "safe"));
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("safe") == "old");
    CHECK_FALSE(rig.dir.has("link"));
    CHECK_FALSE(rig.dir.has("new"));
  }
  SECTION("syncfs makes all of it last") {
    const auto fd = rig.disk.create_new(rig.dir / "fresh");
    REQUIRE(rig.disk.write_at(fd->value(), bytes_of("x"), 0));
    REQUIRE(rig.disk.sync_filesystem(fd->value()));
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("fresh") == "x");
  }
  SECTION("a folder renamed and not synced goes back with its content") {
    rig.dir.write("part/data", "x");
    REQUIRE(rig.disk.rename_new(rig.dir / "part", rig.dir / "taken").value());
    rig.disk.lose_unsynced();
    CHECK(rig.dir.read("part/data") == "x");
    CHECK_FALSE(rig.dir.has("taken"));
  }
}

TEST_CASE("FaultDisk: after every step a loss leaves the blob whole or absent", "[support][fault_disk]") {
  for (std::size_t step = 1; step <= 6; ++step) {
    Rig rig;
    rig.disk.crash_at(step);
    const bool done = rig.publish("blob", "bytes").has_value();
    rig.disk.lose_unsynced();
    CHECK(done == (step == 6));
    CHECK(rig.dir.has("blob") == done);
    if (done) CHECK(rig.dir.read("blob") == "bytes");
  }
}
