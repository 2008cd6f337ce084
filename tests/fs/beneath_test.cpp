#include "fs/beneath.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <unistd.h>

#include <cerrno>

using larder::ErrorCode;
using larder::fs::FolderBeneath;
using larder::test::TempDir;
using Resolve = FolderBeneath::Resolve;

namespace {

FolderBeneath opened(const std::string& path, Resolve resolve) {
  auto folder = FolderBeneath::open(path, resolve);
  REQUIRE(folder);
  return std::move(*folder);
}

}  // namespace

TEST_CASE("FolderBeneath: files are made, read, renamed and removed inside", "[fs][beneath]") {
  const auto resolve = GENERATE(Resolve::ByKernel, Resolve::ByParts);
  const TempDir dir;
  const auto folder = opened(dir.path(), resolve);
  CHECK(folder.make_folders("a/b").value());
  CHECK_FALSE(folder.make_folders("a/b").value());
  {
    const auto fd = folder.create_new("a/b/file");
    REQUIRE(fd);
    REQUIRE(::write(fd->value(), "bytes", 5) == 5);
  }
  CHECK(folder.create_new("a/b/file").error().os_error == EEXIST);
  CHECK(folder.open_read("a/b/file"));
  CHECK(folder.look("a/b/file").value()->size == 5);
  REQUIRE(folder.rename("a/b/file", "a/top"));
  CHECK(dir.read("a/top") == "bytes");
  CHECK(folder.remove_file("a/top").value());
  CHECK_FALSE(folder.remove_file("a/top").value());
  CHECK_FALSE(folder.remove_file("x/y").value());
  CHECK_FALSE(folder.look("a/top").value());
  CHECK_FALSE(folder.look("x/y/z").value());
  CHECK(folder.open_read("a/top").error().code == ErrorCode::NotInCache);
  CHECK(folder.enter("a").value().create_new("inner"));
  CHECK(dir.has("a/inner"));
}

TEST_CASE("FolderBeneath: nothing passes through a link, wherever it stands", "[fs][beneath]") {  // T11
  const auto resolve = GENERATE(Resolve::ByKernel, Resolve::ByParts);
  const TempDir dir;
  const TempDir outside;
  outside.write("file", "precious");
  outside.folder("deep");
  const auto target = GENERATE_COPY(std::string("absolute"), std::string("inside"), std::string("dangling"));
  dir.folder("real/deep");
  dir.write("real/file", "own");
  const auto text = target == "absolute" ? outside.path() : target == "inside" ? std::string("real") : std::string("nowhere");
  dir.link("sub", text);
  dir.write("temp", "new");
  const auto folder = opened(dir.path(), resolve);
  INFO(target);
  CHECK(folder.create_new("sub/x").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.open_read("sub/file").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.look("sub/file").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.make_folders("sub").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.make_folders("sub/deep").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.make_folders("sub/new/deep").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.rename("temp", "sub/file").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.take_in(dir / "temp", "sub/file").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.remove_file("sub/file").error().code == ErrorCode::UnsafeLink);
  CHECK(folder.enter("sub").error().code == ErrorCode::UnsafeLink);
  CHECK(outside.read("file") == "precious");
  CHECK(dir.read("real/file") == "own");
  CHECK_FALSE(dir.has("nowhere"));
  CHECK_FALSE(outside.has("x"));
}

TEST_CASE("FolderBeneath: a link as the last part is seen, replaced or removed, never followed", "[fs][beneath]") {
  const auto resolve = GENERATE(Resolve::ByKernel, Resolve::ByParts);
  const TempDir dir;
  const TempDir outside;
  const auto victim = outside.write("file", "precious");
  dir.link("link", victim);
  dir.write("temp", "new");
  const auto folder = opened(dir.path(), resolve);
  CHECK(folder.open_read("link").error().code == ErrorCode::UnsafeLink);
  CHECK_FALSE(folder.create_new("link"));
  CHECK(folder.look("link").value()->kind == larder::fs::FileKind::Symlink);
  REQUIRE(folder.take_in(dir / "temp", "link"));
  CHECK(dir.read("link") == "new");
  CHECK(outside.read("file") == "precious");
}

TEST_CASE("FolderBeneath: only plain relative names are names", "[fs][beneath]") {
  const auto resolve = GENERATE(Resolve::ByKernel, Resolve::ByParts);
  const TempDir dir;
  dir.write("in/file", "x");
  const auto folder = opened(dir / "in", resolve);
  for (const auto& name : {std::string(), std::string("/etc/passwd"), std::string(".."), std::string("../x"), std::string("a/../b"),
                           std::string("./a"), std::string("a//b"), std::string("a/"), std::string("."), std::string("a\0b", 3)}) {
    INFO(name);
    CHECK(folder.create_new(name).error().code == ErrorCode::UnsafePath);
    CHECK(folder.make_folders(name).error().code == ErrorCode::UnsafePath);
    CHECK(folder.rename("file", name).error().code == ErrorCode::UnsafePath);
    CHECK(folder.enter(name).error().code == ErrorCode::UnsafePath);
  }
}

TEST_CASE("FolderBeneath: the root may be reached through links, and a moved root stays the same folder", "[fs][beneath]") {
  const TempDir dir;
  dir.folder("real");
  const auto folder = opened(dir.link("link", "real"), Resolve::ByKernel);
  REQUIRE(::rename((dir / "real").c_str(), (dir / "moved").c_str()) == 0);
  CHECK(folder.create_new("file"));
  CHECK(dir.has("moved/file"));
  CHECK(FolderBeneath::open(dir / "nothing").error().code == ErrorCode::NotInCache);
}

TEST_CASE("FolderBeneath: a file where a folder belongs is an error of the disk", "[fs][beneath]") {
  const auto resolve = GENERATE(Resolve::ByKernel, Resolve::ByParts);
  const TempDir dir;
  dir.write("file", "x");
  const auto folder = opened(dir.path(), resolve);
  CHECK(folder.create_new("file/below").error().os_error == ENOTDIR);
  CHECK(folder.make_folders("file").error().os_error == ENOTDIR);
  CHECK_FALSE(folder.look("file/below").value());
}
