#include <larder/ops/cache_remove.hpp>

#include "base/escape.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "fs/disk.hpp"
#include "ops/pins_file.hpp"
#include "store/removal_targets.hpp"
#include "store/store.hpp"

#include <larder/ops/cache_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace larder::ops {
namespace {

using store::FileTarget;
using store::RevisionKey;

constexpr std::size_t kShortestHash = 7;
constexpr std::size_t kFullHash = 40;
constexpr std::uint64_t kMaxPinsFile = 64ULL << 20U;

std::int64_t now_ns(Services& services) { return unix_ns(services.clock.wall_now()); }

Result<store::Inventory> look_for_removal(Services& services, const CancelToken& cancel) {
  store::InventoryOptions options;
  options.depth = store::InventoryDepth::Removal;
  return store::take_inventory(services.store, options, services.progress, cancel);
}

/// Turns the words of `cache rm` into targets of a plan.
class TargetReader {
 public:
  TargetReader(Services& services, const store::Inventory& inventory, const repo::ReferenceContext& context, const CancelToken& cancel)
      : services_(services), inventory_(inventory), context_(context), cancel_(cancel) {}

  Result<void> read(std::string_view text) {
    const std::string_view target = trim(text);
    if (target.empty()) return fail(ErrorCode::InvalidArgument, "an empty target");
    const bool is_hash = is_hex(target) && target.size() >= kShortestHash && target.size() <= kFullHash;
    if (target.starts_with("hf://")) return read_uri(target);
    return is_hash ? read_hash(target) : read_id(target);
  }

  [[nodiscard]] const store::RmTargets& targets() const { return targets_; }
  [[nodiscard]] bool has_files() const { return !files_.empty(); }
  [[nodiscard]] std::vector<FileTarget> files() const {
    std::vector<FileTarget> files;
    for (const auto& [key, file] : files_) files.push_back(file);
    return files;
  }
  std::vector<std::string> warnings;
  /// How many of those read are not here.
  [[nodiscard]] std::size_t missing() const { return missing_; }

 private:
  void warn_not_here(std::string_view target, std::string_view hint = {}) {
    ++missing_;
    warnings.push_back(fmt::format("{}: not in the cache{}", escape_text(target), hint));
  }

  /// `type/id`, compared without case; the plural of the type is understood too.
  Result<void> read_id(std::string_view target) {
    const std::size_t slash = target.find('/');
    const auto type = slash == std::string_view::npos ? Result<repo::RepoType>(fail(ErrorCode::InvalidArgument, ""))
                                                      : repo::parse_repo_type(to_lower(target.substr(0, slash)));
    if (!type) {
      warn_not_here(target, is_hex(target) ? fmt::format("; a revision is named with {} to {} hex digits", kShortestHash, kFullHash)
                                           : "; a repository is named with its type, e.g. model/org/name");
      return {};
    }
    return add_repo(target, std::string(repo::name(*type)) + std::string(target.substr(slash)));
  }

  Result<void> add_repo(std::string_view target, const std::string& id) {
    const auto found = store::repos_with_id(inventory_, id);
    if (found.empty()) warn_not_here(target);
    if (found.size() > 1) {
      std::string list;
      for (const auto* record : found) list += "\n  " + escape_text(cache_id(record->repo));
      return fail(ErrorCode::InvalidArgument, fmt::format("{}: names several repositories:{}", escape_text(target), list));
    }
    if (found.size() == 1) {
      LARDER_CHECK(refuse_link(*found.front()));
      targets_.repos.insert(found.front()->repo);
    }
    return {};
  }

  static Result<void> refuse_link(const store::RepoRecord& record) {
    if (!record.is_link) return {};
    return fail(ErrorCode::UnsafeLink,
                fmt::format("{}: its folder is a link, or holds one where a folder belongs, or cannot be read: left alone",
                            escape_text(cache_id(record.repo))),
                "see `larder cache verify`");
  }

