// Several sources of the same bytes: order, health, failover, and the one that lies (--mirror).
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// Two mirrors before the usual Hub.
struct Mirrored : EngineRig {
  Mirrored() {
    add("model.bin", kModel);
    mirror("one.test");
    mirror("two.test");
    serves("one.test");
    serves("two.test");
    usual_hub();
  }
};

const EngineRig::Twist kLies = [](const net::Request&, SimAnswer& answer) { answer.flip = answer.range.begin; };

}  // namespace

TEST_CASE("Engine: the first mirror serves all, by commit, without a token and without redirects", "[transfer][engine][mirror]") {
  Mirrored rig;
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("one.test") == rig.net.requests());
  for (const auto& one : rig.net.seen()) {
    CHECK(one.path == "/org/m/resolve/" + commit_of('1').hex() + "/model.bin");
    CHECK_FALSE(one.has_token);  // T47
  }
}

TEST_CASE("Engine: a mirror that does not have a file, or is down, costs little", "[transfer][engine][mirror]") {
  Mirrored rig;
  const auto check = [&rig] {
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.net.asked("one.test") < 40);
    CHECK(rig.net.asked("two.test") > 0);
    CHECK(rig.net.asked("hub.test") == 0);
    CHECK(rig.clock.seconds() < 20);
  };
  SECTION("404") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) { answer = refuse(404); });
    check();
    CHECK(rig.net.asked("one.test") == 1);
  }
  SECTION("403") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) { answer = refuse(403); });
    check();
  }
  SECTION("500") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) { answer = refuse(500); });
    check();
  }
  SECTION("refused") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) { answer.error = ErrorCode::ConnectFailed; });
    check();
  }
  SECTION("429") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) {
      answer = refuse(429);
      answer.headers = {{"Retry-After", "15"}};
    });
    check();
    CHECK(rig.clock.seconds() < 3);  // the other one is not kept waiting
    CHECK(rig.progress.reasons.empty());
  }
  SECTION("dies in mid-file") {
    rig.serves("one.test", [&](const net::Request&, SimAnswer& answer) {
      if (rig.clock.seconds() > 0.1) {
        answer.error = ErrorCode::ConnectFailed;
      } else {
        answer.cut = 1'000'000;
      }
    });
    check();
    CHECK(rig.report.body_bytes == kModel.size);
  }
}

TEST_CASE("Engine: a mirror that lies is named and dropped, whatever it was mixed with", "[transfer][engine][mirror]") {  // N33
  Mirrored rig;
  rig.add("second.bin", {20 * kMiB, 2});
  rig.add("small.json", {5000, 3}, digest::Algorithm::GitSha1);
  const auto check = [&rig](const std::string& liar) {
    REQUIRE(rig.run());
    CHECK(rig.report.failures.empty());
    rig.check_complete();
    CHECK(rig.warned("wrong bytes from mirror http://" + liar));
  };
  SECTION("the first one, alone") {
    rig.serves("one.test", kLies);
    check("one.test");
  }
  SECTION("the first one, which dies in mid-file") {
    rig.serves("one.test", [&](const net::Request& request, SimAnswer& answer) {
      kLies(request, answer);
      if (rig.clock.seconds() < 0.2) answer.cut = 500'000;
    });
    check("one.test");
  }
  SECTION("the second one, after the first one died") {
    rig.serves("one.test", [&](const net::Request&, SimAnswer& answer) {
      if (rig.clock.seconds() > 0.1) answer.error = ErrorCode::ConnectFailed;
      answer.cut = 500'000;
    });
    rig.serves("two.test", kLies);
    check("two.test");
  }
  SECTION("both") {
    rig.serves("one.test", kLies);
    rig.serves("two.test", kLies);
    check("two.test");
    CHECK(rig.warned("wrong bytes from mirror http://one.test"));
  }
}

TEST_CASE("Engine: when all sources lie it is a digest mismatch, not a loop", "[transfer][engine][mirror]") {
  Mirrored rig;
  rig.serves("one.test", kLies);
  rig.serves("two.test", kLies);
  rig.serves("cdn.test", kLies);
  REQUIRE(rig.run());
  CHECK(rig.failure() == ErrorCode::DigestMismatch);
  CHECK(rig.report.body_bytes <= 5 * kModel.size);
}

TEST_CASE("Engine: a mirror that says it has another commit or digest is not asked for its bytes", "[transfer][engine][mirror]") {  // T15
  Mirrored rig;
  SECTION("commit") {
    rig.serves("one.test",
               [](const net::Request&, SimAnswer& answer) { answer.headers.emplace_back("X-Repo-Commit", std::string(40, '2')); });
  }
  SECTION("digest") {
    rig.serves("one.test", [](const net::Request&, SimAnswer& answer) { answer.headers.emplace_back("ETag", std::string(64, 'a')); });
  }
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("one.test") == 1);
  CHECK(rig.net.asked("two.test") > 1);
}

