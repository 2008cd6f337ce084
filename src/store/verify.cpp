#include <larder/store/verify.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "store/entry_name.hpp"
#include "store/invariant.hpp"
#include "store/known_blobs.hpp"
#include "store/scan_shared.hpp"
#include "store/verify_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

namespace larder::store {
namespace {

/// Files from this size on are hashed before all others, so that none is left for last while other cores have nothing to do.
constexpr std::uint64_t kLarge = 64ULL << 20U;
/// Checks held at a time of the others: some 400 bytes each, and a cache may have millions (I9).
constexpr std::size_t kBatch = 32 * 1024;

/// What a repository wants, read only when something in it is wrong.
struct Wishes {
  KnownBlobs known;
  std::unordered_set<std::string> absent;  // names that links lead to and that are not there
};

class CacheVerifier {
 public:
  CacheVerifier(Store& store, const VerifyOptions& options, ProgressSink& progress, const CancelToken& cancel)
      : store_(store), options_(options), progress_(progress), cancel_(cancel) {}

  Result<VerifyReport> run() {
    if (options_.scopes.empty()) {
      LARDER_CHECK(verify_inventory({InventoryDepth::Completeness, std::nullopt}, nullptr));
    }
    for (const VerifyScope& scope : options_.scopes) LARDER_CHECK(verify_inventory({InventoryDepth::Completeness, scope.repo}, &scope));
    std::stable_sort(report_.findings.begin(), report_.findings.end(), [](const Finding& a, const Finding& b) { return a.path < b.path; });
    for (Finding& finding : report_.findings) {
      if (options_.invariants) finding.invariant = invariant_of(finding);
    }
    return std::move(report_);
  }

 private:
  /// What of a repository is asked for: all of it, or one revision with the blobs it has.
  struct Asked {
    const RevisionRecord* revision = nullptr;
    [[nodiscard]] bool has(std::uint32_t blob) const {
      return revision == nullptr || std::binary_search(revision->blobs.begin(), revision->blobs.end(), blob);
    }
  };
  /// The large files and the payloads, which several repositories may share, are one batch: each payload is read once.
  enum class Share : std::uint8_t { First, Rest };

  Result<void> verify_inventory(const InventoryOptions& inventory_options, const VerifyScope* scope) {
    LARDER_TRY(inventory_, take_inventory(store_, inventory_options, progress_, cancel_));
    if (scope == nullptr) {
      for (const Problem& problem : inventory_.problems) add(problem, nullptr, "");
      for (const Leftover& leftover : inventory_.leftovers) add({ProblemKind::Partial, leftover.path, "", ""}, nullptr, "");
    }
    if (scope != nullptr && inventory_.repos.empty()) return not_here(*scope);
    asked_.assign(inventory_.repos.size(), {});
    for (std::size_t repo = 0; repo < inventory_.repos.size(); ++repo) LARDER_CHECK(look_at(repo, scope));
    task_ = progress_.begin(TaskKind::Total, "verify", bytes_to_hash());
    hashed_ = 0;
    auto result = hash(Share::First);
    if (result) result = hash(Share::Rest);
    progress_.end(task_, result ? TaskEnd::Done : TaskEnd::Failed);
    return result;
  }

  [[nodiscard]] std::uint64_t bytes_to_hash() const {
    std::uint64_t bytes = 0;
    std::set<std::uint32_t> payloads;
    for (std::size_t repo = 0; repo < inventory_.repos.size(); ++repo) {
      const RepoRecord& record = inventory_.repos[repo];
      for (std::uint32_t i = 0; i < record.blobs.size(); ++i) {
        const BlobRecord& blob = record.blobs[i];
        const bool is_seen = blob.payload != BlobRecord::kNone && !payloads.insert(blob.payload).second;
        if (asked_[repo].has(i) && !is_seen && blob.place != BlobPlace::Outside) bytes += blob.bytes;
      }
    }
    return bytes;
  }

  Result<void> hash(Share share) {
    for (std::size_t repo = 0; repo < inventory_.repos.size(); ++repo) {
      const RepoRecord& record = inventory_.repos[repo];
      for (std::uint32_t i = 0; i < record.blobs.size(); ++i) {
        const BlobRecord& blob = record.blobs[i];
        const bool is_first = blob.bytes >= kLarge || blob.place == BlobPlace::Shared;
        if (is_first != (share == Share::First) || !asked_[repo].has(i)) continue;
        LARDER_CHECK(collect_blob(repo, blob));
        if (share == Share::Rest && checks_.size() >= kBatch) LARDER_CHECK(hash_batch());
      }
    }
    return hash_batch();
  }

