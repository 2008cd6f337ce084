#include "transfer/flow.hpp"

#include "support/catch.hpp"

using larder::SteadyTime;
using namespace larder::transfer;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime kNow{1000h};

/// `rate` bytes a second for `time`, with the pulse twice a second.
SteadyTime flow_for(Flow& flow, SteadyTime from, std::chrono::seconds time, std::uint64_t rate) {
  for (SteadyTime at = from; at < from + time; at += 500ms) {
    if (rate > 0) flow.on_bytes(rate / 2, at + 400ms);
    flow.on_pulse(at + 500ms);
  }
  return from + time;
}

}  // namespace

TEST_CASE("StallRule: no byte for the time-out", "[transfer][flow]") {  // N12
  const StallRule rule{20s};
  Flow flow(kNow);
  CHECK(rule.judge(flow, 0, kNow + 19s) == StallRule::Verdict::Fine);
  CHECK(rule.judge(flow, 0, kNow + 20s) == StallRule::Verdict::Silent);
  flow.on_bytes(1, kNow + 19s);
  CHECK(rule.judge(flow, 0, kNow + 38s) == StallRule::Verdict::Fine);
}

TEST_CASE("StallRule: far below its peers for ten seconds", "[transfer][flow]") {
  const StallRule rule{20s};
  Flow flow(kNow);
  SteadyTime now = flow_for(flow, kNow, 5s, 1000);
  CHECK(rule.judge(flow, 100'000, now) == StallRule::Verdict::Fine);  // begins to count
  now = flow_for(flow, now, 9s, 1000);
  CHECK(rule.judge(flow, 100'000, now) == StallRule::Verdict::Fine);
  now = flow_for(flow, now, 1s, 1000);
  CHECK(rule.judge(flow, 100'000, now) == StallRule::Verdict::Slow);
  CHECK(rule.judge(flow, 10'000, now) == StallRule::Verdict::Fine);  // a tenth is slow, but no stall
  CHECK(rule.judge(flow, 0, now) == StallRule::Verdict::Fine);       // no peers
}

TEST_CASE("StallRule: time in which we held the network back is forgiven", "[transfer][flow]") {  // L42
  const StallRule rule{20s};
  Flow flow(kNow);
  flow.forgive(100s);
  CHECK(rule.judge(flow, 0, kNow + 115s) == StallRule::Verdict::Fine);
  CHECK(rule.judge(flow, 0, kNow + 120s) == StallRule::Verdict::Silent);
}

TEST_CASE("choose_hedge: the slowest one, if it keeps all waiting and fits the allowance", "[transfer][flow]") {
  const std::vector<OpenSegment> open{{10'000, 10'000, true}, {50'000, 10'000, true}, {10'000, 10'000, true}};
  CHECK(choose_hedge(open, 0, 1'000'000) == 1U);
  CHECK_FALSE(choose_hedge(open, 0, 40'000));                                                  // too many extra bytes
  CHECK_FALSE(choose_hedge({{10'000, 10'000, true}, {12'000, 10'000, true}}, 0, 1'000'000));   // no straggler
  CHECK_FALSE(choose_hedge({{100, 10'000, true}, {5'000, 10'000, true}}, 0, 1'000'000));       // over in two seconds
  CHECK_FALSE(choose_hedge({{10'000, 10'000, true}, {50'000, 10'000, false}}, 0, 1'000'000));  // hedged already
  CHECK(choose_hedge({{50'000, 1'000, true}}, 10'000, 1'000'000) == 0U);                       // alone: against the usual rate
  CHECK_FALSE(choose_hedge({{50'000, 10'000, true}}, 10'000, 1'000'000));
  CHECK_FALSE(choose_hedge({{50'000, 1'000, true}}, 0, 1'000'000));
  CHECK_FALSE(choose_hedge({}, 0, 1'000'000));
}
