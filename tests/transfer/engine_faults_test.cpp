// The N rows of the fault catalogue on a simulated network: every answer that is late, wrong or missing.
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using transfer::FileStatus;
using namespace std::chrono_literals;

namespace {

void give_slice(SimAnswer& answer, ByteRange range, std::uint64_t total) {
  answer.status = 206;
  answer.file = kModel;
  answer.range = range;
  answer.headers = {
      {"Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" + std::to_string(total)}};
}

}  // namespace

TEST_CASE("Engine: a cut connection goes on where it was cut", "[transfer][engine][faults]") {  // N7, N8
  for (const std::uint64_t cut : {0ULL, 1ULL, 1048576ULL, 3000000ULL}) {
    CAPTURE(cut);
    OneFile rig([cut](int asked, const net::Request&, SimAnswer& answer) {
      if (asked <= 3) answer.cut = cut;
    });
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.report.body_bytes == kModel.size);  // no byte twice
  }
}

TEST_CASE("Engine: 429 holds back all connections to that host", "[transfer][engine][faults]") {  // N15, N19
  OneFile rig([](int asked, const net::Request&, SimAnswer& answer) {
    if (asked != 4) return;
    answer = {};
    answer.status = 429;
    answer.headers.emplace_back("Retry-After", "20");
  });
  REQUIRE(rig.run());
  rig.check_complete();
  const auto& seen = rig.net.seen();
  SteadyTime refused{};
  int told = 0;
  int started_meanwhile = 0;
  for (const auto& one : seen) {
    if (one.host != "cdn.test") continue;
    if (++told == 4) refused = one.when + 10ms;
    if (told > 4 && one.when > refused && one.when < refused + 19s) ++started_meanwhile;
  }
  CHECK(started_meanwhile == 0);
  CHECK(rig.clock.seconds() >= 20);
  CHECK(rig.clock.seconds() < 60);
  CHECK(std::count(rig.progress.reasons.begin(), rig.progress.reasons.end(), "rate limit") == 1);
}

TEST_CASE("Engine: a range that is not there, or not taken, makes it one stream", "[transfer][engine][faults]") {
  const auto check = [](OneFile& rig) {
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.asked < 40);
  };
  SECTION("N25: 416 to every range but the first") {
    OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
      if (!request.range || request.range->begin == 0) return;
      answer = {};
      answer.status = 416;
    });
    check(rig);
  }
  SECTION("N26: 200 with the whole body") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) {
      answer = {};
      answer.file = kModel;
      answer.range = {0, kModel.size};
    });
    check(rig);
  }
  SECTION("N26: 200 only after some ranges") {
    OneFile rig([](int asked, const net::Request&, SimAnswer& answer) {
      if (asked < 4) return;
      answer = {};
      answer.file = kModel;
      answer.range = {0, kModel.size};
    });
    check(rig);
  }
  SECTION("N26: 200 with the slice, as ModelScope does (T31)") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.status = 200; });
    check(rig);
    CHECK(rig.report.body_bytes == kModel.size);
  }
  SECTION("N27, T30: another range than asked for, always") {
    OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
      if (request.range) give_slice(answer, {request.range->begin + 7, request.range->end}, kModel.size);
    });
    check(rig);
  }
  SECTION("N27: no Content-Range") {
    OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
      if (request.range) answer.headers.clear();
    });
    check(rig);
  }
  SECTION("N27: a shorter range than asked for is taken, the rest asked for") {
    OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
      if (!request.range) return;
      const std::uint64_t end = std::min(request.range->end, request.range->begin + 3 * kMiB);
      give_slice(answer, {request.range->begin, end}, kModel.size);
    });
    check(rig);
    CHECK(rig.report.body_bytes == kModel.size);
  }
}

