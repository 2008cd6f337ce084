#include "fs/file_lock.hpp"

#include "base/scope_exit.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

using larder::ErrorCode;
using larder::UniqueFd;
using larder::fs::FileLock;
using larder::test::TempDir;
using Outcome = FileLock::Outcome;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

}  // namespace

TEST_CASE("FileLock: one holder at a time, the file stays", "[fs][file_lock]") {  // R-540 R-542
  const TempDir dir;
  const auto path = dir / "x.lock";
  {
    const auto first = FileLock::try_lock(path);
    REQUIRE(first);
    CHECK(first->outcome == Outcome::Held);
    CHECK(first->lock);
    const auto second = FileLock::try_lock(path);
    CHECK(second->outcome == Outcome::Busy);
    CHECK_FALSE(second->lock);
    CHECK(FileLock::holder(path) == ::getpid());
  }
  CHECK(dir.has("x.lock"));
  CHECK(dir.read("x.lock").empty());
  CHECK(FileLock::holder(path) == std::nullopt);
  CHECK(FileLock::try_lock(path)->outcome == Outcome::Held);
}

TEST_CASE("FileLock: agrees with flock of another process's library", "[fs][file_lock]") {  // filelock uses flock(2)
  const TempDir dir;
  const auto path = dir.write("x.lock", "old content");
  UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(other.value(), LOCK_EX | LOCK_NB) == 0);
  CHECK(FileLock::try_lock(path)->outcome == Outcome::Busy);
  other.reset();
  const auto held = FileLock::try_lock(path);
  CHECK(held->outcome == Outcome::Held);
  CHECK(dir.read("x.lock") == "old content");  // no O_TRUNC (T48)
  const UniqueFd late(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  CHECK(::flock(late.value(), LOCK_EX | LOCK_NB) != 0);
}

TEST_CASE("FileLock: a new file is 0664 whatever the umask, an old one keeps its mode", "[fs][file_lock]") {
  const TempDir dir;
  const auto old = ::umask(077);
  const larder::ScopeExit back([&] { ::umask(old); });
  CHECK(FileLock::try_lock(dir / "new.lock")->outcome == Outcome::Held);
  CHECK(mode_of(dir / "new.lock") == 0664);
  const auto kept = dir.write("old.lock", "");
  REQUIRE(::chmod(kept.c_str(), 0600) == 0);
  CHECK(FileLock::try_lock(kept)->outcome == Outcome::Held);
  CHECK(mode_of(kept) == 0600);
}

TEST_CASE("FileLock: a link, fifo or folder in its place is refused at once", "[fs][file_lock]") {  // T48 C13
  const TempDir dir;
  dir.write("victim", "precious");
  dir.link("link.lock", "victim");
  dir.link("dangling.lock", "nowhere");
  dir.folder("folder.lock");
  REQUIRE(::mkfifo((dir / "fifo.lock").c_str(), 0600) == 0);
  for (const auto* name : {"link.lock", "dangling.lock", "folder.lock", "fifo.lock"}) {
    INFO(name);
    const auto attempt = FileLock::try_lock(dir / name);
    REQUIRE_FALSE(attempt);
    CHECK(attempt.error().code == ErrorCode::UnsafeLink);
  }
  CHECK(dir.read("victim") == "precious");
  CHECK_FALSE(dir.has("nowhere"));
}

TEST_CASE("FileLock: a lock whose file was unlinked hinders nobody", "[fs][file_lock]") {
  const TempDir dir;
  const auto path = dir / "x.lock";
  const auto orphaned = FileLock::try_lock(path);
  REQUIRE(::unlink(path.c_str()) == 0);
  const auto attempt = FileLock::try_lock(path);
  CHECK(attempt->outcome == Outcome::Held);
  CHECK(dir.has("x.lock"));
}

TEST_CASE("FileLock: a shared lock of a folder is held by several, and keeps an exclusive one out", "[fs][file_lock]") {
  const TempDir dir;
  const auto path = dir.folder("x");
  auto one = FileLock::try_lock_folder(path, FileLock::Kind::Shared);
  REQUIRE(one->outcome == Outcome::Held);
  CHECK(FileLock::try_lock_folder(path, FileLock::Kind::Shared)->outcome == Outcome::Held);
  CHECK(FileLock::try_lock_folder(path, FileLock::Kind::Exclusive)->outcome == Outcome::Busy);
  one->lock.reset();
  const auto alone = FileLock::try_lock_folder(path, FileLock::Kind::Exclusive);
  REQUIRE(alone->outcome == Outcome::Held);
  CHECK(FileLock::try_lock_folder(path, FileLock::Kind::Shared)->outcome == Outcome::Busy);
  CHECK(FileLock::try_lock_folder(dir / "none", FileLock::Kind::Shared).error().code == ErrorCode::NotInCache);
}

TEST_CASE("FileLock: a missing folder is an error, not a made one", "[fs][file_lock]") {
  const TempDir dir;
  CHECK(FileLock::try_lock(dir / "nowhere/x.lock").error().os_error == ENOENT);
}

TEST_CASE("FileLock: a killed holder leaves nothing behind", "[fs][file_lock]") {
  const TempDir dir;
  const auto path = dir / "x.lock";
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto held = FileLock::try_lock(path);
    (void)!::write(ends[1], held && held->lock ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ends[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK(FileLock::try_lock(path)->outcome == Outcome::Busy);
  CHECK(FileLock::holder(path) == child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(FileLock::try_lock(path)->outcome == Outcome::Held);
}

TEST_CASE("file lock: another process sees what this one holds", "[fs][file_lock]") {
  TempDir folder;
  const auto path = folder / "x.lock";
  {
    const auto held = FileLock::try_lock(path);
    REQUIRE((held && held->outcome == FileLock::Outcome::Held));
    CHECK(FileLock::try_in_other_process(path) == FileLock::Outcome::Busy);
  }
  CHECK(FileLock::try_in_other_process(path) == FileLock::Outcome::Held);
  CHECK(FileLock::try_in_other_process(folder / "none") == FileLock::Outcome::Unsupported);
}
