#include "fs/atomic_file.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using larder::fs::AtomicFile;

namespace {

struct Rig {
  larder::test::TempDir dir;
  std::unique_ptr<larder::fs::Disk> disk = larder::fs::make_real_disk();
  std::string temp = dir / "temp";
  std::string path = dir / "file";
};

}  // namespace

TEST_CASE("AtomicFile: replaces the file at once, and its temp is gone", "[fs][atomic_file]") {
  const Rig rig;
  rig.dir.write("file", "old");
  {
    auto file = AtomicFile::create(*rig.disk, rig.temp);
    REQUIRE(file);
    REQUIRE(file->append("ne"));
    REQUIRE(file->append("w"));
    REQUIRE(file->sync());
    CHECK(rig.dir.read("file") == "old");
    REQUIRE(file->rename_to(rig.path));
  }
  CHECK(rig.dir.read("file") == "new");
  CHECK_FALSE(rig.dir.has("temp"));
}

TEST_CASE("AtomicFile: without its name it leaves nothing behind", "[fs][atomic_file]") {
  const Rig rig;
  rig.dir.write("file", "old");
  {
    auto file = AtomicFile::create(*rig.disk, rig.temp);
    REQUIRE(file);
    REQUIRE(file->append("new"));
    CHECK(file->rename_new_to(rig.path) == false);
    CHECK_FALSE(file->rename_to(rig.dir / "no/such/folder"));
    CHECK(rig.dir.has("temp"));
  }
  CHECK(rig.dir.read("file") == "old");
  CHECK_FALSE(rig.dir.has("temp"));
}

TEST_CASE("AtomicFile: whoever holds it last decides", "[fs][atomic_file]") {
  const Rig rig;
  {
    auto first = AtomicFile::create(*rig.disk, rig.temp);
    REQUIRE(first);
    auto second = AtomicFile::create(*rig.disk, rig.dir / "second");
    REQUIRE(second);
    *second = std::move(*first);
    CHECK_FALSE(rig.dir.has("second"));
    CHECK(rig.dir.has("temp"));
    CHECK(second->rename_new_to(rig.path) == true);
  }
  CHECK(rig.dir.has("file"));
}

TEST_CASE("AtomicFile: a temp that is there belongs to somebody", "[fs][atomic_file]") {
  const Rig rig;
  rig.dir.write("temp", "theirs");
  CHECK_FALSE(AtomicFile::create(*rig.disk, rig.temp));
  CHECK(rig.dir.read("temp") == "theirs");
}
