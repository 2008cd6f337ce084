#include <larder/base/cancel.hpp>

#include "support/catch.hpp"

#include <csignal>
#include <stop_token>

using larder::CancelSource;
using larder::CancelToken;
using larder::ErrorCode;

TEST_CASE("CancelToken: a default one is never cancelled", "[base][cancel]") {
  const CancelToken token;
  CHECK_FALSE(token.is_cancelled());
  CHECK_FALSE(token.stop_token().stop_possible());
}

TEST_CASE("CancelSource: the first reason stays", "[base][cancel]") {
  CancelSource source;
  const CancelToken token = source.token();
  CHECK_FALSE(token.is_cancelled());
  source.interrupt(SIGTERM);
  source.time_out();
  source.interrupt(SIGINT);
  CHECK(token.is_cancelled());
  CHECK(token.error().code == ErrorCode::Interrupted);
  CHECK(token.error().signal == SIGTERM);
}

TEST_CASE("CancelSource: a time limit is TimedOut, not Interrupted", "[base][cancel]") {
  CancelSource source;
  source.time_out();
  source.interrupt(SIGINT);
  CHECK(source.token().error().code == ErrorCode::TimedOut);
}

TEST_CASE("CancelToken: outlives its source and runs callbacks", "[base][cancel]") {
  CancelToken token;
  int calls = 0;
  {
    CancelSource source;
    token = source.token();
    const std::stop_callback heard(token.stop_token(), [&] { ++calls; });
    source.interrupt(SIGINT);
  }
  CHECK(calls == 1);
  CHECK(token.is_cancelled());
}
