// Signals, closed and full streams, kills: how a run ends, and how the next one goes on.
#include "integration/sandbox.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace larder::test;

namespace {

constexpr std::uint64_t kBig = 24U << 20U;

HubRepo big_repo() {
  HubRepo repo;
  repo.id = "org/m";
  repo.commit({{"big.bin", Body::pattern(kBig)}, {"config.json", "{}"}});
  return repo;
}

// Starts a pull of one connection and waits until the range with byte 16,000,000 stands still: those before it have come.
std::unique_ptr<LarderProcess> start_and_stall(Sandbox& box, const Words& more = {}) {
  box.hub.fault("big.bin", "stallat:16000000");
  Words words{"pull", "org/m", "--stall-timeout", "600", "--jobs", "1"};
  words.insert(words.end(), more.begin(), more.end());
  auto process = std::make_unique<LarderProcess>(box.options(words));
  REQUIRE(box.hub.cdn().await_stalled(1));
  return process;
}

}  // namespace

TEST_CASE("pull: one signal ends it within a second, with its own exit code, and names the way on",
          "[integration][interrupt]") {  // L21, L23
  struct Case {
    int signal, exit;
  };
  const Case c = GENERATE(Case{SIGINT, 130}, Case{SIGTERM, 143}, Case{SIGHUP, 129});
  CAPTURE(c.signal);
  Sandbox box;
  box.hub.put(big_repo());
  const auto process = start_and_stall(box);
  const auto before = std::chrono::steady_clock::now();
  process->send_signal(c.signal);
  const RunResult result = process->wait(std::chrono::seconds(10));
  CHECK_EXIT(result, c.exit);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(2));
  CHECK(result.out.empty());
  CHECK(contains(result.err, "larder pull"));
  CHECK_FALSE(box.ref().has_value());
  CHECK(box.findings("") == "");

  box.hub.clear_faults();
  box.hub.clear_logs();
  const RunResult again = box.run({"pull", "org/m", "--json"});
  CHECK_EXIT(again, 0);
  CHECK(box.findings() == "");
  CHECK(box.hub.cdn().body_bytes() < kBig);  // I11: some of it was kept
}

TEST_CASE("pull: after a kill the next run resumes and the result is the same", "[integration][interrupt]") {  // L2, I11
  Sandbox box;
  const HubRepo repo = big_repo();
  box.hub.put(repo);
  const auto process = start_and_stall(box);
  process->send_signal(SIGKILL);
  CHECK(process->wait().signal == SIGKILL);
  CHECK(box.findings("") == "");
  box.hub.clear_faults();
  box.hub.clear_logs();
  const RunResult again = box.run({"pull", "org/m"});
  CHECK_EXIT(again, 0);
  CHECK(box.has_blob(*repo.commits[0].find("big.bin")));
  CHECK(box.findings() == "");
  CHECK(std::filesystem::is_empty(box.repo() + "/.larder/partial"));  // the dead run's partial was taken over, nothing stays
}

TEST_CASE("pull: a second signal ends it at once", "[integration][interrupt]") {  // L22
  Sandbox box;
  box.hub.put(big_repo());
  const auto process = start_and_stall(box);
  process->send_signal(SIGINT);
  process->send_signal(SIGINT);
  const RunResult result = process->wait(std::chrono::seconds(10));
  CHECK((result.exit == 130 || result.signal == SIGINT));
  CHECK(box.findings("") == "");
}

TEST_CASE("pull: two runs at once of the same repository both succeed and fetch it about once", "[integration][interrupt]") {  // C1
  Sandbox box;
  const HubRepo repo = big_repo();
  box.hub.put(repo);
  std::vector<std::unique_ptr<LarderProcess>> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(std::make_unique<LarderProcess>(box.options({"pull", "org/m"})));
  for (const auto& run : runs) CHECK_EXIT(run->wait(), 0);
  CHECK(box.findings() == "");
  CHECK(box.hub.cdn().body_bytes() < kBig + kBig / 5);
}

