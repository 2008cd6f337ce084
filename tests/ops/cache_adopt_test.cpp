#include <larder/ops/cache_adopt.hpp>

#include "fs/forwarding_disk.hpp"
#include "support/catch.hpp"
#include "support/ops_rig.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::ops;
using test::BuiltFile;
using test::CacheBuilder;

namespace {

const std::string kRepo = "models--org--m";

/// Some paths of the other cache cannot be read.
class LockedDisk final : public fs::ForwardingDisk {
 public:
  explicit LockedDisk(fs::Disk& real) : ForwardingDisk(real) {}
  std::string locked;  ///< what may not be read
  std::string hidden;  ///< what may not even be looked at

  Result<std::vector<std::string>> list(const std::string& path) override {
    if (path == locked) return refuse(path);
    return ForwardingDisk::list(path);
  }
  Result<UniqueFd> open_read(const std::string& path) override {
    if (path == locked) return refuse(path);
    return ForwardingDisk::open_read(path);
  }
  Result<std::optional<fs::FileFacts>> look(const std::string& path) override {
    if (path == hidden) return refuse(path);
    return ForwardingDisk::look(path);
  }

 private:
  static tl::unexpected<Error> refuse(const std::string& path) { return fail(ErrorCode::PermissionDenied, path + ": Permission denied"); }
};

/// Another cache beside our own, with one commit of three files and a ref.
struct AdoptRig {
  AdoptRig() : real(fs::make_real_disk()), disk(*real), rig(&disk), other(rig.dir.folder("other")) {
    other.add(kRepo, commit, {{"a.txt", "aaa"}, {"sub/b.txt", "bbb"}, {"z.txt", "zzz"}}, {"main"});
  }

  CacheAdoptReport adopt() {
    CacheAdoptReport report;
    CacheAdoptOptions options;
    options.folder = other.root();
    const auto done = cache_adopt(rig.services, options, report, CancelToken{});
    INFO((done ? std::string() : done.error().text()));
    REQUIRE(done);
    return report;
  }

  const std::string commit = CacheBuilder::commit('1');
  std::unique_ptr<fs::Disk> real;
  LockedDisk disk;
  test::OpsRig rig;
  CacheBuilder other;
};

std::vector<std::string> taken(const CacheAdoptReport& report) {
  std::vector<std::string> paths;
  for (const auto& file : report.taken) paths.push_back(file.path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("cache adopt: what cannot be read in another cache hides nothing else", "[ops][adopt]") {
  struct Case {
    const char* what;
    std::string LockedDisk::*how;
    std::string path;  ///< in the other cache
    Paths taken;
  };
  const std::string snapshot = "/" + kRepo + "/snapshots/" + CacheBuilder::commit('1');
  const std::string blob = "/" + kRepo + "/blobs/" + CacheBuilder::blob_name("aaa", false);
  const std::vector<Case> cases{
      {"a folder of a snapshot", &LockedDisk::locked, snapshot + "/sub", {"a.txt", "z.txt"}},
      {"a whole snapshot", &LockedDisk::locked, snapshot, {}},
      {"a blob", &LockedDisk::locked, blob, {"sub/b.txt", "z.txt"}},
      {"what a blob is", &LockedDisk::hidden, blob, {"sub/b.txt", "z.txt"}},
      {"the refs", &LockedDisk::locked, "/" + kRepo + "/refs", {"a.txt", "sub/b.txt", "z.txt"}},
      {"a listing", &LockedDisk::hidden, "/" + kRepo + "/trees/" + CacheBuilder::commit('1') + ".json", {"a.txt", "sub/b.txt", "z.txt"}},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    AdoptRig rig;
    rig.other.add(kRepo, CacheBuilder::commit('2'), {{"second.txt", "2"}}, {});
    rig.disk.*each.how = rig.other.root() + each.path;
    const auto report = rig.adopt();
    Paths expected = each.taken;
    expected.emplace_back("second.txt");
    std::sort(expected.begin(), expected.end());
    CHECK(taken(report) == expected);
    if (std::string(each.what) == "a listing") continue;  // the links alone say enough
    REQUIRE(report.left.size() == 1);
    CHECK(report.left.front().reason.find("Permission denied") != std::string::npos);
  }
}

TEST_CASE("cache adopt: a file of several commits is named once in what is left", "[ops][adopt]") {
  AdoptRig rig;
  rig.other.add(kRepo, CacheBuilder::commit('2'), {{"a.txt", "aaa"}}, {});
  rig.other.write(kRepo + "/blobs/" + CacheBuilder::blob_name("aaa", false), "bad");
  const auto report = rig.adopt();
  CHECK(taken(report) == Paths{"sub/b.txt", "z.txt"});
  REQUIRE(report.left.size() == 1);
  CHECK(report.left.front().reason == "its bytes are not what they must be");
}

TEST_CASE("cache adopt: a ref that does not come along is told", "[ops][adopt]") {
  SECTION("whole: it comes") {
    AdoptRig rig;
    CHECK(rig.adopt().refs_written == 1);
    CHECK(rig.rig.cache.read(kRepo + "/refs/main") == rig.commit);
  }
  SECTION("a file is missing") {
    AdoptRig rig;
    rig.other.remove(kRepo + "/snapshots/" + rig.commit + "/z.txt");
    const auto report = rig.adopt();
    CHECK(report.refs_written == 0);
    REQUIRE(report.warnings.size() == 1);
    CHECK(report.warnings.front() ==
          "org/m@main: not taken over, commit " + rig.commit + " is not complete: `larder pull` fetches the rest");
  }
  SECTION("nothing lists the files") {
    AdoptRig rig;
    rig.other.remove(kRepo + "/trees");
    const auto report = rig.adopt();
    CHECK(report.refs_written == 0);
    REQUIRE(report.warnings.size() == 1);
    CHECK(report.warnings.front() ==
          "org/m@main: not taken over, nothing lists the files of commit " + rig.commit + ": `larder pull` fetches the rest");
  }
}

TEST_CASE("cache adopt: a folder that is none, and one in the cache", "[ops][adopt]") {
  AdoptRig rig;
  rig.other.write("file", "x");
  rig.rig.cache.write("inner/x", "x");
  struct Case {
    std::string folder;
    ErrorCode code;
    std::string says;
  };
  for (const auto& each : std::vector<Case>{
           {rig.other / "none", ErrorCode::EntryNotFound, ": no such folder"},
           {rig.other / "file", ErrorCode::EntryNotFound, ": is no folder"},
           {rig.rig.cache.root(), ErrorCode::InvalidArgument, ": is the cache itself"},
           {rig.rig.cache / "inner", ErrorCode::InvalidArgument, ": is a folder of the cache itself"},
       }) {
    CacheAdoptReport report;
    CacheAdoptOptions options;
    options.folder = each.folder;
    const auto done = cache_adopt(rig.rig.services, options, report, CancelToken{});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == each.code);
    CHECK(done.error().message == each.folder + each.says);
  }
}
