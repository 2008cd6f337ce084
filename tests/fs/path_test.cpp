#include "fs/path.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace fs = larder::fs;

TEST_CASE("parent_of: by the text, up to the root", "[fs][path]") {
  CHECK(fs::parent_of("/a/b/c") == "/a/b");
  CHECK(fs::parent_of("/a") == "/");
  CHECK(fs::parent_of("/") == "/");
}

TEST_CASE("resolved: links are followed as far as the path exists", "[fs][path]") {
  const larder::test::TempDir dir;
  const std::string real = fs::resolved(dir.path());
  dir.folder("real");
  dir.link("link", "real");
  CHECK(fs::resolved(dir / "link") == real + "/real");
  CHECK(fs::resolved(dir / "link/not/there") == real + "/real/not/there");
  CHECK(fs::resolved(dir / "real//") == real + "/real");
  CHECK(fs::resolved("/") == "/");
}

TEST_CASE("resolved: what cannot be followed stays as it is", "[fs][path]") {
  const larder::test::TempDir dir;
  dir.link("circle", "circle");
  CHECK(fs::resolved(dir / "circle/x") == dir / "circle/x");
}
