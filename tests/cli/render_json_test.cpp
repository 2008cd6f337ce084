#include "cli/render_json.hpp"

#include "cli/captured.hpp"
#include "support/catch.hpp"

using namespace larder;
using namespace larder::cli;

namespace {

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";
const std::string kSha = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";

repo::FileEntry file_of(std::string_view path, std::uint64_t size) {
  repo::FileEntry file;
  file.path = path;
  file.size = size;
  file.lfs_sha256.emplace();
  const auto digest = *digest::Digest::from_hex(kSha);
  std::copy(digest.bytes().begin(), digest.bytes().end(), file.lfs_sha256->begin());
  return file;
}

template <class Report>
Report sample() {
  Report report;
  report.repo = *repo::RepoId::make(repo::RepoType::Dataset, "org/name");
  report.requested = "main";
  report.commit = *repo::CommitId::parse(kCommit);
  report.path = "/abs/snapshot";
  repo::TreeBuilder builder;
  REQUIRE(builder.add(file_of("a.bin", 7)));
  REQUIRE(builder.add(file_of("b.bin", 2)));
  report.tree = *builder.finish();
  report.left_out.push_back({1, repo::WeightFormat::PyTorch, repo::WeightFormat::Gguf});
  return report;
}

template <class Report>
std::string document(void (*write)(Output&, const Report&), const Report& report) {
  Captured file;
  Output out(file.fd());
  write(out, report);
  REQUIRE(out.finish());
  return file.text();
}

}  // namespace

// I9: what a file costs in a report, beside the listing that is there anyhow. No string: there may be millions.
static_assert(sizeof(ops::PulledFile) <= 8 && sizeof(transfer::PlannedFile) <= 24 && sizeof(repo::LeftOut) <= 16);
static_assert(std::is_trivially_copyable_v<ops::PulledFile> && std::is_trivially_copyable_v<transfer::PlannedFile> &&
              std::is_trivially_copyable_v<repo::LeftOut>);

TEST_CASE("json: larder.pull/1 field by field", "[cli][render_json]") {
  auto report = sample<ops::PullReport>();
  report.canonical_id = "new/name";
  report.files.push_back({0, transfer::FileStatus::Resumed});
  report.total_bytes = 7;
  report.fetched_bytes = 3;
  report.reused_bytes = 4;
  report.requests = 5;
  report.seconds = 1.25;
  CHECK(
      document(write_pull_document, report) ==
      "{\"schema\":\"larder.pull/1\",\"repo\":{\"type\":\"dataset\",\"id\":\"org/name\",\"canonical\":\"new/name\"},\"requested\":\"main\","
      "\"commit\":\"" +
          kCommit + "\",\"path\":\"/abs/snapshot\",\"files\":[{\"path\":\"a.bin\",\"size\":7,\"blob\":\"" + kSha +
          "\",\"digest\":\"sha256:" + kSha +
          "\",\"status\":\"resumed\"}],\"bytes\":{\"total\":7,\"fetched\":3,\"reused\":4},\"requests\":5,\"seconds\":1.250,"
          "\"left_out\":[{\"path\":\"b.bin\",\"size\":2,\"reason\":\"pytorch weights, gguf is here\"}]}\n");
}

TEST_CASE("json: larder.plan/1 field by field", "[cli][render_json]") {
  auto report = sample<ops::PlanReport>();
  transfer::PlannedFile file;
  file.action = transfer::Action::Share;
  file.presence = transfer::Presence::SharedHere;
  report.files.push_back(file);
  report.total_bytes = 7;
  report.reuse_bytes = 7;
  report.space_needed = 9;
  const auto text = document(write_plan_document, report);
  CHECK(text.find("\"repo\":{\"type\":\"dataset\",\"id\":\"org/name\"}") != std::string::npos);
  CHECK(text.find("\"digest\":\"sha256:" + kSha + "\",\"action\":\"share\",\"reason\":\"in the shared store\"}") != std::string::npos);
  CHECK(text.find("\"bytes\":{\"total\":7,\"fetch\":0,\"reuse\":7},\"requests\":0,\"free_space\":{\"needed\":9,\"present\":null}") !=
        std::string::npos);
}

TEST_CASE("json: larder.resolve/1 and larder.files/1", "[cli][render_json]") {
  ops::FilesReport report;
  report.resolved = {*repo::RepoId::make(repo::RepoType::Model, "gpt2"), "", "v1", *repo::CommitId::parse(kCommit)};
  CHECK(document(write_resolve_document, report.resolved) ==
        "{\"schema\":\"larder.resolve/1\",\"repo\":{\"type\":\"model\",\"id\":\"gpt2\"},\"requested\":\"v1\",\"commit\":\"" + kCommit +
            "\"}\n");
  repo::TreeBuilder builder;
  repo::FileEntry entry;
  entry.path = "a\n.txt";
  entry.size = 3;
  REQUIRE(builder.add(entry));
  report.tree = *builder.finish();
  report.chosen = {0};
  const std::string zeros(40, '0');
  CHECK(document(write_files_document, report) ==
        "{\"schema\":\"larder.files/1\",\"repo\":{\"type\":\"model\",\"id\":\"gpt2\"},\"requested\":\"v1\",\"commit\":\"" + kCommit +
            "\",\"files\":[{\"path\":\"a\\n.txt\",\"size\":3,\"blob\":\"" + zeros + "\",\"digest\":\"git-sha1:" + zeros + "\"}]}\n");
}