TEST_CASE("Engine: what can not be this file is a protocol error", "[transfer][engine][faults]") {
  const auto check = [](OneFile& rig, ErrorCode code) {
    REQUIRE(rig.run());
    REQUIRE(rig.report.failures.size() == 1);
    CHECK(rig.failure() == code);
    rig.check_no_wrong_blob();
    CHECK(rig.asked <= 3 * 16);  // each segment three times
  };
  SECTION("N28: 206 with a part, though the whole was asked for") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { give_slice(answer, {0, 1000}, kModel.size); });
    rig.options.jobs = 1;
    check(rig, ErrorCode::BadResponse);
  }
  SECTION("N27: the total is another one") {
    OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
      if (request.range) give_slice(answer, *request.range, kModel.size + 1);
    });
    check(rig, ErrorCode::BadResponse);
  }
  SECTION("N32, T21: one byte more than the listing says") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) {
      answer = {};
      answer.file = SimFile{kModel.size + 1, 1};
      answer.range = {0, kModel.size + 1};
    });
    check(rig, ErrorCode::BadResponse);
    CHECK(rig.report.body_bytes <= 4 * kModel.size);
  }
}

TEST_CASE("Engine: one byte short is asked for again, then a network error", "[transfer][engine][faults]") {  // N32
  OneFile rig([](int, const net::Request& request, SimAnswer& answer) {
    const bool has_last = !request.range || request.range->end == kModel.size;
    if (has_last) answer.cut = answer.range.size() - 1;
  });
  REQUIRE(rig.run());
  REQUIRE(rig.report.failures.size() == 1);
  CHECK(rig.failure() == ErrorCode::ConnectionLost);
  CHECK(rig.report.body_bytes == kModel.size - 1);
}

TEST_CASE("Engine: the ETag of one address changes: once more, then RemoteChanged", "[transfer][engine][faults]") {  // N29, T32
  bool always = false;
  OneFile rig([&always](int asked, const net::Request&, SimAnswer& answer) {
    const bool is_new = always ? asked % 2 == 0 : asked > 3;
    answer.headers.emplace_back("ETag", is_new ? "\"new\"" : "\"old\"");
  });
  SECTION("once") {
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.net.asked("hub.test") == 2);
  }
  SECTION("always") {
    always = true;
    REQUIRE(rig.run());
    REQUIRE(rig.report.failures.size() == 1);
    CHECK(rig.failure() == ErrorCode::RemoteChanged);
  }
}

TEST_CASE("Engine: wrong bytes once are fetched again from zero, twice are an error", "[transfer][engine][faults]") {  // T20, N30, N31
  bool always = false;
  OneFile rig([&always, flipped = false](int, const net::Request&, SimAnswer& answer) mutable {
    if (!answer.file || (flipped && !always) || answer.range.begin > 20 * kMiB || answer.range.end <= 20 * kMiB) return;
    flipped = true;
    answer.flip = 20 * kMiB;
  });
  SECTION("once") {
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.report.warnings.size() == 1);
    CHECK(rig.warned("model.bin: wrong bytes from hub.test"));
  }
  SECTION("always") {
    always = true;
    REQUIRE(rig.run());
    CHECK(rig.failure() == ErrorCode::DigestMismatch);
    CHECK(std::filesystem::is_empty(rig.layout.partials()));
    CHECK(rig.report.body_bytes == 2 * kModel.size);
  }
}

TEST_CASE("Engine: an address that expired is renewed once for all that wait", "[transfer][engine][faults]") {  // N22, T38
  for (const int status : {401, 403, 404, 410}) {
    CAPTURE(status);
    std::map<std::string, int> uses;
    OneFile rig([&](int, const net::Request& request, SimAnswer& answer) {
      if (++uses[request.url.query()] <= 4 || request.url.query() != "sig=1") return;
      answer = {};
      answer.status = status;
    });
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.net.asked("hub.test") == 2);
    CHECK(rig.report.body_bytes == kModel.size);
  }
}