namespace {

/// A mirror before a Hub that brings 2 MB/s a connection.
struct SlowMirror : EngineRig {
  SlowMirror() {
    add("model.bin", {100 * kMiB + 5, 1});
    net.path.connection_rate = 2e6;
    mirror("one.test");
    usual_hub();
  }
  void mirror_brings(std::function<double()> rate) {
    serves("one.test", [rate = std::move(rate)](const net::Request&, SimAnswer& answer) { answer.rate = rate(); });
  }
  /// As a server does that knows no ranges.
  SimAnswer whole(net::Request request) {
    request.range.reset();
    return serve(files["model.bin"], request);
  }
  void mirror_brings_all(double rate) {
    serves("one.test", [this, rate](const net::Request& request, SimAnswer& answer) {
      answer = whole(request);
      answer.rate = rate;
    });
  }
  [[nodiscard]] std::uint64_t asked_bytes(const std::string& host) const {
    std::uint64_t bytes = 0;
    for (const auto& one : net.seen()) {
      if (one.host == host && one.range) bytes += one.range->size();
    }
    return bytes;
  }
};

}  // namespace

TEST_CASE("Engine: a mirror that is merely slow is left for a faster source", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.mirror_brings([] { return 50e3; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 15);                                       // all from the Hub: 6 s
  CHECK(rig.report.body_bytes < rig.files["model.bin"].size * 21 / 20);  // what was on its way when a connection was left
  CHECK(rig.report.warnings.empty());
}

TEST_CASE("Engine: a slow mirror is left also when the whole file has been asked of it", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.net.path.round_trip = 20ms;  // segments of 4 MiB
  rig.files["model.bin"].size = 30 * kMiB;
  rig.mirror_brings([] { return 50e3; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 15);
}

TEST_CASE("Engine: a mirror that becomes slow in the middle is left, too", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.mirror_brings([&rig] { return rig.clock.seconds() < 2 ? 2e6 : 20e3; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 25);
}

TEST_CASE("Engine: a slow mirror that takes no ranges is left, too", "[transfer][engine][mirror]") {  // T31
  SlowMirror rig;
  rig.mirror_brings_all(5e3);
  int asked = 0;
  const bool refuses_first = GENERATE(false, true);
  rig.usual_hub([&](const net::Request&, SimAnswer& answer) {
    if (++asked == 1 && refuses_first) answer = refuse(503);
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < (refuses_first ? 180 : 90));  // by the mirror: six hours
  CHECK(rig.report.body_bytes < rig.files["model.bin"].size + 6 * kMiB);
  CHECK(rig.report.warnings.empty());
}

TEST_CASE("Engine: a fast mirror that takes no ranges goes on while another source is looked at", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.mirror_brings_all(2e6);
  const bool hub_takes_none = GENERATE(false, true);
  rig.usual_hub([&](const net::Request& request, SimAnswer& answer) {
    if (hub_takes_none) answer = rig.whole(request);
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("one.test") == 1);
  CHECK(rig.net.asked("cdn.test") == 1);
  CHECK(rig.report.body_bytes < rig.files["model.bin"].size + 6 * kMiB);
}

TEST_CASE("Engine: a mirror that is half as fast keeps its place", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.net.path.connection_rate = 2e5;
  rig.options.jobs = 8;
  rig.mirror_brings([] { return 1e5; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.asked_bytes("cdn.test") > 0);
  CHECK(rig.asked_bytes("cdn.test") <= 12 * kMiB);  // looked at once a minute, not more
}

TEST_CASE("Engine: a fast mirror is not left to look at the others", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.files["model.bin"].size = 60 * kMiB;
  rig.mirror_brings([] { return 2e6; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("hub.test") == 0);
}

TEST_CASE("Engine: a slow mirror comes back once it is fast again", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.net.path.connection_rate = 2e5;
  rig.options.jobs = 4;
  rig.mirror_brings([&rig] { return rig.clock.seconds() < 20 ? 5e3 : 3e5; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.asked_bytes("one.test") > 50 * kMiB);
}

TEST_CASE("Engine: a slow second source does not get more than a look", "[transfer][engine][mirror]") {
  SlowMirror rig;
  rig.options.jobs = 2;
  rig.mirror_brings([] { return 2e6; });
  rig.usual_hub([](const net::Request&, SimAnswer& answer) { answer.rate = 10e3; });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.asked("cdn.test") == 1);
  CHECK(rig.clock.seconds() < 35);  // without a look: 26 s
}