  const store::RepoRecord* record_of(const repo::RepoId& repo) const {
    const auto found = std::find_if(inventory_.repos.begin(), inventory_.repos.end(), [&](const auto& one) { return one.repo == repo; });
    return found == inventory_.repos.end() ? nullptr : &*found;
  }

  /// A hash is no name: the same commit may lie in two repositories, so one that fits several things is refused.
  Result<void> read_hash(std::string_view target) {
    const std::vector<RevisionKey> found = store::revisions_with_prefix(inventory_, target);
    if (found.empty()) warn_not_here(target);
    if (found.size() > 1) {
      std::string list;
      for (const RevisionKey& key : found) list += fmt::format("\n  hf://{}@{}", escape_text(key.repo.text()), escape_text(key.commit));
      return fail(ErrorCode::InvalidArgument, fmt::format("{}: names several revisions:{}", escape_text(target), list),
                  "name one of them as it is listed");
    }
    return found.size() == 1 ? add_revision(found.front()) : Result<void>{};
  }

  Result<void> add_revision(const RevisionKey& key) {
    LARDER_CHECK(refuse_link(*record_of(key.repo)));
    targets_.revisions.insert(key);
    return {};
  }

  Result<void> read_uri(std::string_view target) {
    LARDER_TRY(const auto reference, repo::parse_reference(target, context_));
    if (!reference.quant.empty()) return fail(ErrorCode::InvalidArgument, fmt::format("{}: name the files", escape_text(target)));
    const auto found = store::repos_with_id(inventory_, cache_id(reference.repo));
    if (found.empty()) {
      warn_not_here(target);
      return {};
    }
    if (!reference.revision && reference.path.empty()) return add_repo(target, cache_id(reference.repo));
    const store::RepoRecord& record = *found.front();
    LARDER_CHECK(refuse_link(record));
    RevisionKey key{record.repo, ""};
    if (reference.revision) {
      const auto* revision = revision_of(record, *reference.revision);
      if (revision == nullptr) {
        warn_not_here(target);
        return {};
      }
      key.commit = revision->folder;
    }
    return reference.path.empty() ? add_revision(key) : add_files(target, record, key, reference.path);
  }

  /// By the names in refs/, or by commit (R-823: deletion by ref).
  static const store::RevisionRecord* revision_of(const store::RepoRecord& record, const repo::Revision& revision) {
    const store::RevisionRecord* found = nullptr;
    const std::string lower = to_lower(revision.text());
    for (const store::RevisionRecord& one : record.revisions) {
      if (std::find(one.refs.begin(), one.refs.end(), revision.text()) != one.refs.end()) return &one;
      const bool is_match = one.folder == lower || (revision.may_be_short_commit() && one.folder.starts_with(lower));
      if (is_match && found != nullptr) return nullptr;
      if (is_match) found = &one;
    }
    return found;
  }

  Result<void> add_files(std::string_view target, const store::RepoRecord& record, const RevisionKey& key, const std::string& path) {
    LARDER_TRY(const auto found, store::find_files(services_.store, record, key, path, cancel_));
    if (found.empty()) warn_not_here(target);
    for (const FileTarget& file : found) files_.emplace(std::make_pair(file.revision, file.path), file);
    return {};
  }

  Services& services_;
  const store::Inventory& inventory_;
  const repo::ReferenceContext& context_;
  const CancelToken& cancel_;
  std::size_t missing_ = 0;
  store::RmTargets targets_;
  std::map<std::pair<RevisionKey, std::string>, FileTarget> files_;  // two targets may name the same file
};

}  // namespace

