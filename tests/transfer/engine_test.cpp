// The engine over a simulated network: which requests are sent, and what becomes of answers that are late, wrong or missing.
#include "transfer/engine_rig.hpp"

using namespace larder;
using namespace larder::test;
using transfer::FileStatus;
using namespace std::chrono_literals;

namespace {

bool is_sorted_by_begin(const std::vector<SimNetwork::Seen>& seen) {
  std::uint64_t last = 0;
  for (const auto& one : seen) {
    if (!one.range) continue;
    if (one.range->begin < last) return false;
    last = one.range->begin;
  }
  return true;
}

}  // namespace

TEST_CASE("Engine: one large file in guided segments, its address asked for once", "[transfer][engine]") {
  EngineRig rig;
  rig.add("model.bin", {100 * kMiB + 17, 1});
  rig.usual_hub();
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.report.statuses.at(0) == FileStatus::Fetched);
  CHECK(rig.net.asked("hub.test") == 1);
  CHECK(rig.report.body_bytes == 100 * kMiB + 17);
  CHECK(is_sorted_by_begin(rig.net.seen()));
  for (const auto& one : rig.net.seen()) {
    CHECK(one.has_token == (one.host == "hub.test"));  // T27
    CHECK(one.version == net::HttpVersion::Http1);     // bulk
    if (one.host != "cdn.test" || !one.range) continue;
    CHECK(one.range->begin % kMiB == 0);
    CHECK((one.range->size() >= 2 * kMiB || one.range->end == 100 * kMiB + 17));
    CHECK(one.range->size() <= 64 * kMiB);
  }
  CHECK(rig.net.asked("cdn.test") <= 51);
}

TEST_CASE("Engine: what arrives a little ahead of the digest is hashed from memory", "[transfer][engine]") {
  struct CountingDisk final : fs::ForwardingDisk {
    using ForwardingDisk::ForwardingDisk;
    Result<std::size_t> read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) override {
      read += bytes.size();
      return ForwardingDisk::read_at(fd, bytes, offset);
    }
    std::uint64_t read = 0;
  };
  EngineRig rig;
  rig.add("model.bin", {200 * kMiB + 17, 1});
  rig.usual_hub();
  auto counting = std::make_unique<CountingDisk>(*rig.real);
  const CountingDisk& disk = *counting;
  rig.disk = std::move(counting);
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(disk.read < 20 * kMiB);
}

TEST_CASE("Engine: a file below 16 MiB is one request without a range", "[transfer][engine]") {
  EngineRig rig;
  rig.add("model.bin", {16 * kMiB - 1, 1});
  rig.usual_hub();
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.requests() == 2);  // N43: no HEAD among them
  CHECK_FALSE(rig.net.seen().at(1).range);
}

TEST_CASE("Engine: empty files need no request, small ones one each", "[transfer][engine]") {
  EngineRig rig;
  rig.add("empty", {0, 1}, digest::Algorithm::GitSha1);
  rig.add("a.json", {700, 2}, digest::Algorithm::GitSha1);
  rig.add("b.json", {1, 3}, digest::Algorithm::GitSha1);
  rig.serves("hub.test");
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(rig.net.requests() == 2);
  CHECK(rig.net.seen().at(0).version == net::HttpVersion::Any);  // may be HTTP/2
}

TEST_CASE("Engine: small bodies in memory and pieces of large files keep to one ceiling", "[transfer][engine]") {
  constexpr std::uint64_t kMemory = 8 * kMiB;
  EngineRig rig(kMemory);
  std::uint64_t most = 0;
  for (std::uint64_t at = 1; at <= 60; ++at) rig.add("f" + std::to_string(at), {900'000, at}, digest::Algorithm::GitSha1);
  rig.add("model.bin", {80 * kMiB, 7});
  std::uint64_t bodies = 0;
  rig.serves("hub.test", [&](const net::Request& request, SimAnswer&) {
    if (request.mode != net::BodyMode::Collect) return;
    ++bodies;
    most = std::max<std::uint64_t>(most, rig.pool.pieces() * BufferPool::kPiece);
  });
  REQUIRE(rig.run());
  rig.check_complete();
  CHECK(bodies == 60);
  CHECK(most <= kMemory / 2);                                // the other half is what the bodies may take
  CHECK(rig.pool.pieces() * BufferPool::kPiece == kMemory);  // all of it is there again
}
