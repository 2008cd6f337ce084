#include "fs/walk.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>

using larder::Result;
using larder::fs::FileKind;
using larder::fs::walk;
using larder::fs::WalkEntry;
using larder::fs::WalkOptions;
using larder::fs::WalkStep;
using larder::test::TempDir;

namespace {

using Seen = std::map<std::string, FileKind>;

Seen walked(const std::string& root) {
  Seen seen;
  const auto done = walk(root, WalkOptions{}, [&](const WalkEntry& entry) -> Result<WalkStep> {
    CHECK(entry.path().ends_with(entry.name()));
    seen[entry.path()] = entry.kind();
    return WalkStep::Continue;
  });
  CHECK(done);
  return seen;
}

}  // namespace

TEST_CASE("walk: every entry once, links named and not followed", "[fs][walk]") {
  const TempDir dir;
  const TempDir elsewhere;
  elsewhere.write("secret", "x");
  dir.write("a/b/file", "x");
  dir.write("top", "x");
  dir.folder("empty");
  dir.link("a/out", elsewhere.path());
  dir.link("a/loop", "..");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  const auto seen = walked(dir.path());
  CHECK(seen == Seen{{"a", FileKind::Folder},
                     {"a/b", FileKind::Folder},
                     {"a/b/file", FileKind::Regular},
                     {"a/loop", FileKind::Symlink},
                     {"a/out", FileKind::Symlink},
                     {"empty", FileKind::Folder},
                     {"fifo", FileKind::Other},
                     {"top", FileKind::Regular}});
}

TEST_CASE("walk: the root may be a link, and may be missing", "[fs][walk]") {
  const TempDir dir;
  dir.write("real/file", "x");
  CHECK(walked(dir.link("link", "real")).size() == 1);
  CHECK(walked(dir / "nothing").empty());
  const auto on_file = walk(dir / "real/file", WalkOptions{}, [](const WalkEntry&) -> Result<WalkStep> { return WalkStep::Continue; });
  CHECK_FALSE(on_file);
}

TEST_CASE("walk: skipping a folder and stopping", "[fs][walk]") {
  const TempDir dir;
  dir.write("skip/inner", "x");
  int calls = 0;
  CHECK(walk(dir.path(), WalkOptions{}, [&](const WalkEntry& entry) -> Result<WalkStep> {
    ++calls;
    CHECK(entry.path() == "skip");
    return WalkStep::Skip;
  }));
  CHECK(calls == 1);
  dir.write("a/1", "");
  dir.write("b/2", "");
  calls = 0;
  CHECK(walk(dir.path(), WalkOptions{},
             [&](const WalkEntry&) -> Result<WalkStep> { return ++calls == 2 ? WalkStep::Stop : WalkStep::Continue; }));
  CHECK(calls == 2);
}

TEST_CASE("walk: the visitor's error ends it", "[fs][walk]") {
  const TempDir dir;
  dir.write("a", "");
  const auto done = walk(dir.path(), WalkOptions{},
                         [](const WalkEntry&) -> Result<WalkStep> { return larder::fail(larder::ErrorCode::StoreDamaged, "x"); });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == larder::ErrorCode::StoreDamaged);
}

TEST_CASE("walk: entries can be looked at, also when they are gone", "[fs][walk]") {
  const TempDir dir;
  dir.write("folder/file", "12345");
  CHECK(walk(dir.path(), WalkOptions{}, [&](const WalkEntry& entry) -> Result<WalkStep> {
    if (entry.kind() != FileKind::Regular) return WalkStep::Continue;
    CHECK(entry.look().value()->size == 5);
    ::unlink((dir / entry.path()).c_str());
    CHECK(entry.look().value() == std::nullopt);
    return WalkStep::Continue;
  }));
}

TEST_CASE("walk: a folder replaced by a link after it was seen is not entered", "[fs][walk]") {
  const TempDir dir;
  const TempDir elsewhere;
  elsewhere.write("secret", "x");
  dir.folder("victim");
  std::vector<std::string> seen;
  CHECK(walk(dir.path(), WalkOptions{}, [&](const WalkEntry& entry) -> Result<WalkStep> {
    seen.push_back(entry.path());
    ::rmdir((dir / "victim").c_str());
    dir.link("victim", elsewhere.path());
    return WalkStep::Continue;
  }));
  CHECK(seen == std::vector<std::string>{"victim"});
}

TEST_CASE("walk: depth is bounded at the limit, and an unreadable folder can be passed over", "[fs][walk]") {
  const TempDir dir;
  dir.write("1/2/3/file", "");
  dir.write("other", "");
  WalkOptions options;
  options.max_depth = 3;
  const auto count = [&](const WalkOptions& how) {
    int entries = 0;
    const auto done = walk(dir.path(), how, [&](const WalkEntry&) -> Result<WalkStep> {
      ++entries;
      return WalkStep::Continue;
    });
    return done ? entries : -1;
  };
  CHECK(count(options) == 5);
  options.max_depth = 2;
  CHECK(count(options) == -1);
  std::vector<std::string> unread;
  options.unreadable = [&](const std::string& path, const larder::Error&) -> Result<WalkStep> {
    unread.push_back(path);
    return WalkStep::Continue;
  };
  CHECK(count(options) == 4);
  CHECK(unread == std::vector<std::string>{"1/2/3"});
}

TEST_CASE("walk: no descriptor is left open", "[fs][walk]") {
  const TempDir dir;
  for (int i = 0; i < 50; ++i) dir.write("f" + std::to_string(i) + "/a/b/c", "");
  const int before = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(before);
  walked(dir.path());
  const int after = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(after);
  CHECK(before == after);
}
