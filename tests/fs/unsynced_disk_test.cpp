#include "fs/disk.hpp"

#include "support/catch.hpp"
#include "support/fault_disk.hpp"
#include "support/temp_dir.hpp"

TEST_CASE("UnsyncedDisk: leaves out the syncs and nothing else", "[fs][unsynced_disk]") {
  const larder::test::TempDir dir;
  const auto real = larder::fs::make_real_disk();
  larder::test::FaultDisk counted(*real);
  const auto disk = larder::fs::make_unsynced_disk(counted);
  const auto fd = disk->create_new(dir / "a");
  REQUIRE(disk->sync_data(fd->value()));
  REQUIRE(disk->sync_file(fd->value()));
  REQUIRE(disk->sync_folder(dir.path()));
  REQUIRE(disk->sync_filesystem(fd->value()));
  REQUIRE(disk->rename(dir / "a", dir / "b"));
  CHECK(counted.calls() == std::vector<std::string>{"create_new " + (dir / "a"), "rename " + (dir / "b")});
}