TEST_CASE("Engine: an address of the Hub's own origin expires like any other", "[transfer][engine][faults]") {  // N22
  for (const std::uint64_t size : {kModel.size, std::uint64_t{5000}}) {
    for (const bool for_ever : {false, true}) {
      CAPTURE(size, for_ever);
      EngineRig rig;
      rig.add("model.bin", {size, 1});
      int addresses = 0;
      std::map<std::string, int> uses;
      rig.serves("hub.test", [&](const net::Request& request, SimAnswer& answer) {
        if (request.url.query().empty()) {
          answer = refuse(302);
          answer.headers = {{"Location", "http://hub.test/signed/model.bin?sig=" + std::to_string(++addresses)}};
        } else if (for_ever || (addresses == 1 && ++uses[request.url.query()] > (size == kModel.size ? 3 : 0))) {
          answer = refuse(403);
        }
      });
      REQUIRE(rig.run());
      if (for_ever) {
        CHECK(rig.failure() == ErrorCode::AccessDenied);  // the Hub's own word
        CHECK(addresses == 4);
      } else {
        rig.check_complete();
        CHECK(addresses == 2);
        CHECK(rig.report.body_bytes == size);
      }
    }
  }
}

TEST_CASE("Engine: an address where nobody answers any more is asked for again", "[transfer][engine][faults]") {  // L25
  std::map<std::string, int> uses;
  OneFile rig([&](int, const net::Request& request, SimAnswer& answer) {
    if (request.url.query() != "sig=1" || ++uses[request.url.query()] <= 4) return;
    answer = {};
    answer.error = ErrorCode::ConnectFailed;
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("hub.test") == 2);
}

TEST_CASE("Engine: addresses that are never good are a network error that speaks of the clock", "[transfer][engine][faults]") {  // T38
  for (const auto& [is_skewed, is_small] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}}) {
    CAPTURE(is_skewed, is_small);
    OneFile rig([is_late = is_skewed](int, const net::Request&, SimAnswer& answer) {
      answer = {};
      answer.status = 403;
      answer.headers.emplace_back("Date", is_late ? "Sun, 22 Nov 2026 23:00:00 GMT" : "Mon, 23 Nov 2026 00:01:00 GMT");
    });
    if (is_small) rig.files = {{"model.bin", {1000, 3}}};
    REQUIRE(rig.run());
    CHECK(rig.failure() == ErrorCode::ServerError);
    CHECK(rig.net.asked("hub.test") == 4);  // the first and three renewals
    const bool speaks_of_clock = rig.report.failures.error(0).hint.find("clock") != std::string::npos;
    CHECK(speaks_of_clock == is_skewed);
  }
}

TEST_CASE("Engine: an address is renewed when 80 % of its life are over", "[transfer][engine][faults]") {
  OneFile rig;
  const auto wall = std::chrono::duration_cast<std::chrono::seconds>(rig.clock.wall_begin.time_since_epoch()).count();
  rig.net.path.connection_rate = 1e6;
  rig.options.jobs = 2;
  SECTION("Expires") { rig.redirects("hub.test", "cdn.test", "&Expires=" + std::to_string(wall + 10)); }
  SECTION("expires, as the Hub's own CDN says it") { rig.redirects("hub.test", "cdn.test", "&expires=" + std::to_string(wall + 10)); }
  SECTION("X-Amz-Date and X-Amz-Expires") { rig.redirects("hub.test", "cdn.test", "&X-Amz-Date=20261123T000000Z&X-Amz-Expires=10"); }
  REQUIRE(rig.run());
  rig.check_complete();
  const auto& seen = rig.net.seen();
  int renewals = 0;
  for (const auto& one : seen) {
    if (one.host != "hub.test" || one.when == seen.front().when) continue;
    ++renewals;
    CHECK(one.when - seen.front().when >= 8s);
  }
  CHECK(renewals >= 1);
  CHECK(renewals <= 5);  // what it says in the end is over already by our clock, which stops nothing (N44)
}

