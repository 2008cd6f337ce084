#include "integration/sandbox.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#ifndef LARDER_CHECK_CACHE
#define LARDER_CHECK_CACHE "tests/crash/check_cache.py"
#endif

namespace larder::test {
namespace {

namespace fs = std::filesystem;

std::string make_root() {
  std::string name = "/tmp/larder-sandbox-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("can't make " + name);
  return name;
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

const std::string kGoldenCommit(40, '1');

Sandbox::Sandbox(FakeHubOptions options) : hub(std::move(options)), root_(make_root()) {
  fs::create_directories(root_ + "/home");
  environment = {{"HOME", root_ + "/home"}, {"HF_HOME", root_ + "/hf"}, {"HF_ENDPOINT", hub.endpoint()}, {"LC_ALL", "C.UTF-8"}};
  if (!hub.ca_file().empty()) environment["SSL_CERT_FILE"] = hub.ca_file();
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  fs::permissions(root_, fs::perms::owner_all, ignored);
  fs::remove_all(root_, ignored);
}

RunOptions Sandbox::options(const Words& arguments) const {
  RunOptions run;
  run.arguments = arguments;
  run.environment = environment;
  run.working_folder = root_ + "/home";
  return run;
}

RunResult Sandbox::run(const Words& arguments, StreamTarget out, StreamTarget err) {
  RunOptions run = options(arguments);
  run.out = out;
  run.err = err;
  RunResult result = run_larder(run);
  look_for_secrets(result);
  return result;
}

void Sandbox::look_for_secrets(const RunResult& result) const {
  for (const std::string& secret : {kMemberToken, kStrangerToken, kOAuthToken, kRefreshToken, kIdToken, kMintToken,
                                    std::string("DeviceCodeCanary"), std::string("SIGNEDCANARY")}) {  // signed URLs too
    CAPTURE(secret);
    CHECK(result.out.find(secret) == std::string::npos);
    CHECK(result.err.find(secret) == std::string::npos);
  }
  CHECK(hub.leaks() == 0);
}

std::optional<std::string> Sandbox::ref(const std::string& name) const {
  const std::string path = repo() + "/refs/" + name;
  if (!fs::exists(path)) return std::nullopt;
  return content(path);
}

bool Sandbox::has_blob(const HubFile& file) const {
  const std::string path = repo() + "/blobs/" + file.blob();
  return fs::exists(path) && content(path) == file.body.all();
}

std::string Sandbox::findings(const std::string& flags) const {
  const std::string command = std::string("python3 '") + LARDER_CHECK_CACHE + "' " + flags + " '" + cache() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  char piece[4096];
  for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, pipe)) > 0;) out.append(piece, got);
  const int status = ::pclose(pipe);
  return status == 0 ? std::string() : out;
}

std::map<std::string, std::string> Sandbox::everything() const {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    const std::string name = fs::relative(entry.path(), root_).string();
    if (name.find("/.locks") != std::string::npos || name.find("/.larder") != std::string::npos) continue;
    if (entry.is_symlink())
      all[name] = "-> " + fs::read_symlink(entry.path()).string();
    else if (entry.is_regular_file())
      all[name] = content(entry.path());
  }
  return all;
}

HubRepo golden_repo() {
  HubRepo repo;
  repo.id = "org/m";
  std::string model;
  for (int i = 0; i < 4096 * 256; ++i) model += static_cast<char>(i % 256);
  const auto files = [&](const char* config) {
    return std::vector<HubFile>{{".gitattributes", "*.bin filter=lfs\n"},
                                {"README.md", "# hi\n"},
                                {"config.json", config},
                                {"empty.txt", ""},
                                {"model.bin", Body::text(model)},
                                {"sub dir/deep/a#b.txt", "nested\n"}};
  };
  repo.commit(files("{\"a\": 1}\n"), "main", kGoldenCommit);
  repo.commit(files("{\"a\": 2}\n"), "v2", std::string(40, '2'));
  return repo;
}

HubRepo small_repo() {
  HubRepo repo;
  repo.id = "org/m";
  repo.commit({{"config.json", "{\"small\": true}\n"}, {"model.bin", Body::pattern(3U << 20U)}, {"notes.txt", "notes\n"}});
  return repo;
}

std::string read_all(const std::string& path) {
  CAPTURE(path);
  CHECK(fs::exists(path));
  return content(path);
}

bool exists(const std::string& path) { return fs::symlink_status(path).type() != fs::file_type::not_found; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string describe(const RunResult& result) {
  return "stderr: " + result.err + "\nstdout: " + result.out + "\nsignal: " + std::to_string(result.signal) +
         (result.timed_out ? ", killed by the test after its time limit" : "");
}

nlohmann::json parse_output(const RunResult& result) {
  CAPTURE(result.out, result.err);
  const auto parsed = nlohmann::json::parse(result.out, nullptr, false);
  CHECK_FALSE(parsed.is_discarded());
  return parsed;
}

}  // namespace larder::test