  Result<void> hash_batch() {
    VerifyAsk ask;
    ask.threads = options_.threads;
    ask.complete = [this](BlobCheck& check) { complete(check); };
    ask.wants = [this](const BlobCheck& check, const digest::Digest& digest) { return is_wanted(check, digest); };
    ask.bytes = [this](std::uint64_t bytes) { progress_.advance(task_, hashed_ + bytes); };
    const std::size_t before = report_.findings.size();
    const std::uint64_t bytes_before = report_.checked.bytes;
    LARDER_CHECK(verify_bytes(store_, checks_, ask, report_, cancel_));
    hashed_ += report_.checked.bytes - bytes_before;
    for (std::size_t i = before; i < report_.findings.size(); ++i) report_.findings[i].repo = repo_of(report_.findings[i].path);
    checks_.clear();
    wishes_.clear();
    return {};
  }

  static Result<void> not_here(const VerifyScope& scope) {
    return fail(ErrorCode::NotInCache, fmt::format("{}: not in the cache", escape_text(scope.repo.text())), "see `larder cache ls`");
  }

  std::optional<repo::RepoId> repo_of(const std::string& path) const {
    const std::string_view folder = std::string_view(path).substr(0, path.find('/'));
    const auto found = std::lower_bound(inventory_.repos.begin(), inventory_.repos.end(), folder,
                                        [](const RepoRecord& record, std::string_view wanted) { return record.folder < wanted; });
    return found != inventory_.repos.end() && found->folder == folder ? std::optional(found->repo) : std::nullopt;
  }

  void add(Problem problem, const RepoRecord* repo, const std::string& blob) {
    report_.findings.push_back(finding_of(std::move(problem), blob));
    if (repo != nullptr) report_.findings.back().repo = repo->repo;
  }

  /// Counts and problems of one repository, or of one of its revisions.
  Result<void> look_at(std::size_t index, const VerifyScope* scope) {
    const RepoRecord& record = inventory_.repos[index];
    if (scope == nullptr || scope->commit.empty()) {
      for (const RevisionRecord& one : record.revisions) report_.checked.links += one.entries;
      report_.checked.refs += record.refs.size();
      add_problems(record, nullptr, {});
      return {};
    }
    const auto found = std::find_if(record.revisions.begin(), record.revisions.end(),
                                    [&](const RevisionRecord& one) { return one.folder == scope->commit; });
    if (found == record.revisions.end()) return not_here(*scope);
    asked_[index].revision = &*found;
    report_.checked.links += found->entries;
    std::set<std::string> blobs;
    for (const std::uint32_t blob : found->blobs) blobs.insert(record.blobs[blob].name);
    add_problems(record, &*found, blobs);
    return {};
  }

  void add_problems(const RepoRecord& record, const RevisionRecord* revision, const std::set<std::string>& blobs) {
    const std::string blob_start = record.folder + "/blobs/";
    for (const Problem& problem : record.problems) {
      const bool is_blob = problem.path.starts_with(blob_start);
      const std::string blob = is_blob ? problem.path.substr(blob_start.size()) : std::string();
      const bool is_asked =
          revision == nullptr || blobs.contains(blob) || problem.path.starts_with(record.folder + "/snapshots/" + revision->folder + "/");
      if (!is_asked) continue;
      Problem shown = problem;
      if (problem.kind == ProblemKind::Missing && is_digest_name(blob)) shown.expected = digest::Digest::from_hex(blob)->text();
      add(std::move(shown), &record, blob);
    }
    if (revision != nullptr) return;
    for (const Leftover& leftover : record.leftovers) {
      const bool is_ref = leftover.path.starts_with(record.folder + "/refs/");  // a problem of the scan already
      if (!is_ref) add({ProblemKind::Partial, leftover.path, "", ""}, &record, "");
    }
  }

  Result<void> collect_blob(std::size_t repo, const BlobRecord& blob) {
    const RepoRecord& record = inventory_.repos[repo];
    switch (blob.place) {
      case BlobPlace::Absent:
      case BlobPlace::Outside:
        return {};  // a problem of the scan already
      case BlobPlace::InSnapshot:
        return collect_copy(repo, blob);
      case BlobPlace::Local:
        collect_named(repo, blob, store_.root() + "/" + record.folder + "/blobs/" + blob.name);
        return {};
      case BlobPlace::Shared:
        break;
    }
    // R-578 a: the bytes are the store's, the name they must have is the entry's.
    if (blob.payload != BlobRecord::kNone) {
      collect_named(repo, blob, payload_path(store_.root(), inventory_.payloads[blob.payload].name));
    } else if (!options_.scopes.empty()) {
      collect_payload(repo, blob);
    }
    return {};
  }

  /// With one repository in view the store was not scanned: the entry itself says where the bytes are.
  void collect_payload(std::size_t repo, const BlobRecord& blob) {
    const RepoLayout layout(store_.root(), inventory_.repos[repo].folder);
    const auto text = store_.disk().read_link(layout.blob(blob.name));
    const auto payload = text && *text ? payload_of_entry(layout, **text) : std::nullopt;
    if (payload && blob.inode != 0) collect_named(repo, blob, payload_path(store_.root(), *payload));
  }

