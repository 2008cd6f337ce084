#include <larder/ops/doctor.hpp>

#include "fs/forwarding_disk.hpp"
#include "ops/doctor_fs.hpp"
#include "ops/doctor_net.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

using namespace larder;
using namespace larder::ops;

namespace {

const std::vector<std::string> kNetNames{"dns", "connect", "proxy", "tls", "clock", "endpoint", "rate-limit"};

NetworkQuestion question(const std::string& endpoint = "https://hub.example") {
  return {*Url::parse(endpoint), "", "", std::chrono::system_clock::from_time_t(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT
}

Result<net::Response> failed(ErrorCode code) { return fail(code, "because"); }

Result<net::Response> answered(const std::vector<std::pair<std::string, std::string>>& headers) {
  net::Response response;
  response.head.status = 401;
  for (const auto& [name, value] : headers) REQUIRE(response.head.headers.add(name, value));
  return response;
}

/// Without room: for bytes, or for inodes when it has none.
class FullDisk final : public fs::ForwardingDisk {
 public:
  FullDisk(fs::Disk& real, std::uint64_t inodes) : ForwardingDisk(real), inodes_(inodes) {}
  Result<void> append(int, std::span<const std::byte>) override { return fail(ErrorCode::DiskFull, "no space"); }
  Result<std::optional<fs::SpaceFacts>> space(const std::string&) override {
    return std::optional(fs::SpaceFacts{.free_bytes = inodes_ == 0 ? 5ULL << 30U : 4096, .free_inodes = inodes_});
  }

 private:
  std::uint64_t inodes_;
};

/// As on exFAT and many a share.
class LinklessDisk final : public fs::ForwardingDisk {
 public:
  explicit LinklessDisk(fs::Disk& real) : ForwardingDisk(real) {}
  Result<bool> make_hard_link(const std::string&, const std::string&) override { return fail(ErrorCode::PermissionDenied, "no links"); }
  Result<bool> make_symlink(const std::string&, const std::string&) override { return fail(ErrorCode::PermissionDenied, "no links"); }
};

/// "ok skip warn …" in the order of kNetNames.
std::string statuses(const std::vector<DoctorCheck>& checks) {
  std::string text;
  for (std::size_t at = 0; at < checks.size(); ++at) {
    CHECK(checks[at].name == kNetNames.at(at));
    if (checks[at].status == CheckStatus::Fail) CHECK_FALSE(checks[at].remedy.empty());
    text += (text.empty() ? "" : " ") + std::string(name(checks[at].status));
  }
  return text;
}

}  // namespace

TEST_CASE("doctor: a failure is shown at the step where it happened, and later steps are skipped", "[ops][doctor]") {
  struct Case {
    ErrorCode code;
    const char* statuses;
  };
  for (const auto& each : std::vector<Case>{{ErrorCode::NameNotResolved, "fail skip skip skip skip skip skip"},
                                            {ErrorCode::ConnectFailed, "ok fail skip skip skip skip skip"},
                                            {ErrorCode::ProxyFailed, "skip skip fail skip skip skip skip"},
                                            {ErrorCode::InvalidConfig, "skip skip fail skip skip skip skip"},
                                            {ErrorCode::TlsFailed, "ok ok skip fail skip skip skip"},
                                            {ErrorCode::TimedOut, "ok ok skip ok skip fail skip"},
                                            {ErrorCode::ServerError, "ok ok skip ok skip fail skip"},
                                            {ErrorCode::RateLimited, "ok ok skip ok skip ok fail"}}) {
    CHECK(statuses(judge_network(question(), failed(each.code))) == each.statuses);
  }
  Error unreached;
  unreached.code = ErrorCode::TimedOut;
  unreached.os_error = ETIMEDOUT;  // a firewall that says nothing: connected to nobody
  CHECK(statuses(judge_network(question(), fail(unreached))) == "ok fail skip skip skip skip skip");
}

TEST_CASE("doctor: what an answer tells", "[ops][doctor]") {
  const std::string now = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string earlier = "Sun, 06 Nov 1994 08:40:37 GMT";
  CHECK(statuses(judge_network(question(), answered({{"Date", now}, {"Content-Type", "application/json"}}))) == "ok ok skip ok ok ok skip");
  CHECK(statuses(judge_network(question(), answered({{"Date", earlier}}))) == "ok ok skip ok warn ok skip");  // T38
  CHECK(statuses(judge_network(question(), answered({{"Content-Type", "text/html; charset=utf-8"}}))) ==
        "ok ok skip ok skip warn skip");  // T36
  CHECK(statuses(judge_network(question(), answered({{"Content-Type", "Text/HTML"}}))) == "ok ok skip ok skip warn skip");
  CHECK(statuses(judge_network(question(), answered({{"RateLimit", "\"api\";r=0;t=55"}}))) == "ok ok skip ok skip ok warn");
  CHECK(statuses(judge_network(question(), answered({{"RateLimit", "\"api\";r=9;t=55"}}))) == "ok ok skip ok skip ok ok");
  CHECK(statuses(judge_network(question("http://hub.example"), answered({}))) == "ok ok skip warn skip ok skip");
  CHECK(statuses(judge_network(question("http://127.0.0.1:80"), answered({}))) == "ok ok skip skip skip ok skip");
  auto by_proxy = question();
  by_proxy.proxy = "http://proxy.example:3128";
  CHECK(statuses(judge_network(by_proxy, answered({}))) == "skip ok ok ok skip ok skip");
  CHECK(statuses(judge_network(by_proxy, failed(ErrorCode::ProxyFailed))) == "skip skip fail skip skip skip skip");
  CHECK(statuses(judge_network(by_proxy, failed(ErrorCode::NameNotResolved))) == "fail skip skip skip skip skip skip");  // socks5
  CHECK(statuses(skipped_network("--offline")) == "skip skip skip skip skip skip skip");
}

TEST_CASE("doctor: a clock that is off is told in the words of a person", "[ops][doctor]") {  // T38
  struct Case {
    const char* date;
    const char* detail;
  };
  for (const auto& each : std::vector<Case>{{"Sun, 06 Nov 1994 08:49:20 GMT", "17 s ahead of the server's"},
                                            {"Sun, 06 Nov 1994 08:19:37 GMT", "30 min ahead of the server's"},
                                            {"Sun, 06 Nov 1994 11:54:37 GMT", "3 h 5 min behind the server's"},
                                            {"Fri, 18 Nov 1994 08:49:37 GMT", "12 days behind the server's"}}) {
    CHECK(judge_network(question(), answered({{"Date", each.date}})).at(4).detail == each.detail);
  }
}

TEST_CASE("doctor: the rate limit names the tier", "[ops][doctor]") {
  const auto answer = answered({{"RateLimit", "\"api\";r=9;t=55"}, {"RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300"}});
  auto asked = question();
  CHECK(judge_network(asked, answer).back().detail == "9 requests left of 500 in 300 s for this address, without token, reset in 55 s");
  asked.has_token = true;
  CHECK(judge_network(asked, answer).back().detail == "9 requests left of 500 in 300 s with this token, reset in 55 s");
}

TEST_CASE("doctor: file systems with known traps are warned of", "[ops][doctor]") {
  struct Case {
    unsigned long magic;
    const char* name;
    CheckStatus status;
  };
  for (const auto& each : std::vector<Case>{{0xEF53, "ext", CheckStatus::Ok},
                                            {0x6969, "nfs", CheckStatus::Warn},
                                            {0xFFFFFFFFFF534D42, "cifs", CheckStatus::Warn},  // as a signed f_type gives it
                                            {0xFE534D42, "smb", CheckStatus::Warn},
                                            {0x65735546, "fuse", CheckStatus::Warn},
                                            {0x0BD00BD0, "lustre", CheckStatus::Warn},
                                            {0x47504653, "gpfs", CheckStatus::Warn},
                                            {0x794C7630, "overlay", CheckStatus::Warn},
                                            {0x01021997, "9p: a folder of the machine around this one", CheckStatus::Warn},
                                            {0x7366746E, "ntfs", CheckStatus::Warn},
                                            {0x12345678, "of kind 0x12345678", CheckStatus::Ok}}) {
    const auto check = judge_file_system(each.magic);
    CHECK(check.detail.rfind(each.name, 0) == 0);
    CHECK(check.status == each.status);
    CHECK(check.remedy.empty() == (each.status == CheckStatus::Ok));
  }
}

TEST_CASE("doctor: a cache that everybody may write is warned of", "[ops][doctor]") {  // T50
  test::TempDir folder;
  const auto disk = fs::make_real_disk();
  for (const mode_t mode : {0755U, 0775U, 0777U}) {
    REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
    const auto checks = check_file_system(*disk, folder.path(), "01234567");
    const auto found = std::find_if(checks.begin(), checks.end(), [](const DoctorCheck& check) { return check.name == "permissions"; });
    REQUIRE(found != checks.end());
    CHECK(found->status == (mode == 0777 ? CheckStatus::Warn : CheckStatus::Ok));
  }
}

TEST_CASE("doctor: a file system is tried and left as it was", "[ops][doctor]") {
  test::TempDir folder;
  const auto disk = fs::make_real_disk();
  const auto cache = folder.path() + "/not/yet/there";
  std::map<std::string, CheckStatus> found;
  for (const auto& check : check_file_system(*disk, cache, "01234567")) found[check.name] = check.status;
  for (const char* name :
       {"filesystem", "symlink", "reflink", "hardlink", "flock", "rename", "case", "permissions", "free-space", "inodes"}) {
    INFO(name);
    REQUIRE(found.count(name) == 1);
    CHECK(found[name] != CheckStatus::Fail);
  }
  CHECK(found["rename"] == CheckStatus::Ok);
  CHECK(found["flock"] == CheckStatus::Ok);
  CHECK(std::filesystem::is_empty(folder.path()));
  std::filesystem::create_directories(cache + "/.locks/models--a--b");
  (void)check_file_system(*disk, cache, "01234567");
  CHECK(std::distance(std::filesystem::directory_iterator(cache + "/.locks"), {}) == 1);
}

TEST_CASE("doctor: without links the other checks say what they say with them", "[ops][doctor]") {
  test::TempDir folder;
  const auto real = fs::make_real_disk();
  LinklessDisk disk(*real);
  std::map<std::string, CheckStatus> found;
  for (const auto& check : check_file_system(disk, folder.path(), "01234567")) found[check.name] = check.status;
  CHECK(found["symlink"] == CheckStatus::Warn);
  CHECK(found["hardlink"] == CheckStatus::Warn);
  CHECK(found["rename"] == CheckStatus::Ok);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("doctor: where nothing can be written, permissions fail and what needs no writing is told", "[ops][doctor]") {
  const auto disk = fs::make_real_disk();
  for (const auto& check : check_file_system(*disk, "/proc/no/such", "01234567")) {
    const auto usual = check.name == "filesystem" ? CheckStatus::Ok : CheckStatus::Skip;
    CHECK(check.status == (check.name == "permissions" ? CheckStatus::Fail : usual));
  }
}

TEST_CASE("doctor: a full disk is told as such, with what makes room", "[ops][doctor]") {
  test::TempDir folder;
  const auto real = fs::make_real_disk();
  for (const std::uint64_t inodes : {std::uint64_t{0}, std::uint64_t{7}}) {
    FullDisk disk(*real, inodes);
    std::map<std::string, DoctorCheck> found;
    for (const auto& check : check_file_system(disk, folder.path(), "01234567")) found[check.name] = check;
    const bool lacks_inodes = inodes == 0;
    CHECK(found["permissions"].status == CheckStatus::Skip);
    CHECK(found["free-space"].status == (lacks_inodes ? CheckStatus::Ok : CheckStatus::Fail));
    CHECK(found["inodes"].status == (lacks_inodes ? CheckStatus::Fail : CheckStatus::Warn));
    CHECK_FALSE(found[lacks_inodes ? "inodes" : "free-space"].remedy.empty());
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}
