#include "net/answer.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;
using namespace std::chrono_literals;

namespace {

const Url kUrl = *Url::parse("https://hub.example/api/models?secret=1");

ResponseHead head(int status, const std::vector<std::pair<std::string, std::string>>& fields = {}) {
  ResponseHead result;
  result.status = status;
  for (const auto& [name, value] : fields) REQUIRE(result.headers.add(name, value));
  return result;
}

}  // namespace

TEST_CASE("transient_failure: which answers are worth another try", "[net][answer]") {
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 410, 416, 451}) CHECK_FALSE(transient_failure(kUrl, head(status), {}));
  for (const int status : {408, 500, 502, 503, 504}) {
    const auto error = transient_failure(kUrl, head(status), {});
    REQUIRE(error);
    CHECK(error->code == ErrorCode::ServerError);
    CHECK(is_transient(error->code));
    CHECK(error->http->status == status);
    CHECK(error->message.find("secret") == std::string::npos);
  }
  CHECK(transient_failure(kUrl, head(429), {})->code == ErrorCode::RateLimited);
  CHECK(transient_failure(kUrl, head(403, {{"X-Error-Code", "ProxyTimeout"}}), {})->code == ErrorCode::ServerError);
  CHECK_FALSE(transient_failure(kUrl, head(403, {{"X-Error-Code", "GatedRepo"}}), {}));
}

TEST_CASE("transient_failure: the pause that the server asks for", "[net][answer]") {
  CHECK_FALSE(transient_failure(kUrl, head(429), {})->retry_after);
  CHECK(transient_failure(kUrl, head(429, {{"Retry-After", "2"}}), {})->retry_after == 2s);
  CHECK(transient_failure(kUrl, head(429, {{"RateLimit", "\"api\";r=0;t=55"}}), {})->retry_after == 56s);
  CHECK(transient_failure(kUrl, head(503, {{"Retry-After", "7"}}), {})->retry_after == 7s);
  // The quota header is on every answer and says nothing about a 503.
  CHECK_FALSE(transient_failure(kUrl, head(503, {{"RateLimit", "\"api\";r=0;t=55"}}), {})->retry_after);
}

TEST_CASE("http_facts: the server's words are escaped and cut", "[net][answer]") {  // T35
  const auto facts = http_facts(kUrl, head(403, {{"X-Request-Id", "id\xc2\x9b"},
                                                 {"X-Error-Code", "GatedRepo"},
                                                 {"X-Error-Message", "\xe2\x80\xae" + std::string(10'000, 'x')}}));
  CHECK(facts.status == 403);
  CHECK(facts.host == "hub.example");
  CHECK(facts.request_id == "id\\u009b");
  CHECK(facts.hub_code == "GatedRepo");
  CHECK(facts.server_message.size() <= 500);
  CHECK(facts.server_message.find("\xe2\x80\xae") == std::string::npos);
}
