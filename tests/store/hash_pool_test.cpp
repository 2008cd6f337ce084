#include "store/hash_pool.hpp"

#include "fs/forwarding_disk.hpp"
#include "support/cache_builder.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <map>

using namespace larder;
using test::CacheBuilder;

namespace {

struct Rig {
  test::TempDir dir;
  std::unique_ptr<fs::Disk> disk = fs::make_real_disk();
  std::unique_ptr<Clock> clock = make_system_clock();
  std::vector<std::string> contents;  // by tag
  std::vector<store::HashJob> jobs;
  std::map<std::size_t, Result<digest::Digest>> outcomes;  // of the last run, by tag
  std::uint64_t hashed = 0;                                // bytes that the last run told of last

  void add(std::size_t size, char letter, digest::Algorithm algorithm = digest::Algorithm::Sha256) {
    contents.emplace_back(size, letter);
    jobs.push_back({dir.write("f" + std::to_string(contents.size()), contents.back()), algorithm, size, contents.size() - 1});
  }
  /// The first `count` jobs.
  void run(std::size_t count, int threads) {
    outcomes.clear();
    hashed = 0;
    store::HashListener listener;
    listener.done = [&](const store::HashOutcome& outcome) { outcomes.emplace(outcome.tag, outcome.digest); };
    listener.bytes = [&](std::uint64_t bytes) { hashed = bytes; };
    const std::vector<store::HashJob> some(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(count));
    REQUIRE(store::hash_files(*disk, *clock, {some, threads}, listener, CancelToken{}));
    REQUIRE(outcomes.size() == count);
  }
  void check(std::size_t tag) {
    CAPTURE(tag, contents[tag].size());
    REQUIRE(outcomes.at(tag));
    CHECK(outcomes.at(tag)->hex() == CacheBuilder::blob_name(contents[tag], jobs[tag].algorithm == digest::Algorithm::Sha256));
  }
};

}  // namespace

TEST_CASE("hash_files: every file gets its digest, whatever the sizes and the number of threads", "[store][hash_pool]") {
  Rig rig;
  for (const std::size_t size :
       std::vector<std::size_t>{0, 1, 63, 64, 65, 127, 128, 1000, 262143, 262144, 262145, 262144 * 3 + 17, 5, 999999, 64 * 5}) {
    for (const auto algorithm : {digest::Algorithm::Sha256, digest::Algorithm::GitSha1}) {
      rig.add(size, static_cast<char>('a' + rig.contents.size()), algorithm);
    }
  }
  rig.jobs.push_back({rig.dir / "absent", digest::Algorithm::Sha256, 5, rig.contents.size()});
  for (const int threads : {1, 2, 5}) {
    CAPTURE(threads);
    rig.run(rig.jobs.size(), threads);
    for (std::size_t tag = 0; tag < rig.contents.size(); ++tag) rig.check(tag);
    CHECK(rig.outcomes.at(rig.contents.size()).error().code == ErrorCode::NotInCache);
  }
}

TEST_CASE("hash_files: many files of unlike sizes share the lanes of a thread", "[store][hash_pool]") {
  Rig rig;
  for (std::size_t i = 0; i < 70; ++i) rig.add(i * i * 37 % 150'000 + (i % 9 == 0 ? 2'000'000 : 0), static_cast<char>('!' + i));
  for (const std::size_t count : {3U, 7U, 8U, 11U, 16U, 17U, 70U}) {
    for (const int threads : {1, 2}) {
      CAPTURE(count, threads);
      rig.run(count, threads);
      for (std::size_t tag = 0; tag < count; ++tag) rig.check(tag);
      CHECK(rig.hashed > 0);
    }
  }
}

TEST_CASE("hash_files: a shortage ends the work and is no word about a file, other failures are", "[store][hash_pool]") {  // L15, L20
  class ShortDisk final : public fs::ForwardingDisk {
   public:
    using fs::ForwardingDisk::ForwardingDisk;
    int reason = 0;
    Result<UniqueFd> open_read(const std::string& path) override {
      if (path.ends_with("f7") || path.ends_with("f8")) return fail(os_error(reason, path));
      return fs::ForwardingDisk::open_read(path);
    }
  };
  Rig rig;
  for (std::size_t i = 0; i < 12; ++i) rig.add(1000 + i, 'a', i % 2 == 0 ? digest::Algorithm::Sha256 : digest::Algorithm::GitSha1);
  ShortDisk disk(*rig.disk);
  const auto run = [&](int reason, int threads) {
    disk.reason = reason;
    std::size_t failed = 0;
    store::HashListener listener;
    listener.done = [&](const store::HashOutcome& outcome) { failed += outcome.digest ? 0 : 1; };
    const auto result = store::hash_files(disk, *rig.clock, {rig.jobs, threads}, listener, CancelToken{});
    return std::pair(result ? 0 : result.error().os_error, failed);
  };
  for (const int threads : {1, 2, 5}) {
    for (const int shortage : {EMFILE, ENFILE, ENOMEM}) CHECK(run(shortage, threads) == std::pair(shortage, std::size_t{0}));
    CHECK(run(EACCES, threads) == std::pair(0, std::size_t{2}));
  }
}

TEST_CASE("hash_shape: work for every core, and never more files open than the process may have", "[store][hash_pool]") {  // L15
  for (const std::size_t cores : {1U, 2U, 64U, 1000U}) {
    for (const std::size_t files : {0U, 1U, 3U, 40U, 100'000U}) {
      for (const std::uint64_t descriptors : {std::uint64_t{0}, std::uint64_t{17}, std::uint64_t{32}, std::uint64_t{256}, UINT64_MAX}) {
        CAPTURE(cores, files, descriptors);
        const auto shape = store::hash_shape({files, files}, cores, descriptors);
        CHECK(shape.threads >= 1);
        CHECK(shape.lanes >= 1);
        CHECK(shape.threads <= cores);
        CHECK(shape.threads <= std::max<std::size_t>(files, 1));
        if (descriptors > 16) CHECK(shape.threads * shape.lanes <= descriptors - 16);
        CHECK(shape.threads * shape.lanes <= 512);
        if (descriptors >= 256 && cores <= 64) CHECK(shape.threads == std::min(cores, std::max<std::size_t>(files, 1)));
      }
    }
  }
}
