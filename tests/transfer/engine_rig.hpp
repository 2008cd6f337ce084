// EngineRig: the whole engine over a simulated network, a real folder and simulated time.
#pragma once

#include "fs/forwarding_disk.hpp"
#include "store/store_fixture.hpp"
#include "support/catch.hpp"
#include "support/fake_random.hpp"
#include "transfer/cache_destination.hpp"
#include "transfer/resolve_source.hpp"
#include "transfer/sim_network.hpp"

#include <larder/transfer/engine.hpp>

#include <functional>
#include <map>

namespace larder::test {

inline constexpr std::uint64_t kMiB = 1024 * 1024;

/// The digest of a simulated file; each is computed once.
inline digest::Digest digest_of(const SimFile& file, digest::Algorithm algorithm) {
  static std::map<std::tuple<std::uint64_t, std::uint64_t, int>, digest::Digest> known;
  const auto key = std::make_tuple(file.size, file.seed, static_cast<int>(algorithm));
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const auto hasher = digest::make_hasher(algorithm, file.size);
  std::vector<std::byte> piece(kMiB);
  for (std::uint64_t at = 0; at < file.size;) {
    const auto part = std::span(piece).first(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.size - at)));
    file.read(at, part);
    hasher->update(part);
    at += part.size();
  }
  return known.emplace(key, hasher->finish()).first->second;
}

/// Forgets the bytes of large files (they read as zeros): for files of zeros, when only time matters.
class HollowDisk final : public fs::ForwardingDisk {
 public:
  using ForwardingDisk::ForwardingDisk;
  Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override {
    const auto facts = look_at(fd);
    return facts && facts->size < offset + bytes.size() ? truncate(fd, offset + bytes.size()) : Result<void>{};
  }
  Result<void> reserve(int, std::uint64_t) override { return {}; }
};

/// What was said while waiting, and how far the total and each file were seen to come.
class SaidWaits final : public ProgressSink {
 public:
  TaskId begin(TaskKind kind, std::string_view name, std::uint64_t) override {
    tasks.push_back({kind, std::string(name), {}, {}});
    return tasks.size();
  }
  void advance(TaskId task, std::uint64_t done) override { tasks.at(task - 1).steps.push_back(done); }
  void expect(TaskId, std::uint64_t) override {}
  void end(TaskId task, TaskEnd how) override { tasks.at(task - 1).ends.push_back(how); }
  struct Task {
    TaskKind kind = TaskKind::File;
    std::string name;
    std::vector<std::uint64_t> steps;
    std::vector<TaskEnd> ends;
  };
  [[nodiscard]] const Task* find(TaskKind kind) const {
    const auto found = std::find_if(tasks.begin(), tasks.end(), [kind](const Task& task) { return task.kind == kind; });
    return found == tasks.end() ? nullptr : &*found;
  }
  std::vector<Task> tasks;
  void wait(std::string_view reason, std::chrono::seconds) override { reasons.emplace_back(reason); }
  void note(std::string_view) override {}
  std::vector<std::string> reasons;
};

struct EngineRig {
  using Twist = std::function<void(const net::Request&, SimAnswer&)>;

  explicit EngineRig(std::uint64_t memory = 24 * kMiB, std::uint64_t seed = 1) : random(seed), pool(memory), net(clock, pool) {
    options.uses_threads = false;
  }

  /// A file of the repository, of LFS (SHA-256) or of git (SHA-1).
  void add(const std::string& path, SimFile file, digest::Algorithm algorithm = digest::Algorithm::Sha256) {
    files[path] = file;
    algorithms[path] = algorithm;
  }
  [[nodiscard]] const SimFile* file_at(const std::string& url_path) const {
    const auto found = files.find(url_path.substr(url_path.rfind('/') + 1));
    return found == files.end() ? nullptr : &found->second;
  }

  /// A host that serves the files at their names; `twist` may change each answer.
  void serves(const std::string& host, Twist twist = {}) {
    net.serve_host(host, [this, twist](const net::Request& request) {
      const SimFile* file = file_at(request.url.path());
      SimAnswer answer;
      answer.status = 404;
      if (file != nullptr) answer = serve(*file, request);
      if (twist) twist(request, answer);
      return answer;
    });
  }
  /// A host whose `resolve` sends to `storage`; each answer is another address.
  void redirects(const std::string& host, const std::string& storage, const std::string& query = "", Twist twist = {}) {
    net.serve_host(host, [this, storage, query, twist](const net::Request& request) {
      SimAnswer answer;
      answer.status = 302;
      const std::string name = request.url.path().substr(request.url.path().rfind('/') + 1);
      answer.headers.emplace_back("Location", "http://" + storage + "/" + name + "?sig=" + std::to_string(++signatures) + query);
      if (twist) twist(request, answer);
      return answer;
    });
  }
  /// The usual Hub: hub.test redirects to cdn.test.
  void usual_hub(Twist storage_twist = {}) {
    redirects("hub.test", "cdn.test");
    serves("cdn.test", std::move(storage_twist));
  }
  void mirror(const std::string& host) { mirrors.push_back(host); }