  [[nodiscard]] bool is_absent(std::size_t repo, const std::string& blob) {
    const auto wishes = wishes_of(repo);
    return wishes && (*wishes)->absent.contains(blob);
  }

  void collect_named(std::size_t repo, const BlobRecord& blob, std::string file) {
    const RepoRecord& record = inventory_.repos[repo];
    const std::string path = record.folder + "/blobs/" + blob.name;
    if (!is_digest_name(blob.name)) {
      const std::string lower = to_lower(blob.name);
      if (is_digest_name(lower) && (blob.is_linked || is_absent(repo, lower))) {
        add({ProblemKind::Misnamed, path, lower, blob.name}, &record, lower);
      } else if (blob.is_linked) {  // an entity tag of another server: nothing to hold the bytes against
        add({ProblemKind::Foreign, path, "", ""}, &record, "");
      }
      return;
    }
    BlobCheck check;
    check.path = path;
    check.file = std::move(file);
    check.blob = blob.name;
    check.expected = *digest::Digest::from_hex(blob.name);
    check.actual_size = blob.bytes;
    check.repo = repo;
    checks_.push_back(std::move(check));
  }

  /// A file in a snapshot instead of a link: the listing says what it must hold; what no listing names is somebody's own (C18).
  Result<void> collect_copy(std::size_t repo, const BlobRecord& blob) {
    const RepoRecord& record = inventory_.repos[repo];
    const std::string path = record.folder + "/" + blob.name;
    constexpr std::size_t kStart = std::string_view("snapshots/").size();
    const std::size_t slash = blob.name.find('/', kStart);
    const auto commit = repo::CommitId::parse(std::string_view(blob.name).substr(kStart, slash - kStart));
    LARDER_TRY(const Wishes* wishes, wishes_of(repo));
    const repo::Tree* tree = commit ? wishes->known.tree(*commit) : nullptr;
    const auto listed = tree != nullptr ? tree->find(std::string_view(blob.name).substr(slash + 1)) : std::nullopt;
    if (!listed) {
      if (tree != nullptr || !commit) add({ProblemKind::Foreign, path, "", ""}, &record, "");
      return {};
    }
    const repo::FileEntry entry = tree->at(*listed);
    BlobCheck check;
    check.path = path;
    check.file = store_.root() + "/" + path;
    check.blob = entry.blob_name();
    check.expected = entry.digest();
    check.size = entry.size;
    check.actual_size = blob.bytes;
    check.repo = repo;
    checks_.push_back(std::move(check));
    return {};
  }

  Result<const Wishes*> wishes_of(std::size_t repo) {
    const auto [place, is_new] = wishes_.try_emplace(repo);
    if (!is_new) return &place->second;
    const RepoRecord& record = inventory_.repos[repo];
    for (const BlobRecord& blob : record.blobs) {
      if (blob.place == BlobPlace::Absent) place->second.absent.insert(blob.name);
    }
    LARDER_TRY(place->second.known, KnownBlobs::read(store_, RepoLayout(store_.root(), record.folder)));
    return &place->second;
  }

  /// The listings may say more about a wrong blob than its name does: its size, or that the name is a Xet hash.
  void complete(BlobCheck& check) {
    const auto wishes = wishes_of(check.repo);
    const auto listed = wishes ? (*wishes)->known.find(check.blob) : std::nullopt;
    if (!listed) return;
    check.expected = listed->digest;
    check.size = listed->size;
  }

  /// C17 "misnamed": the bytes of a blob that a link or a listing of the same repository asks for.
  bool is_wanted(const BlobCheck& check, const digest::Digest& digest) {
    const auto wishes = wishes_of(check.repo);
    return wishes && ((*wishes)->absent.contains(digest.hex()) || (*wishes)->known.wants(digest));
  }

  Store& store_;
  const VerifyOptions& options_;
  ProgressSink& progress_;
  const CancelToken& cancel_;
  Inventory inventory_;
  std::vector<Asked> asked_;  // by repository
  std::vector<BlobCheck> checks_;
  std::map<std::size_t, Wishes> wishes_;  // of repositories of this batch in which something is wrong
  TaskId task_ = 0;
  std::uint64_t hashed_ = 0;  // by the batches before
  VerifyReport report_;
};

}  // namespace

bool VerifyReport::has_damage() const {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return is_damage(one.kind) && !one.is_repaired; });
}

Result<VerifyReport> verify_cache(Store& store, const VerifyOptions& options, ProgressSink& progress, const CancelToken& cancel) {
  return CacheVerifier(store, options, progress, cancel).run();
}

}  // namespace larder::store
