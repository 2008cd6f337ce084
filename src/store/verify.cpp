#include <larder/store/verify.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "store/known_blobs.hpp"
#include "store/link_target.hpp"
#include "store/scan_shared.hpp"
#include "store/verify_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace larder::store {
namespace {

/// Id of the invariant that a finding breaks (reliability.md §3.1); empty: none, a plain note.
std::string invariant_of(const Finding& finding) {
  const std::string_view path = finding.path;
  const std::size_t slash = path.find('/');
  const std::string_view below = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  const bool is_layout_folder = below == "snapshots" || below == "refs";
  switch (finding.kind) {
    case ProblemKind::Digest:
    case ProblemKind::Size:
    case ProblemKind::Misnamed:
    case ProblemKind::Empty:
      return "I1";
    case ProblemKind::Ref:
      return is_layout_folder ? "I12" : (is_temporary_ref(path) ? "I4" : "I2");
    case ProblemKind::Link:
      return "I3";
    case ProblemKind::Missing:
      return is_layout_folder || below.empty() ? "I12" : "I3";
    case ProblemKind::Foreign: {  // what the Python scanner warns about
      const bool is_direct = below.starts_with("snapshots/") && below.find('/', 10) == std::string_view::npos;
      return below.empty() || is_direct ? "I12" : "";
    }
    case ProblemKind::Partial: {
      const bool is_in_layout = below.starts_with("blobs/") || below.starts_with("refs/") || below.starts_with("trees/");
      return is_in_layout ? "I4" : "";
    }
  }
  return "";
}

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
  Result<void> verify_inventory(const InventoryOptions& inventory_options, const VerifyScope* scope) {
    LARDER_TRY(inventory_, take_inventory(store_, inventory_options, progress_, cancel_));
    if (scope == nullptr) {
      for (const Problem& problem : inventory_.problems) add(problem, nullptr, "");
      for (const Leftover& leftover : inventory_.leftovers) add({ProblemKind::Partial, leftover.path, "", ""}, nullptr, "");
    }
    if (scope != nullptr && inventory_.repos.empty()) return not_here(*scope);
    checks_.clear();
    known_.clear();
    for (std::size_t repo = 0; repo < inventory_.repos.size(); ++repo) LARDER_CHECK(collect(repo, scope));
    const WantsDigest wants = [this](const BlobCheck& check, const digest::Digest& digest) { return is_wanted(check, digest); };
    const std::size_t before = report_.findings.size();
    LARDER_CHECK(verify_bytes(store_, checks_, wants, options_, report_, progress_, cancel_));
    for (std::size_t i = before; i < report_.findings.size(); ++i) report_.findings[i].repo = repo_of(report_.findings[i].path);
    return {};
  }

  static Result<void> not_here(const VerifyScope& scope) {
    return fail(ErrorCode::NotInCache, fmt::format("{}: not in the cache", escape_text(scope.repo.text())), "see `larder cache ls`");
  }

  std::optional<repo::RepoId> repo_of(const std::string& path) const {
    const std::string folder = path.substr(0, path.find('/'));
    for (const RepoRecord& record : inventory_.repos) {
      if (record.folder == folder) return record.repo;
    }
    return std::nullopt;
  }

  void add(const Problem& problem, const RepoRecord* repo, const std::string& blob) {
    Finding finding;
    finding.kind = problem.kind;
    if (repo != nullptr) finding.repo = repo->repo;
    finding.path = problem.path;
    finding.expected = problem.expected;
    finding.actual = problem.actual;
    finding.blob = blob;
    report_.findings.push_back(std::move(finding));
  }