  [[nodiscard]] repo::Tree tree() const {
    repo::TreeBuilder builder;
    for (const auto& [path, file] : files) {
      repo::FileEntry entry;
      entry.path = path;
      entry.size = file.size;
      if (algorithms.at(path) == digest::Algorithm::Sha256) {
        entry.lfs_sha256 = array_of<32>(digest_of(file, digest::Algorithm::Sha256));
      } else {
        entry.git_oid = array_of<20>(digest_of(file, digest::Algorithm::GitSha1));
      }
      REQUIRE(builder.add(entry));
    }
    return builder.finish().value();
  }

  /// One run of larder: its own run id, leases of dead runs are gone.
  Result<void> run(const CancelToken& cancel = {}) {
    report = {};
    store::Store store(*disk, clock, random, {temp.path() + "/hub"});
    transfer::CacheDestination destination(store, layout, commit_of('1'), {});
    const repo::Tree listing = tree();
    std::vector<std::uint32_t> chosen(listing.size());
    for (std::size_t at = 0; at < chosen.size(); ++at) chosen[at] = static_cast<std::uint32_t>(at);
    const auto look = [&](const repo::FileEntry& file) { return destination.look(file); };
    LARDER_TRY(const auto plan, transfer::make_plan(listing, chosen, look, false, false));
    const auto sources = make_sources();
    transfer::Engine engine(clock, random, net, pool, destination, sources, progress, options);
    return engine.run(listing, plan, report, cancel);
  }
  /// The same, killed after `time`: nothing is flushed, nothing is cleaned up.
  void run_killed_after(SteadyTime::duration time) {
    struct Killed {};
    clock.after(time, [] { throw Killed{}; });
    try {
      (void)run();
      FAIL("it ended before the kill");
    } catch (const Killed&) {
      net.forget_all();
      std::filesystem::remove_all(layout.leases());
    }
  }

  [[nodiscard]] std::vector<std::unique_ptr<transfer::BlobSource>> make_sources() const {
    hub::HubOptions hub;
    hub.endpoint = Url::parse("http://hub.test").value();
    hub.credentials = net::Credentials{Secret("hf_secret"), hub.endpoint.origin()};
    std::vector<std::unique_ptr<transfer::BlobSource>> sources;
    for (const auto& mirror : mirrors) {
      sources.push_back(transfer::make_mirror_source(Url::parse("http://" + mirror).value(), hub, a_repo(), commit_of('1'), "org/m@main"));
    }
    sources.push_back(transfer::make_hub_source(hub, a_repo(), commit_of('1'), "org/m@main"));
    return sources;
  }

  /// Every file is a blob of the right bytes.
  void check_complete() const {
    for (const auto& [path, file] : files) {
      CAPTURE(path);
      const std::string blob = layout.blob(digest_of(file, algorithms.at(path)).hex());
      REQUIRE(std::filesystem::exists(blob));
      CHECK(std::filesystem::file_size(blob) == file.size);
      CHECK(std::filesystem::exists(layout.entry(commit_of('1'), path)));
    }
    check_no_wrong_blob();
  }
  /// I1.
  void check_no_wrong_blob() const {
    if (!std::filesystem::exists(layout.blobs())) return;
    for (const auto& blob : std::filesystem::directory_iterator(layout.blobs())) {
      std::string content(blob.file_size(), '\0');
      std::ifstream(blob.path(), std::ios::binary).read(content.data(), static_cast<std::streamsize>(content.size()));
      const std::string name = blob.path().filename().string();
      CHECK(name == (name.size() == 40 ? git_sha1_of(content) : sha256_of(content)).hex());
    }
  }
  [[nodiscard]] bool warned(std::string_view text) const {
    return std::any_of(report.warnings.begin(), report.warnings.end(),
                       [&](const std::string& one) { return one.find(text) != std::string::npos; });
  }
  [[nodiscard]] ErrorCode failure() const { return report.failures.empty() ? ErrorCode::Partial : report.failures.error(0).code; }

  TempDir temp;
  std::unique_ptr<fs::Disk> real = fs::make_real_disk();
  std::unique_ptr<fs::Disk> disk = fs::make_unsynced_disk(*real);
  SimClock clock;
  FakeRandom random;
  BufferPool pool;
  SimNetwork net;
  SaidWaits progress;
  store::RepoLayout layout{temp.path() + "/hub", a_repo()};
  std::map<std::string, SimFile> files;
  std::map<std::string, digest::Algorithm> algorithms;
  std::vector<std::string> mirrors;
  int signatures = 0;
  transfer::EngineOptions options;
  transfer::EngineReport report;
};

inline constexpr SimFile kModel{40 * kMiB + 5, 1};

/// A repository of one file on the usual Hub; `twist` is told how many requests the storage has seen, this one included.
struct OneFile : EngineRig {
  explicit OneFile(std::function<void(int, const net::Request&, SimAnswer&)> twist = {}) {
    add("model.bin", kModel);
    usual_hub([this, twist](const net::Request& request, SimAnswer& answer) {
      ++asked;
      if (twist) twist(asked, request, answer);
    });
  }
  int asked = 0;
};

}  // namespace larder::test
