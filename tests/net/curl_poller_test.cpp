#include "net/curl_poller.hpp"

#include "support/catch.hpp"

#include <thread>

using larder::net::CurlMulti;
using larder::net::CurlPoller;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::hours kForEver{24};

}  // namespace

TEST_CASE("CurlPoller: a call of wake ends the wait", "[net][curl_poller]") {
  CurlMulti multi;
  CurlPoller poller(multi);
  const std::jthread other([&poller] { poller.wake(); });
  poller.turn(kForEver);
  SUCCEED();
}

TEST_CASE("CurlPoller: a wake before the wait is not lost, and several are one", "[net][curl_poller]") {
  CurlMulti multi;
  CurlPoller poller(multi);
  poller.wake();
  poller.wake();
  poller.turn(kForEver);
  const auto begun = std::chrono::steady_clock::now();
  poller.turn(20ms);
  CHECK(std::chrono::steady_clock::now() - begun >= 19ms);
}

TEST_CASE("CurlPoller: libcurl is called when it wants to be", "[net][curl_poller]") {
  CurlMulti multi;
  CurlPoller poller(multi);
  poller.come_back_in(0);
  poller.turn(kForEver);
  poller.come_back_in(5);
  poller.come_back_in(-1);  // not any more
  poller.wake();
  poller.turn(kForEver);
  SUCCEED();
}
