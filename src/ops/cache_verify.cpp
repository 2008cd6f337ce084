#include <larder/ops/cache_verify.hpp>

#include "base/escape.hpp"
#include "ops/cached_revision.hpp"
#include "ops/repair.hpp"
#include "store/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::ops {
namespace {

Result<void> check_whole(const repo::Reference& reference) {
  if (reference.path.empty() && reference.quant.empty()) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{}: verify takes whole repositories and revisions", escape_text(repo::text(reference))));
}

/// A reference without a revision means the whole repository, with one that snapshot.
Result<store::VerifyScope> scope_of(Services& services, const repo::Reference& reference) {
  store::VerifyScope scope{reference.repo, ""};
  if (!reference.revision) {
    LARDER_TRY(const auto facts, services.disk.look(services.store.layout(reference.repo).repo()));
    if (facts) return scope;
    return fail(ErrorCode::NotInCache, fmt::format("{}: not in the cache", escape_text(repo::text(reference))), "see `larder cache ls`");
  }
  LARDER_TRY(const auto commit, find_cached_commit(services, reference));
  scope.commit = commit.hex();
  return scope;
}

/// In a local folder a revision can only be known by its commit, or by the refs of the cache.
Result<std::vector<store::VerifyScope>> local_scopes(Services& services, const CacheVerifyOptions& options) {
  std::vector<store::VerifyScope> scopes;
  if (options.references.size() > 1) return fail(ErrorCode::InvalidArgument, "--local-dir takes at most one reference");
  if (options.references.empty() || !options.references.front().revision) return scopes;
  const repo::Reference& reference = options.references.front();
  if (const auto commit = reference.revision->commit()) {
    scopes.push_back({reference.repo, commit->hex()});
    return scopes;
  }
  LARDER_TRY(const auto commit, find_cached_commit(services, reference));
  scopes.push_back({reference.repo, commit.hex()});
  return scopes;
}

Result<void> conclude(const store::VerifyReport& report, bool is_after_repair) {
  if (!report.has_damage()) return {};
  const auto damaged = [](const store::Finding& one) { return store::is_damage(one.kind) && !one.is_repaired; };
  const auto first = std::find_if(report.findings.begin(), report.findings.end(), damaged);
  const auto count = std::count_if(report.findings.begin(), report.findings.end(), damaged);
  return fail(ErrorCode::StoreDamaged,
              fmt::format("{}: {}{}", escape_text(first->path), store::name(first->kind),
                          count > 1 ? fmt::format(" (and {} more)", count - 1) : std::string()),
              is_after_repair ? "what stays cannot be fetched again: pull that reference, or remove it with `larder cache rm`"
                              : "larder cache verify --repair fetches again what is damaged");
}

/// What several references that are not here mean together; `are_others`: beside some that are.
Error told_together(const std::vector<VerifyFailure>& failures, bool are_others) {
  Error error = failures.front().error;
  if (are_others) error.code = ErrorCode::Partial;
  if (failures.size() > 1) error.message += fmt::format(" (and {} more)", failures.size() - 1);
  return error;
}

Result<void> verify_cached(Services& services, const CacheVerifyOptions& options, CacheVerifyReport& report, const CancelToken& cancel) {
  store::VerifyOptions what;
  what.invariants = options.invariants;
  for (const repo::Reference& reference : options.references) {
    auto scope = scope_of(services, reference);
    if (scope) {
      what.scopes.push_back(std::move(*scope));
    } else {
      report.failures.push_back({repo::text(reference), std::move(scope).error()});
    }
  }
  if (!report.failures.empty() && what.scopes.empty()) return fail(told_together(report.failures, false));
  LARDER_TRY(static_cast<store::VerifyReport&>(report), store::verify_cache(services.store, what, services.progress, cancel));
  return options.repair ? repair_cache(services, options, report, cancel) : Result<void>{};
}

Result<void> verify_folder(Services& services, const CacheVerifyOptions& options, CacheVerifyReport& report, const CancelToken& cancel) {
  store::VerifyOptions what;
  LARDER_TRY(what.scopes, local_scopes(services, options));
  LARDER_TRY(static_cast<store::VerifyReport&>(report),
             store::verify_local_dir(services.store, *options.local_dir, what, services.progress, cancel));
  return options.repair ? repair_local_dir(services, options, report, cancel) : Result<void>{};
}

}  // namespace

Result<void> cache_verify(Services& services, const CacheVerifyOptions& options, CacheVerifyReport& report, const CancelToken& cancel) {
  for (const repo::Reference& reference : options.references) LARDER_CHECK(check_whole(reference));  // whatever is here
  LARDER_CHECK(options.local_dir ? verify_folder(services, options, report, cancel) : verify_cached(services, options, report, cancel));
  LARDER_CHECK(conclude(report, options.repair));
  return report.failures.empty() ? Result<void>{} : Result<void>(fail(told_together(report.failures, true)));
}

}  // namespace larder::ops
