// Sandbox: a home, a cache and a fake Hub for one test of the real binary, and the questions such tests ask.
#pragma once

#include "support/catch.hpp"
#include "support/fake_hub.hpp"
#include "support/run_larder.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace larder::test {

using Words = std::vector<std::string>;

/// Everything lies in one folder of /tmp, removed at the end. After every run the output is searched for secrets (I8, T42).
class Sandbox {
 public:
  explicit Sandbox(FakeHubOptions options = {});
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  FakeHub hub;
  std::map<std::string, std::string> environment;  ///< HOME, HF_HOME, HF_ENDPOINT; change it before a run

  RunResult run(const Words& arguments, StreamTarget out = StreamTarget::Captured, StreamTarget err = StreamTarget::Captured);
  /// For runs that are to be interrupted; call `look_for_secrets` with the result.
  [[nodiscard]] RunOptions options(const Words& arguments) const;
  void look_for_secrets(const RunResult& result) const;

  [[nodiscard]] std::string root() const { return root_; }
  [[nodiscard]] std::string cache() const { return root_ + "/hf/hub"; }
  [[nodiscard]] std::string repo(const std::string& folder = "models--org--m") const { return cache() + "/" + folder; }
  /// Content of refs/NAME of org/m; nullopt: no such ref.
  [[nodiscard]] std::optional<std::string> ref(const std::string& name = "main") const;
  [[nodiscard]] bool has_blob(const HubFile& file) const;
  /// Finding lines of tests/crash/check_cache.py; empty: the invariants hold.
  [[nodiscard]] std::string findings(const std::string& flags = "--complete") const;
  /// Path and content of everything in the sandbox but locks and bookkeeping; to see that nothing was touched.
  [[nodiscard]] std::map<std::string, std::string> everything() const;

 private:
  std::string root_;
};

/// The golden repository (tests/clients/repos.py): commit 1111… on main.
HubRepo golden_repo();
/// org/m with an LFS file of 3 MiB and two regular ones.
HubRepo small_repo();
extern const std::string kGoldenCommit;

/// Whole content of a file; links are followed. "" and a failed check when it is not there.
std::string read_all(const std::string& path);
bool exists(const std::string& path);
bool contains(const std::string& text, const std::string& part);
/// stdout as JSON; a failed check when it is none.
nlohmann::json parse_output(const RunResult& result);

/// What Catch shows beside a wrong exit code.
std::string describe(const RunResult& result);

/// CHECKs (REQUIREs) the exit code of a result, which is computed once, and shows the streams when it is another.
#define CHECK_EXIT(result, code)             \
  do {                                       \
    const RunResult& checked_run = (result); \
    INFO(describe(checked_run));             \
    CHECK(checked_run.exit == (code));       \
  } while (false)
#define REQUIRE_EXIT(result, code)           \
  do {                                       \
    const RunResult& checked_run = (result); \
    INFO(describe(checked_run));             \
    REQUIRE(checked_run.exit == (code));     \
  } while (false)

}  // namespace larder::test
