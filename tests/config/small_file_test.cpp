#include <larder/config/small_file.hpp>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/stat.h>

using namespace larder::config;

TEST_CASE("SmallFile: read with its mode", "[config][small_file]") {
  const larder::test::TempDir dir;
  CHECK_FALSE(read_small_file(dir / "file", FileShape::Regular)->has_value());
  const std::string path = dir.write("file", "text");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const auto file = read_small_file(path, FileShape::Regular);
  REQUIRE((file && *file));
  CHECK((*file)->text == "text");
  CHECK((*file)->mode == 0640);
  CHECK_FALSE((*file)->is_foreign);
}

TEST_CASE("SmallFile: pipes and folders are passed over, unless a pipe was meant", "[config][small_file]") {
  const larder::test::TempDir dir;
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(read_small_file(dir / "pipe", FileShape::Regular)->has_value());  // would wait for a writer
  CHECK_FALSE(read_small_file(dir.path(), FileShape::Regular)->has_value());
  CHECK_FALSE(read_small_file("/dev/null", FileShape::Expected)->has_value());
  const auto named = read_small_file(dir.path(), FileShape::Any);
  REQUIRE_FALSE(named);
  CHECK(named.error().code == larder::ErrorCode::InvalidArgument);
  CHECK(named.error().message == dir.path() + ": is a folder");
  for (const auto& path : {dir / "pipe", std::string(dir.path())}) {
    const auto odd = read_small_file(path, FileShape::Expected);
    REQUIRE_FALSE(odd);
    CHECK(odd.error().code == larder::ErrorCode::IoFailed);
    CHECK(odd.error().message.find(path) == 0);
  }
}

TEST_CASE("SmallFile: more than a mebibyte is no small file", "[config][small_file]") {
  const larder::test::TempDir dir;
  constexpr std::size_t kMost = 1U << 20U;
  CHECK(read_small_file(dir.write("full", std::string(kMost, 'x')), FileShape::Regular)->has_value());
  const auto longer = read_small_file(dir.write("longer", std::string(kMost + 1, 'x')), FileShape::Regular);
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code == larder::ErrorCode::InvalidConfig);
}