TEST_CASE("Engine: the error of a run that is over says what it waited for", "[transfer][engine][faults]") {
  OneFile rig([](int, const net::Request&, SimAnswer& answer) {
    answer = {};
    answer.status = 503;
  });
  rig.options.deadline = rig.clock.now() + 5s;
  const auto done = rig.run();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::TimedOut);
  CHECK(done.error().message.find("503") != std::string::npos);
}

TEST_CASE("Engine: a Retry-After beyond ten minutes or the deadline ends it at once", "[transfer][engine][faults]") {  // N17
  OneFile rig([](int, const net::Request&, SimAnswer& answer) {
    answer = {};
    answer.status = 429;
    answer.headers.emplace_back("Retry-After", "700");
  });
  REQUIRE(rig.run());
  CHECK(rig.failure() == ErrorCode::RateLimited);
  CHECK(rig.clock.seconds() < 2);
}

TEST_CASE("Engine: an answer that can't be this file may be one cache's: asked again, a few times", "[transfer][engine][faults]") {
  struct Case {
    std::string name;
    std::string in_error;
    std::function<void(SimAnswer&)> spoil;
  };
  const Case wrong = GENERATE(values<Case>({
      {"N25: 416 though the whole was asked for", "416", [](SimAnswer& answer) { answer = refuse(416); }},
      {"N35: another Content-Length", "another size",
       [](SimAnswer& answer) {
         answer.headers = {{"Content-Length", "12"}};
       }},
      {"N28: a range nobody asked for", "answer 206",
       [](SimAnswer& answer) {
         const std::uint64_t size = answer.range.size();
         give_slice(answer, {5, 9}, size);
       }},
      {"N37: a redirect to nowhere", "without a location", [](SimAnswer& answer) { answer = refuse(302); }},
      {"a status that means nothing here", "418", [](SimAnswer& answer) { answer = refuse(418); }},
  }));
  const bool is_small = GENERATE(false, true);
  CAPTURE(wrong.name, is_small);
  const auto run = [&](int spoilt, bool has_mirror) {
    auto rig = std::make_unique<OneFile>([&wrong, spoilt](int asked, const net::Request&, SimAnswer& answer) {
      if (asked <= spoilt) wrong.spoil(answer);
    });
    rig->files = {{"model.bin", {is_small ? 5000 : 5 * kMiB, 1}}};
    if (has_mirror) {
      rig->mirror("one.test");
      rig->serves("one.test", [&wrong](const net::Request&, SimAnswer& answer) { wrong.spoil(answer); });
    }
    REQUIRE(rig->run());
    return rig;
  };
  SECTION("once") {
    const auto rig = run(1, false);
    rig->check_complete();
    CHECK(rig->clock.seconds() < 5);
  }
  SECTION("for ever") {
    const auto rig = run(1000, false);
    REQUIRE(rig->report.failures.size() == 1);
    CHECK(rig->failure() == ErrorCode::BadResponse);
    const std::string said = rig->report.failures.error(0).message;
    CAPTURE(said);
    CHECK(said.find(wrong.in_error) != std::string::npos);
    CHECK(rig->asked == 3);
    CHECK(rig->clock.seconds() < 10);
  }
  SECTION("at the first of two sources") {
    const auto rig = run(0, true);
    rig->check_complete();
    CHECK(rig->net.asked("one.test") == 1);
    CHECK(rig->clock.seconds() < 2);  // the other one is asked at once
  }
}

TEST_CASE("Engine: a body that brings too much, once, is fetched again from zero", "[transfer][engine][faults]") {  // T21
  OneFile rig([](int asked, const net::Request&, SimAnswer& answer) {
    if (asked > 1) return;
    answer.headers.clear();
    answer.file = SimFile{5 * kMiB + 1, 1};
    answer.range = {0, 5 * kMiB + 1};
  });
  rig.files = {{"model.bin", {5 * kMiB, 1}}};
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.asked == 2);
}
