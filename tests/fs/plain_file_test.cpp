#include "fs/plain_file.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/stat.h>

TEST_CASE("read_plain: a regular file up to the limit, and nothing else", "[fs][plain_file]") {
  const larder::test::TempDir dir;
  const auto disk = larder::fs::make_real_disk();
  constexpr std::uint64_t kLimit = 4;
  const auto read = [&](const std::string& name) { return larder::fs::read_plain(*disk, dir / name, kLimit).value(); };
  dir.write("full", "1234");
  dir.write("long", "12345");
  dir.write("empty", "");
  dir.folder("folder");
  dir.link("link", "full");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(read("full") == "1234");
  CHECK(read("empty") == "");
  for (const char* name : {"long", "folder", "link", "fifo", "absent", "full/below"}) {
    CAPTURE(name);
    CHECK_FALSE(read(name));
  }
}
