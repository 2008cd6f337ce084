#include "base/unique_fd.hpp"

#include "support/catch.hpp"

#include <fcntl.h>

using larder::UniqueFd;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("UniqueFd: closes once, whoever holds it last", "[base][unique_fd]") {
  UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.value();
  REQUIRE(first);
  UniqueFd second(std::move(first));
  CHECK(is_open(number));
  UniqueFd third;
  third = std::move(second);
  CHECK(third.value() == number);
  CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): the state after a move is what is tested
  third.reset();
  CHECK_FALSE(is_open(number));
  CHECK_FALSE(third);
}

TEST_CASE("UniqueFd: assignment closes what was held, release does not close", "[base][unique_fd]") {
  UniqueFd held(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int old = held.value();
  held = UniqueFd(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(is_open(old));
  const int given = held.release();
  held.reset();
  CHECK(is_open(given));
  UniqueFd closer(given);
}
