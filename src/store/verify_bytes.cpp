#include "store/verify_bytes.hpp"

#include "store/file_digest.hpp"
#include "store/hash_pool.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace larder::store {
namespace {

using digest::Algorithm;

class ByteVerifier {
 public:
  ByteVerifier(Store& store, const std::vector<BlobCheck>& checks, const WantsDigest& wants, VerifyReport& report,
               const CancelToken& cancel)
      : store_(store), checks_(checks), wants_(wants), report_(report), cancel_(cancel) {}

  /// One job for each file and kind of digest: a payload that several repositories link to is read once.
  std::vector<HashJob> jobs() {
    std::map<std::pair<std::string_view, Algorithm>, std::size_t> known;
    std::vector<HashJob> jobs;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      const BlobCheck& check = checks_[i];
      const auto [place, is_new] = known.try_emplace({check.file, check.expected.algorithm()}, waiting_.size());
      if (is_new) {
        jobs.push_back({check.file, check.expected.algorithm(), check.actual_size, waiting_.size()});
        waiting_.emplace_back();
        bytes_ += check.actual_size;
      }
      waiting_[place->second].push_back(i);
    }
    return jobs;
  }

  void done(const HashOutcome& outcome) {
    for (const std::size_t index : waiting_[outcome.tag]) {
      const BlobCheck& check = checks_[index];
      if (!outcome.digest && outcome.digest.error().code == ErrorCode::NotInCache) continue;  // C27
      ++report_.checked.blobs;
      if (outcome.digest) {
        judge_one(check, *outcome.digest);
      } else {
        add(check, Problem{ProblemKind::Digest, check.path, check.expected.text(), outcome.digest.error().message});
      }
    }
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void judge_one(const BlobCheck& check, const digest::Digest& actual) {
    FoundBytes found{actual, std::nullopt, false};
    if (actual != check.expected) {
      found.is_wanted_elsewhere = wants_(check, actual);
      if (!found.is_wanted_elsewhere) {  // C26: the right bytes under a name of the other kind
        const auto other = other_digest(check);
        found.is_wanted_elsewhere = other && wants_(check, *other);
        if (found.is_wanted_elsewhere) found.other = other;
      }
    }
    if (auto problem = judge(check, found)) add(check, std::move(*problem));
  }

  std::optional<digest::Digest> other_digest(const BlobCheck& check) {
    const Algorithm other = check.expected.algorithm() == Algorithm::Sha256 ? Algorithm::GitSha1 : Algorithm::Sha256;
    const auto fd = store_.disk().open_read(check.file);
    if (!fd) return std::nullopt;
    const auto digest = digest_file(store_.disk(), fd->value(), {other, check.actual_size}, {}, cancel_);
    return digest ? std::optional(*digest) : std::nullopt;
  }

  void add(const BlobCheck& check, Problem problem) {
    Finding finding;
    finding.kind = problem.kind;
    finding.path = std::move(problem.path);
    finding.expected = std::move(problem.expected);
    finding.actual = std::move(problem.actual);
    finding.blob = check.blob;
    report_.findings.push_back(std::move(finding));
  }

  Store& store_;
  const std::vector<BlobCheck>& checks_;
  const WantsDigest& wants_;
  VerifyReport& report_;
  const CancelToken& cancel_;
  std::vector<std::vector<std::size_t>> waiting_;  // by job: the checks that need its digest
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<void> verify_bytes(Store& store, const std::vector<BlobCheck>& checks, const WantsDigest& wants, const VerifyOptions& options,
                          VerifyReport& report, ProgressSink& progress, const CancelToken& cancel) {
  ByteVerifier verifier(store, checks, wants, report, cancel);
  auto jobs = verifier.jobs();
  const TaskId task = progress.begin(TaskKind::Total, "verify", verifier.bytes());
  HashListener listener;
  listener.done = [&](const HashOutcome& outcome) { verifier.done(outcome); };
  listener.bytes = [&](std::uint64_t bytes) { progress.advance(task, bytes); };
  auto result = hash_files(store.disk(), store.clock(), {std::move(jobs), options.threads}, listener, cancel);
  report.checked.bytes += verifier.bytes();
  progress.end(task, result ? TaskEnd::Done : TaskEnd::Failed);
  return result;
}

}  // namespace larder::store
