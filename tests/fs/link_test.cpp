#include "fs/link.hpp"

#include "support/catch.hpp"
#include "support/fault_disk.hpp"
#include "support/temp_dir.hpp"

#include <cerrno>
#include <csignal>

using larder::ErrorCode;
using larder::fs::place_file;
using larder::fs::Placed;
using larder::fs::Sharing;
using larder::test::FaultDisk;
using larder::test::TempDir;

namespace {

const larder::CancelToken kNever;

struct Rig {
  TempDir dir;
  std::unique_ptr<larder::fs::Disk> real = larder::fs::make_real_disk();
  FaultDisk disk{*real};
};

}  // namespace

TEST_CASE("place_file: a shared file is a hard link", "[fs][link]") {
  Rig rig;
  const auto from = rig.dir.write("from", "bytes");
  CHECK(place_file(rig.disk, from, rig.dir / "to", Sharing::Same, kNever).value() == Placed::HardLink);
  CHECK(rig.real->look(from).value()->inode == rig.real->look(rig.dir / "to").value()->inode);
}

TEST_CASE("place_file: a separate file has an inode of its own and is synced", "[fs][link]") {
  Rig rig;
  const auto content = std::string(700'000, 'x') + "end";
  const auto from = rig.dir.write("from", content);
  const auto placed = place_file(rig.disk, from, rig.dir / "to", Sharing::Separate, kNever);
  REQUIRE(placed);
  CHECK(*placed != Placed::HardLink);
  CHECK(rig.dir.read("to") == content);
  CHECK(rig.real->look(from).value()->inode != rig.real->look(rig.dir / "to").value()->inode);
  CHECK(rig.disk.calls().back() == "sync_file ");
}

TEST_CASE("place_file: where links are refused the bytes are copied", "[fs][link]") {  // L31
  for (const int refusal : {EPERM, EMLINK, EXDEV, EOPNOTSUPP}) {
    Rig rig;
    rig.disk.fail_if([&](std::string_view call, const std::string&) { return call == "make_hard_link" ? refusal : 0; });
    const auto placed = place_file(rig.disk, rig.dir.write("from", "bytes"), rig.dir / "to", Sharing::Same, kNever);
    REQUIRE(placed);
    CHECK(*placed != Placed::HardLink);
    CHECK(rig.dir.read("to") == "bytes");
  }
}

TEST_CASE("place_file: an existing target stays and is an error", "[fs][link]") {
  Rig rig;
  const auto from = rig.dir.write("from", "new");
  const auto to = rig.dir.write("to", "old");
  for (const auto sharing : {Sharing::Same, Sharing::Separate}) {
    const auto placed = place_file(rig.disk, from, to, sharing, kNever);
    REQUIRE_FALSE(placed);
    CHECK(placed.error().os_error == EEXIST);
    CHECK(rig.dir.read("to") == "old");
  }
}

TEST_CASE("place_file: a failure or a cancel leaves no half file", "[fs][link]") {
  Rig rig;
  const auto from = rig.dir.write("from", "bytes");
  for (const auto* call : {"write_at", "sync_file", "clone"}) {
    rig.disk.fail_if([&](std::string_view made, const std::string&) { return made == call ? ENOSPC : 0; });
    const auto placed = place_file(rig.disk, from, rig.dir / "to", Sharing::Separate, kNever);
    if (placed) continue;  // a reflink writes nothing
    CHECK(placed.error().code == ErrorCode::DiskFull);
    CHECK_FALSE(rig.dir.has("to"));
  }
  rig.disk.fail_if({});
  larder::CancelSource cancel;
  cancel.interrupt(SIGINT);
  const auto placed = place_file(rig.disk, from, rig.dir / "other", Sharing::Separate, cancel.token());
  if (!placed) {
    CHECK(placed.error().code == ErrorCode::Interrupted);
    CHECK_FALSE(rig.dir.has("other"));
  }
}

TEST_CASE("place_file: a link is no source", "[fs][link]") {
  Rig rig;
  rig.dir.write("victim", "x");
  const auto link = rig.dir.link("link", "victim");
  for (const auto sharing : {Sharing::Same, Sharing::Separate}) {
    CHECK(place_file(rig.disk, link, rig.dir / "to", sharing, kNever).error().code == ErrorCode::UnsafeLink);
    CHECK_FALSE(rig.dir.has("to"));
  }
}