  /// Everything of one repository, or of one of its revisions, that has to be looked at.
  Result<void> collect(std::size_t index, const VerifyScope* scope) {
    const RepoRecord& record = inventory_.repos[index];
    const bool is_whole = scope == nullptr || scope->commit.empty();
    const RevisionRecord* revision = nullptr;
    for (const RevisionRecord& one : record.revisions) {
      if (is_whole) report_.checked.links += one.entries;
      if (!is_whole && one.folder == scope->commit) revision = &one;
    }
    if (!is_whole && revision == nullptr) return not_here(*scope);
    if (revision != nullptr) report_.checked.links += revision->entries;
    std::set<std::string> blobs;  // of the revision
    if (revision != nullptr) {
      for (const std::uint32_t blob : revision->blobs) blobs.insert(record.blobs[blob].name);
    }
    add_problems(record, revision, blobs);
    const RepoLayout layout(store_.root(), record.folder);
    LARDER_TRY(const KnownBlobs known, KnownBlobs::read(store_, layout));
    for (std::size_t blob = 0; blob < record.blobs.size(); ++blob) {
      const bool is_asked = is_whole || blobs.contains(record.blobs[blob].name);
      if (is_asked) collect_blob(index, record.blobs[blob], known);
    }
    if (is_whole) report_.checked.refs += record.refs.size();
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
      add(shown, &record, blob);
    }
    if (revision != nullptr) return;
    for (const Leftover& leftover : record.leftovers) {
      const bool is_ref = leftover.path.starts_with(record.folder + "/refs/");  // a problem of the scan already
      if (!is_ref) add({ProblemKind::Partial, leftover.path, "", ""}, &record, "");
    }
  }

  void collect_blob(std::size_t repo, const BlobRecord& blob, const KnownBlobs& known) {
    const RepoRecord& record = inventory_.repos[repo];
    switch (blob.place) {
      case BlobPlace::Absent:
      case BlobPlace::Outside:
        return;  // a problem of the scan already
      case BlobPlace::InSnapshot:
        return collect_copy(repo, blob, known);
      case BlobPlace::Local:
        return collect_named(repo, blob, known, store_.root() + "/" + record.folder + "/blobs/" + blob.name);
      case BlobPlace::Shared:
        break;
    }
    // R-578 a: the bytes are the store's, the name they must have is the entry's.
    if (blob.payload == BlobRecord::kNone && !options_.scopes.empty()) return collect_payload(repo, blob, known);
    if (blob.payload == BlobRecord::kNone) return;
    collect_named(repo, blob, known, payload_path(store_.root(), inventory_.payloads[blob.payload].name));
  }

  /// With one repository in view the store was not scanned: the entry itself says where the bytes are.
  void collect_payload(std::size_t repo, const BlobRecord& blob, const KnownBlobs& known) {
    const RepoLayout layout(store_.root(), inventory_.repos[repo].folder);
    const auto text = store_.disk().read_link(layout.blob(blob.name));
    const auto payload = text && *text ? payload_of_entry(layout, **text) : std::nullopt;
    if (payload && blob.inode != 0) collect_named(repo, blob, known, payload_path(store_.root(), *payload));
  }

  void collect_named(std::size_t repo, const BlobRecord& blob, const KnownBlobs& known, std::string file) {
    const RepoRecord& record = inventory_.repos[repo];
    const std::string path = record.folder + "/blobs/" + blob.name;
    if (!is_digest_name(blob.name)) {
      const std::string lower = to_lower(blob.name);
      if (is_digest_name(lower)) {
        add({ProblemKind::Misnamed, path, lower, blob.name}, &record, lower);
      } else if (blob.is_linked) {  // an entity tag of another server: nothing to hold the bytes against
        add({ProblemKind::Foreign, path, "", ""}, &record, "");
      }
      return;
    }
    const auto listed = known.find(blob.name);
    BlobCheck check;
    check.path = path;
    check.file = std::move(file);
    check.blob = blob.name;
    check.expected = listed ? listed->digest : *digest::Digest::from_hex(blob.name);
    if (listed) check.size = listed->size;
    check.actual_size = blob.bytes;
    check.repo = repo;
    checks_.push_back(std::move(check));
  }

  /// A file in a snapshot instead of a link: the listing says what it must hold; what no listing names is somebody's own (C18).
  void collect_copy(std::size_t repo, const BlobRecord& blob, const KnownBlobs& known) {
    const RepoRecord& record = inventory_.repos[repo];
    const std::string path = record.folder + "/" + blob.name;
    constexpr std::size_t kStart = std::string_view("snapshots/").size();
    const std::size_t slash = blob.name.find('/', kStart);
    const auto commit = repo::CommitId::parse(std::string_view(blob.name).substr(kStart, slash - kStart));
    const repo::Tree* tree = commit ? known.tree(*commit) : nullptr;
    const auto listed = tree != nullptr ? tree->find(std::string_view(blob.name).substr(slash + 1)) : std::nullopt;
    if (!listed) {
      if (tree != nullptr || !commit) add({ProblemKind::Foreign, path, "", ""}, &record, "");
      return;
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
  }

  /// C17 "misnamed": the bytes of a blob that a link or a listing of the same repository asks for.
  bool is_wanted(const BlobCheck& check, const digest::Digest& digest) {
    const RepoRecord& record = inventory_.repos[check.repo];
    const std::string name = digest.hex();
    for (const BlobRecord& blob : record.blobs) {
      if (blob.name == name && blob.place == BlobPlace::Absent) return true;
    }
    const auto [known, is_new] = known_.try_emplace(check.repo);
    if (is_new) {
      if (auto read = KnownBlobs::read(store_, RepoLayout(store_.root(), record.folder))) known->second = std::move(*read);
    }
    return known->second.wants(digest);
  }

  Store& store_;
  const VerifyOptions& options_;
  ProgressSink& progress_;
  const CancelToken& cancel_;
  Inventory inventory_;
  std::vector<BlobCheck> checks_;
  std::map<std::size_t, KnownBlobs> known_;  // of repositories in which something is wrong
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
