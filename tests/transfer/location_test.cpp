#include "transfer/location.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::transfer;
using namespace std::chrono_literals;

namespace {

const WallTime kWall = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23));
constexpr SteadyTime kNow{1000h};

Url url(const std::string& query) { return Url::parse("https://cdn.example/f?" + query).value(); }
std::string unix_time(std::chrono::seconds after) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(kWall.time_since_epoch() + after).count());
}

}  // namespace

TEST_CASE("lifetime: by what the query says", "[transfer][location]") {
  CHECK(lifetime(url("Expires=" + unix_time(100s) + "&Signature=x"), kWall) == 100s);
  CHECK(lifetime(url("a=b&expires=" + unix_time(5s)), kWall) == 5s);
  CHECK(lifetime(url("X-Amz-Date=20261122T230000Z&X-Amz-Expires=7200"), kWall) == 3600s);
  CHECK_FALSE(lifetime(url("X-Amz-Expires=7200"), kWall));
  CHECK_FALSE(lifetime(url("sig=1"), kWall));
  CHECK_FALSE(lifetime(url("Expires=soon"), kWall));
}

TEST_CASE("lifetime: a wrong clock stops nothing", "[transfer][location]") {  // N44
  CHECK_FALSE(lifetime(url("Expires=" + unix_time(100s)), kWall + 24h * 3650));
  CHECK_FALSE(lifetime(url("Expires=" + unix_time(100s)), kWall - 24h * 3650));
  CHECK_FALSE(make_location(url("Expires=" + unix_time(100s)), kNow, kWall + 24h * 3650).renew_at);
}

TEST_CASE("make_location: renewed when 80 % of its life are over", "[transfer][location]") {
  CHECK(make_location(url("Expires=" + unix_time(100s)), kNow, kWall).renew_at == kNow + 80s);
  CHECK(make_location(url("Expires=" + unix_time(1s)), kNow, kWall).renew_at == kNow + 800ms);
}

TEST_CASE("clock_skew: only beyond five minutes", "[transfer][location]") {  // T38
  net::Headers headers;
  CHECK_FALSE(clock_skew(headers, kWall));
  REQUIRE(headers.add("Date", "Mon, 23 Nov 2026 00:00:00 GMT"));
  CHECK_FALSE(clock_skew(headers, kWall + 300s));
  CHECK(clock_skew(headers, kWall + 301s) == 301s);
  CHECK(clock_skew(headers, kWall - 24h) == -86400s);
  net::ResponseHead head;
  head.headers = headers;
  CHECK(refused_addresses("cdn", "hub", head, kWall - 24h).hint.find("behind") != std::string::npos);
  CHECK(refused_addresses("cdn", "hub", head, kWall).hint.empty());
}
