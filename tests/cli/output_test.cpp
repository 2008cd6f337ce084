#include "cli/output.hpp"

#include "cli/captured.hpp"
#include "cli/exit_code.hpp"
#include "support/catch.hpp"

#include <csignal>

using namespace larder;
using namespace larder::cli;

TEST_CASE("output: a full stdout is a local failure", "[cli][output]") {  // L26
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  Output out(full.value());
  out.line("text");
  const auto finished = out.finish();
  REQUIRE_FALSE(finished);
  CHECK(process_exit_code(finished.error()) == 8);
}

TEST_CASE("output: a reader that went away ends with 141", "[cli][output]") {  // L24
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  ::close(ends[0]);
  const UniqueFd pipe(ends[1]);
  Output out(pipe.value());
  for (int at = 0; at < 100; ++at) out.line(std::string(4096, 'x'));
  CHECK(out.failed());
  const auto finished = out.finish();
  REQUIRE_FALSE(finished);
  CHECK(process_exit_code(finished.error()) == 141);
}

TEST_CASE("output: what was discarded is not written", "[cli][output]") {
  Captured file;
  Output out(file.fd());
  out.write("half a docu");
  out.discard();
  out.line("whole");
  REQUIRE(out.finish());
  CHECK(file.text() == "whole\n");
}
