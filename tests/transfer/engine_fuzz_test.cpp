// Random schedules of faults over the simulated network: either the right bytes, or an error; always an end, in bounded time and traffic.
#include "transfer/engine_rig.hpp"

#include <cstdlib>
#include <random>

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

/// What one server does to one answer, drawn at random.
class Mischief {
 public:
  explicit Mischief(std::uint64_t seed) : dice_(seed), share_(dice_() % 100) {}

  void operator()(const net::Request& request, SimAnswer& answer) {
    if (dice_() % 100 >= share_ / 3) return;
    switch (dice_() % 14) {
      case 0:
        answer.cut = dice_() % (answer.range.size() + 1);
        break;
      case 1:
        answer.stall = dice_() % (answer.range.size() + 1);
        break;
      case 2:
        answer.rate = 500.0 + static_cast<double>(dice_() % 100'000);
        break;
      case 3:
        if (answer.range.size() > 0) answer.flip = answer.range.begin + dice_() % answer.range.size();
        break;
      case 4:
        answer.error = dice_() % 2 == 0 ? ErrorCode::ConnectFailed : ErrorCode::ConnectionLost;
        break;
      case 5:
        answer.is_silent = true;
        break;
      case 6:
        answer = refuse(429);
        answer.headers.emplace_back("Retry-After", std::to_string(dice_() % 5));
        break;
      case 7:
        answer = refuse(503);
        break;
      case 8:
        answer = refuse(403);
        break;
      case 9:
        answer = refuse(416);
        break;
      case 10:
        ignore_range(answer);
        break;
      case 11:
        shift(request, answer);
        break;
      case 12:
        answer.headers.emplace_back("ETag", "\"" + std::to_string(dice_() % 3) + "\"");
        break;
      default:
        shorten(request, answer);
    }
  }

 private:
  static void ignore_range(SimAnswer& answer) {
    if (!answer.file) return;
    answer.status = 200;
    answer.range = {0, answer.file->size};
    answer.headers.clear();
  }
  void set_range(SimAnswer& answer, ByteRange range) {
    answer.status = 206;
    answer.range = range;
    answer.headers = {{"Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
                                            std::to_string(answer.file->size)}};
  }
  void shift(const net::Request& request, SimAnswer& answer) {
    if (answer.file && request.range && request.range->size() > 2) set_range(answer, {request.range->begin + 1, request.range->end});
  }
  void shorten(const net::Request& request, SimAnswer& answer) {
    if (!answer.file || !request.range || request.range->size() < 2) return;
    set_range(answer, {request.range->begin, request.range->begin + 1 + dice_() % (request.range->size() - 1)});
  }

  std::mt19937_64 dice_;
  std::uint64_t share_;
};

void run_once(std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  EngineRig rig((1 + dice() % 16) * 512 * 1024, seed);
  rig.clock.give_up = 30h;
  std::uint64_t total = 0;
  const auto add = [&](const std::string& name, std::uint64_t size) {
    total += size;
    rig.add(name, {size, 1 + dice() % 3}, dice() % 2 == 0 ? digest::Algorithm::Sha256 : digest::Algorithm::GitSha1);
  };
  for (std::uint64_t at = 0; at < 1 + dice() % 3; ++at) add("large" + std::to_string(at), kMiB + 1 + dice() % (20 * kMiB));
  for (std::uint64_t at = 0; at < dice() % 6; ++at) add("small" + std::to_string(at), dice() % kMiB);
  const int mirrors = static_cast<int>(dice() % 3);
  for (int at = 0; at < mirrors; ++at) {
    const std::string host = "mirror" + std::to_string(at) + ".test";
    rig.mirror(host);
    rig.serves(host, Mischief(dice()));
  }
  rig.redirects("hub.test", "cdn.test", "", Mischief(dice()));
  rig.serves("cdn.test", Mischief(dice()));
  rig.net.path = {std::chrono::milliseconds(1 + dice() % 100), 1e5 * static_cast<double>(1 + dice() % 200), 50e6};
  rig.options.jobs = static_cast<int>(dice() % 20);
  rig.options.retry.tries = static_cast<int>(1 + dice() % 8);
  if (dice() % 4 == 0) rig.options.deadline = rig.clock.now() + std::chrono::seconds(1 + dice() % 60);
  std::optional<CancelSource> cancel;
  if (dice() % 6 == 0) {
    cancel.emplace();
    rig.clock.after(std::chrono::milliseconds(dice() % 5000), [&cancel] { cancel->interrupt(2); });
  }
  const std::size_t most_files = rig.files.size();
  const auto done = rig.run(cancel ? cancel->token() : CancelToken());

  rig.check_no_wrong_blob();
  CHECK(rig.net.open() == 0);        // nobody is told of a run that is over
  CHECK(rig.pool.in_use() == 0);     // no piece is lost
  CHECK(rig.net.requests() < 3000);  // bounded
  CHECK(rig.net.body_bytes() < 60 * total + 60 * kMiB);
  if (rig.options.deadline) CHECK(rig.clock.now() <= *rig.options.deadline + 2s);
  if (!done) {
    CHECK((done.error().code == ErrorCode::Interrupted || done.error().code == ErrorCode::TimedOut ||
           rig.report.failures.size() < most_files));
  } else if (rig.report.failures.empty()) {
    rig.check_complete();
  }
  // A quiet network afterwards: the same command ends in the same state (I11).
  for (int at = 0; at < mirrors; ++at) rig.serves("mirror" + std::to_string(at) + ".test");
  rig.usual_hub();
  rig.options.deadline.reset();
  REQUIRE(rig.run());
  CHECK(rig.report.failures.empty());
  rig.check_complete();
  CHECK((!std::filesystem::exists(rig.layout.partials()) || std::filesystem::is_empty(rig.layout.partials())));
}

}  // namespace

TEST_CASE("Engine: random cuts, stalls, lies and limits", "[transfer][engine][fuzz]") {
  // LARDER_FUZZ_SEED=n and LARDER_FUZZ_RUNS=n for more than the usual few.
  const auto number = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const std::uint64_t first = number("LARDER_FUZZ_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number("LARDER_FUZZ_RUNS", 25); ++seed) {
    CAPTURE(seed);
    run_once(seed);
  }
}

TEST_CASE("Engine: random faults that once found something", "[transfer][engine][fuzz]") {
  const std::uint64_t seed = GENERATE(as<std::uint64_t>(), 1072);  // a small file that is due spun while there was no room for it
  CAPTURE(seed);
  run_once(seed);
}
