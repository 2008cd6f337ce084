// Answers that come too slowly, or not at all: what is dropped, what is waited for.
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

TEST_CASE("Engine: nothing hangs: silence, stalls and trickles end in TimedOut", "[transfer][engine][faults]") {  // N12, N13, T39
  const auto check = [](OneFile& rig, SteadyTime::duration at_most) {
    rig.options.retry.tries = 2;
    REQUIRE(rig.run());
    REQUIRE(rig.report.failures.size() == 1);
    CHECK(rig.failure() == ErrorCode::TimedOut);
    CHECK(rig.clock.seconds() < std::chrono::duration<double>(at_most).count());
    CHECK(rig.net.open() == 0);
  };
  SECTION("no head") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.is_silent = true; });
    check(rig, 120s);
  }
  SECTION("no head, and a transport that never notices") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.is_silent = true; });
    rig.net.forgets_header_timeout = true;
    check(rig, 300s);
  }
  SECTION("a head and no byte") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.stall = 0; });
    check(rig, 90s);
  }
  SECTION("a few bytes") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.stall = 1000; });
    check(rig, 90s);
  }
  SECTION("a trickle") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.rate = 100; });
    check(rig, 240s);
  }
  SECTION("the body of a small file") {
    OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.stall = 0; });
    rig.files = {{"small", {1000, 3}}};
    rig.algorithms = {{"small", digest::Algorithm::GitSha1}};
    check(rig, 300s);
  }
}

TEST_CASE("Engine: a stalled range is asked for again, the file goes on", "[transfer][engine][faults]") {  // N12
  OneFile rig([](int asked, const net::Request&, SimAnswer& answer) {
    if (asked == 3) answer.stall = 100'000;
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 30);
}

TEST_CASE("Engine: a small file that stalls is asked for again after the stall time-out", "[transfer][engine][faults]") {  // N12
  EngineRig rig;
  rig.options.stall_timeout = 2s;
  rig.add("small.json", {5000, 3}, digest::Algorithm::GitSha1);
  int asked = 0;
  rig.serves("hub.test", [&asked](const net::Request&, SimAnswer& answer) {
    if (++asked == 1) answer.stall = 100;
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 6);
}

TEST_CASE("Engine: a connection far below its peers is dropped", "[transfer][engine][faults]") {
  OneFile rig([](int asked, const net::Request&, SimAnswer& answer) {
    if (asked == 3) answer.rate = 3'000;
  });
  rig.files["model.bin"] = {300 * kMiB, 1};
  rig.net.path.connection_rate = 2e6;
  rig.options.jobs = 4;
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.clock.seconds() < 60);
}

TEST_CASE("Engine: the last range is held against those that have finished", "[transfer][engine][faults]") {
  // 4 MiB are over the allowance of hedges of such a small file.
  for (const double rate : {5e3, 40e3, 200e3}) {
    CAPTURE(rate);
    OneFile rig([rate](int asked, const net::Request&, SimAnswer& answer) {
      if (asked == 9) answer.rate = rate;
    });
    rig.net.path.connection_rate = 1e6;
    REQUIRE(rig.run());
    rig.check_complete();
    CHECK(rig.clock.seconds() < 30);
    CHECK(rig.report.body_bytes <= kModel.size + kModel.size / 20);
  }
}

TEST_CASE("Engine: a path that has become slow is no stall", "[transfer][engine][faults]") {  // N14
  EngineRig rig;
  rig.options.retry.tries = 2;
  rig.add("model.bin", kModel);
  rig.net.path.connection_rate = 1e6;
  rig.usual_hub([&rig](const net::Request&, SimAnswer& answer) {
    if (rig.clock.seconds() > 6) answer.rate = 5e3;
  });
  REQUIRE(rig.run());
  rig.check_complete();
}

TEST_CASE("Engine: a connection that ends after a good while is followed by the next at once", "[transfer][engine][faults]") {  // N7
  OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.cut = 1'500'000; });
  rig.options.jobs = 1;
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.report.body_bytes == kModel.size);
  CHECK(rig.clock.seconds() < 2);
}

TEST_CASE("Engine: a slow but living server is waited for, until the time is over", "[transfer][engine][faults]") {  // N14
  OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.rate = 2'000; });
  rig.options.deadline = rig.clock.now() + 1h;
  rig.options.jobs = 1;
  const auto done = rig.run();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::TimedOut);
  CHECK(rig.clock.seconds() < 3602);
  CHECK(rig.clock.seconds() >= 3600);
}

TEST_CASE("Engine: a small file that comes slowly is seen to come", "[transfer][engine]") {
  OneFile rig([](int, const net::Request&, SimAnswer& answer) { answer.rate = 50e3; });
  rig.files = {{"model.bin", {900'000, 3}}};
  REQUIRE(rig.run());
  CHECK(rig.report.failures.empty());
  for (const TaskKind kind : {TaskKind::File, TaskKind::Total}) {
    const auto* task = rig.progress.find(kind);
    REQUIRE(task);
    CHECK(task->ends == std::vector<TaskEnd>{TaskEnd::Done});
    CHECK(task->steps.size() > 5);
    CHECK(std::is_sorted(task->steps.begin(), task->steps.end()));
    CHECK(task->steps.back() == 900'000);
  }
  CHECK(std::count_if(rig.progress.tasks.begin(), rig.progress.tasks.end(), [](const auto& task) { return task.kind == TaskKind::File; }) ==
        1);
}

TEST_CASE("Engine: a small file that fails half way is a task that failed, once", "[transfer][engine]") {
  OneFile rig([](int, const net::Request&, SimAnswer& answer) {
    answer.rate = 50e3;
    answer.stall = 400'000;
  });
  rig.files = {{"model.bin", {900'000, 3}}};
  rig.options.retry.tries = 2;
  REQUIRE(rig.run());
  REQUIRE(rig.report.failures.size() == 1);
  const auto* task = rig.progress.find(TaskKind::File);
  REQUIRE(task);
  CHECK(task->ends == std::vector<TaskEnd>{TaskEnd::Failed});
  CHECK(rig.progress.find(TaskKind::Total)->steps.back() == 0);
}
