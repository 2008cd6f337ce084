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
  ByteVerifier(Store& store, std::vector<BlobCheck>& checks, const VerifyAsk& ask, VerifyReport& report, const CancelToken& cancel)
      : store_(store), checks_(checks), ask_(ask), report_(report), cancel_(cancel) {}

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
      BlobCheck& check = checks_[index];
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
  void judge_one(BlobCheck& check, const digest::Digest& actual) {
    FoundBytes found{actual, std::nullopt, false};
    if (actual != check.expected) {
      if (ask_.complete) ask_.complete(check);
      if (check.expected.algorithm() != actual.algorithm()) {  // a listing knows better than the name
        found.digest = digest_by(check, check.expected.algorithm()).value_or(actual);
      }
    }
    if (found.digest != check.expected) look_elsewhere(check, found);
    if (auto problem = judge(check, found)) add(check, std::move(*problem));
  }

  void look_elsewhere(const BlobCheck& check, FoundBytes& found) {
    found.is_wanted_elsewhere = ask_.wants(check, found.digest);
    if (found.is_wanted_elsewhere) return;
    // C26: the right bytes under a name of the other kind
    const auto other = digest_by(check, found.digest.algorithm() == Algorithm::Sha256 ? Algorithm::GitSha1 : Algorithm::Sha256);
    found.is_wanted_elsewhere = other && ask_.wants(check, *other);
    if (found.is_wanted_elsewhere) found.other = other;
  }

  std::optional<digest::Digest> digest_by(const BlobCheck& check, Algorithm algorithm) {
    const auto fd = store_.disk().open_read(check.file);
    if (!fd) return std::nullopt;
    const auto digest = digest_file(store_.disk(), fd->value(), {algorithm, check.actual_size}, {}, cancel_);
    return digest ? std::optional(*digest) : std::nullopt;
  }

  void add(const BlobCheck& check, Problem problem) { report_.findings.push_back(finding_of(std::move(problem), check.blob)); }

  Store& store_;
  std::vector<BlobCheck>& checks_;
  const VerifyAsk& ask_;
  VerifyReport& report_;
  const CancelToken& cancel_;
  std::vector<std::vector<std::size_t>> waiting_;  // by job: the checks that need its digest
  std::uint64_t bytes_ = 0;
};

}  // namespace

Finding finding_of(Problem problem, std::string blob) {
  Finding finding;
  finding.kind = problem.kind;
  finding.path = std::move(problem.path);
  finding.expected = std::move(problem.expected);
  finding.actual = std::move(problem.actual);
  finding.blob = std::move(blob);
  return finding;
}

Result<void> verify_bytes(Store& store, std::vector<BlobCheck>& checks, const VerifyAsk& ask, VerifyReport& report,
                          const CancelToken& cancel) {
  ByteVerifier verifier(store, checks, ask, report, cancel);
  auto jobs = verifier.jobs();
  HashListener listener;
  listener.done = [&](const HashOutcome& outcome) { verifier.done(outcome); };
  listener.bytes = ask.bytes;
  auto result = hash_files(store.disk(), store.clock(), {std::move(jobs), ask.threads}, listener, cancel);
  report.checked.bytes += verifier.bytes();
  return result;
}

}  // namespace larder::store