TEST_CASE("pull: when the leader of a shared download dies, a waiter takes over", "[integration][interrupt]") {  // C12
  Sandbox box;
  const HubRepo repo = big_repo();
  box.hub.put(repo);
  const auto leader = start_and_stall(box);
  LarderProcess waiter(box.options({"pull", "org/m", "--stall-timeout", "600"}));
  REQUIRE(box.hub.server().await([](const auto& log) {
    return std::count_if(log.begin(), log.end(), [](const LogEntry& e) { return contains(e.request.target, "/tree/"); }) >= 2;
  }));
  box.hub.clear_faults();
  leader->send_signal(SIGKILL);
  leader->wait();
  CHECK_EXIT(waiter.wait(std::chrono::seconds(30)), 0);
  CHECK(box.findings() == "");
}

TEST_CASE("pull: a full or closed stdout", "[integration][interrupt]") {  // L24, L26, L27
  Sandbox box;
  box.hub.put(golden_repo());
  SECTION("/dev/full is exit 8") {
    CHECK_EXIT(box.run({"pull", "org/m"}, StreamTarget::DevFull), 8);
    CHECK_EXIT(box.run({"pull", "org/m", "--json"}, StreamTarget::DevFull), 8);
  }
  SECTION("a pipe nobody reads is 141, silently") {
    const RunResult result = box.run({"pull", "org/m"}, StreamTarget::ClosedPipe);
    CHECK((result.exit == 141 || result.signal == SIGPIPE));
    CHECK_FALSE(contains(result.err, "error"));
  }
  SECTION("closed at the start: nothing of it lands in a file") {
    box.run({"pull", "org/m", "-vvv"}, StreamTarget::Closed, StreamTarget::Closed);
    box.run({"pull", "org/m", "-vvv"}, StreamTarget::Captured, StreamTarget::Closed);
  }
  CHECK(box.findings() == "");  // the state is brought to a safe end
}

TEST_CASE("pull: who does not read its output keeps it neither from a signal nor from its time limit", "[integration][interrupt]") {  // L22
  Sandbox box;
  box.hub.put(golden_repo());
  const bool is_err_stuck = GENERATE(false, true);
  RunOptions run = box.options({"pull", "org/m", "--json", "-vv"});
  run.out = StreamTarget::FullPipe;
  if (is_err_stuck) run.err = StreamTarget::FullPipe;
  SECTION("a signal") {
    LarderProcess process(run);
    process.send_signal(SIGTERM);
    const RunResult result = process.wait();
    CHECK((result.exit == 143 || result.signal == SIGTERM));  // by signal: before the program had begun
  }
  SECTION("the time limit") {
    run.arguments.insert(run.arguments.end(), {"--timeout", "1"});
    CHECK_EXIT(run_larder(run), 5);
  }
  CHECK(box.findings() == "");
}

TEST_CASE("pull: local trouble is exit 8 and names the path", "[integration][interrupt]") {  // L14
  Sandbox box;
  box.hub.put(golden_repo());
  SECTION("the cache is a file") {
    RunOptions run = box.options({"pull", "org/m"});
    run.environment["HF_HUB_CACHE"] = "/proc/version";
    const RunResult result = run_larder(run);
    CHECK_EXIT(result, 8);
    CHECK(contains(result.err, "/proc/version"));
  }
  SECTION("nobody can write there") {
    RunOptions run = box.options({"pull", "org/m"});
    run.environment["HF_HUB_CACHE"] = "/proc/no/such";
    CHECK_EXIT(run_larder(run), 8);
  }
}

TEST_CASE("pull: no HOME, a working folder that is gone", "[integration][interrupt]") {  // L30
  Sandbox box;
  box.hub.put(golden_repo());
  RunOptions run = box.options({"pull", "org/m"});
  run.environment = {{"HF_HUB_CACHE", box.cache()}, {"HF_ENDPOINT", box.hub.endpoint()}};
  CHECK_EXIT(run_larder(run), 0);
  CHECK(box.findings() == "");
}
