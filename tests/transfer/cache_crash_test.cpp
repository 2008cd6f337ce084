// Loops A, B and D of docs/reliability.md over the cache destination, step by step.
#include "transfer/cache_rig.hpp"

#include <cerrno>

using namespace larder;
using namespace larder::test;
namespace files = std::filesystem;

TEST_CASE("CacheDestination: a kill at any point leaves a valid cache, and the next run ends the same", "[transfer][crash]") {
  // L1, I1–I4, I11, I12
  Rig reference;
  REQUIRE(pull(*reference.run));
  check_complete(reference.layout);
  const std::size_t steps = reference.fault->steps();
  REQUIRE(steps > 40);
  for (std::size_t step = 1; step <= steps; ++step) {
    Rig rig;
    rig.fault->crash_at(step);
    (void)pull(*rig.run);  // the last step is the end of the lease: by then all is done
    INFO("step " << step << " of " << steps << ": " << rig.fault->calls().back());
    check_invariants(rig.layout);
    bury(rig.layout.leases());
    REQUIRE(rig.pull_again());
    check_complete(rig.layout);
  }
}

TEST_CASE("CacheDestination: a power cut at any point leaves a valid cache", "[transfer][crash]") {  // L3, L5, I5
  Rig reference;
  REQUIRE(pull(*reference.run));
  const std::size_t steps = reference.fault->steps();
  reference.fault->lose_unsynced();
  check_complete(reference.layout);  // L4: what was said to be done is there
  for (const auto loss : {FaultDisk::Loss::All, FaultDisk::Loss::Bytes, FaultDisk::Loss::Some}) {
    for (std::size_t step = 1; step <= steps; ++step) {
      Rig rig;
      rig.fault->crash_at(step);
      (void)pull(*rig.run);  // the last step is the end of the lease: by then all is done
      rig.fault->lose_unsynced(loss, static_cast<std::uint32_t>(step));
      INFO("loss " << static_cast<int>(loss) << ", step " << step << " of " << steps << ": " << rig.fault->calls().back());
      check_invariants(rig.layout);
      bury(rig.layout.leases());
      REQUIRE(rig.pull_again());
      check_complete(rig.layout);
    }
  }
}

TEST_CASE("CacheDestination: whatever fails once, nothing is half done and nothing is said to be done", "[transfer][fault]") {
  // L7, L10, L11: success means complete
  Rig reference;
  REQUIRE(pull(*reference.run));
  const std::size_t steps = reference.fault->steps();
  const auto calls = reference.fault->calls();
  for (const int error : {ENOSPC, EIO}) {
    for (std::size_t step = 1; step <= steps; ++step) {
      if (error == EIO && calls[step - 1].rfind("sync", 0) != 0) continue;  // elsewhere both take the same way
      Rig rig;
      rig.fault->fail_at(step, error);
      const auto pulled = pull(*rig.run);
      INFO("step " << step << ": " << rig.fault->calls().at(step - 1));
      check_invariants(rig.layout);
      if (pulled) check_complete(rig.layout);
      if (!pulled) CHECK(exit_code(pulled.error().code) == 8);
      bury(rig.layout.leases());
      REQUIRE(rig.pull_again());
      check_complete(rig.layout);
    }
  }
}

TEST_CASE("CacheDestination: a failed fsync is not asked again", "[transfer][fault]") {  // step 4
  Rig rig;
  rig.fault->fail_if([](std::string_view call, const std::string&) { return call == "sync_file" ? EIO : 0; });
  const auto file = all_files()[2];
  transfer::CacheDestination destination(rig.run->store, rig.layout, commit_of('1'), {});
  CHECK_FALSE(fetch_large(destination, file, model_bin()));
  CHECK_FALSE(files::exists(rig.layout.blob(file.blob_name())));
  CHECK(list_tree(rig.layout.partials()).empty());  // the partial is gone with it
}

TEST_CASE("CacheDestination: where links fail at first use, files are placed", "[transfer][fault]") {  // L31
  Rig rig;
  rig.fault->fail_if([](std::string_view call, const std::string&) { return call == "make_symlink" ? EPERM : 0; });
  REQUIRE(pull(*rig.run));
  CHECK(read_file(rig.layout.entry(commit_of('1'), "README.md")) == readme());
  CHECK(files::is_regular_file(files::symlink_status(rig.layout.entry(commit_of('1'), "README.md"))));
}

TEST_CASE("CacheDestination: neither links, nor hard links, nor reflinks: the blob is moved", "[transfer][fault]") {  // R-550, L31
  Rig rig;
  rig.fault->fail_if([](std::string_view call, const std::string&) {
    if (call == "make_symlink") return EPERM;
    return call == "make_hard_link" ? EOPNOTSUPP : 0;
  });
  REQUIRE(pull(*rig.run));
  CHECK(read_file(rig.layout.entry(commit_of('1'), "sub dir/model.bin")) == model_bin());
  transfer::CacheDestination again(rig.run->store, rig.layout, commit_of('1'), {});
  for (const auto& file : all_files()) CHECK(again.look(file).value().presence == transfer::Presence::Complete);
}
