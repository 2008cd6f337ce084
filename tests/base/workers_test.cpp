#include "base/workers.hpp"

#include "support/catch.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

using namespace larder;

TEST_CASE("start_workers: all of them run", "[base][workers]") {
  std::atomic<int> runs{0};
  for (const std::size_t count : {0U, 1U, 3U}) {
    const auto workers = start_workers(count, [&] { ++runs; });
    REQUIRE(workers);
    CHECK(workers->size() == count);
  }
  CHECK(runs == 4);
}

TEST_CASE("start_workers: a system that gives no thread is an error", "[base][workers]") {  // L15
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // the limit is not for root, and would stay
    const rlimit none{0, 0};
    const bool is_limited = (::geteuid() != 0 || ::setresuid(65534, 65534, 65534) == 0) && ::setrlimit(RLIMIT_NPROC, &none) == 0;
    const auto workers = start_workers(2, [] {});
    ::_exit(is_limited && !workers && workers.error().os_error == EAGAIN && exit_code(workers.error().code) == 8 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