Result<store::RemovalPlan> plan_cache_rm(Services& services, const std::vector<std::string>& targets, const repo::ReferenceContext& context,
                                         const CancelToken& cancel) {
  if (targets.empty()) return fail(ErrorCode::InvalidArgument, "no target", "name a repository, a file or a revision");
  LARDER_TRY(const auto inventory, look_for_removal(services, cancel));
  TargetReader reader(services, inventory, context, cancel);
  for (const std::string& target : targets) LARDER_CHECK(reader.read(target));
  const bool has_others = !reader.targets().repos.empty() || !reader.targets().revisions.empty();
  if (reader.has_files() && has_others) {
    return fail(ErrorCode::InvalidArgument, "files cannot be removed together with repositories or revisions", "use two commands");
  }
  store::RemovalPlan plan = store::plan_rm(inventory, reader.targets(), reader.files());
  plan.targets = targets.size() - reader.missing();
  plan.warnings.insert(plan.warnings.begin(), reader.warnings.begin(), reader.warnings.end());
  return plan;
}

Result<store::RemovalPlan> plan_cache_prune(Services& services, const CancelToken& cancel) {
  LARDER_TRY(const auto inventory, look_for_removal(services, cancel));
  return store::plan_prune(inventory, now_ns(services));
}

Result<store::RemovalPlan> plan_cache_gc(Services& services, const CacheGcOptions& options, const repo::ReferenceContext& context,
                                         const CancelToken& cancel) {
  const store::GcPolicy& asked = options.policy;
  if (!asked.max_size && !asked.older_than && !asked.keep_last) {
    return fail(ErrorCode::InvalidArgument, "gc: no rule says what may go", "give --max-size, --older-than or --keep-last");
  }
  store::GcPolicy policy = asked;
  for (const std::string& file : options.pin_files) {
    LARDER_TRY(const auto text, services.disk.read_small(file, kMaxPinsFile));
    if (!text) return fail(ErrorCode::InvalidArgument, fmt::format("{}: no such file of pins", escape_text(file)));
    LARDER_TRY(auto pins, parse_pins(*text, file, context));
    policy.pins.merge(pins);
  }
  LARDER_TRY(const auto inventory, look_for_removal(services, cancel));
  return store::plan_gc(inventory, policy, now_ns(services));
}

Result<void> carry_out(Services& services, const store::RemovalPlan& plan, store::SweepReport& report, const CancelToken& cancel) {
  return store::sweep(services.store, plan, report, services.progress, cancel);
}

namespace {

/// docs/manual.md "Exit codes", of several targets. Pieces of the one target that went before it failed don't make it half done for who
/// asked.
bool is_some_target_gone(const store::RemovalPlan& plan, const store::SweepReport& report) {
  const auto is_asked = [](const store::RemovalItem& item) { return item.reason == store::RemovalReason::Asked; };
  return plan.targets > 1 && std::any_of(report.removed.begin(), report.removed.end(), is_asked);
}

}  // namespace

Result<void> removal_outcome(const store::RemovalPlan& plan, const store::SweepReport& report) {
  if (!report.failures.empty()) {
    const store::SweepFailure& first = report.failures.front();
    Error error = first.error;
    for (const store::SweepFailure& failure : report.failures) error.code = shared_code(error.code, failure.error.code);
    if (is_some_target_gone(plan, report)) error.code = ErrorCode::Partial;
    error.message = fmt::format("{}: {}", escape_text(first.item.path), first.error.message);
    if (report.failures.size() > 1) error.message += fmt::format(" (and {} more)", report.failures.size() - 1);
    return fail(std::move(error));
  }
  // Of prune and gc it is the very purpose to leave what is in use; of rm it is not what was asked (I10).
  if (plan.targets == 0 || (report.kept.empty() && plan.kept.empty())) return {};
  const store::KeptItem& kept = report.kept.empty() ? plan.kept.front() : report.kept.front();
  const ErrorCode code = report.removed.empty() ? ErrorCode::LockBusy : ErrorCode::Partial;
  return fail(code, fmt::format("{}: in use by a running download: left alone", escape_text(cache_id(kept.repo))),
              "try again when it has ended");
}

}  // namespace larder::ops
