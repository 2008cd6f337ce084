#include "ops/target.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "store/local_dir.hpp"
#include "store/ref_store.hpp"
#include "store/tree_cache.hpp"

#include <larder/hub/hub_client.hpp>
#include <larder/ops/offline_advice.hpp>

#include <fmt/format.h>

namespace larder::ops {
namespace {

tl::unexpected<Error> ambiguous(const std::vector<repo::CommitId>& commits, const std::string& where) {
  std::string all;
  for (const auto& commit : commits) all += (all.empty() ? "" : ", ") + commit.hex();
  return fail(ErrorCode::RevisionNotFound, fmt::format("several commits fit in {}: {}", where, all), "name one of them");
}

/// Of what a local folder is at. It knows commits, and no names of branches (R-602).
Result<std::optional<repo::CommitId>> find_in_folder(Services& services, const TargetQuestion& question) {
  if (!question.local_dir) return std::optional<repo::CommitId>{};
  LARDER_TRY(auto commits, store::commits_of_folder(services.disk, store::LocalDirLayout(*question.local_dir)));
  if (commits.size() > 1) return ambiguous(commits, escape_text(*question.local_dir));
  return commits.empty() ? std::optional<repo::CommitId>{} : std::optional(commits.front());
}

/// Offline: a name by refs/, a full commit by itself, a short one by what the cache knows.
Result<repo::CommitId> find_offline(Services& services, const TargetQuestion& question) {
  LARDER_CHECK(services.store.check_root());
  const auto layout = services.store.layout(question.repo);
  if (const auto commit = question.revision.commit()) return *commit;
  LARDER_TRY(const auto named, store::read_ref(services.store, layout, question.revision));
  if (named) return *named;
  if (question.revision.may_be_short_commit()) {
    LARDER_TRY(const auto found, store::commits_with_prefix(services.store, layout, question.revision.text()));
    if (found.size() == 1) return found.front();
    if (found.size() > 1) return ambiguous(found, "the cache");
  }
  LARDER_TRY(const auto in_folder, find_in_folder(services, question));
  if (in_folder) return *in_folder;
  return fail(ErrorCode::NotInCache, fmt::format("no such revision in the cache {}", services.store.root()),
              fmt::format("{}, or name a cached commit (`larder cache ls --revisions`)", kGoOnline));
}

void add_hint(Error& error, std::string_view hint) {
  if (!error.hint.empty()) error.hint += "; ";
  error.hint += hint;
}

/// Could the cache have answered instead? Then the error of the network says so (R-538).
Error with_offline_hint(Services& services, const TargetQuestion& question, Error error) {
  if (exit_code(error.code) != 5) return error;
  const auto commit = find_offline(services, question);
  if (!commit) return error;
  const auto layout = services.store.layout(question.repo);
  const auto snapshot = services.disk.look(layout.snapshot(*commit));
  if (!snapshot || !*snapshot) return error;
  add_hint(error, fmt::format("the cache has commit {}: --offline uses it without asking", commit->hex()));
  return error;
}

Result<std::optional<repo::Tree>> read_cached_tree(Services& services, const TargetQuestion& question, const repo::CommitId& commit) {
  const auto layout = services.store.layout(question.repo);
  LARDER_TRY(auto tree, store::read_tree(services.disk, layout.tree(commit)));
  if (tree) return tree;
  if (question.local_dir) return store::read_tree(services.disk, store::LocalDirLayout(*question.local_dir).tree(commit));
  return tree;
}

/// A revision that is not there may be one that was written otherwise than it was meant.
Error with_spelling_hint(const TargetQuestion& question, Error error) {
  if (error.code != ErrorCode::RevisionNotFound && error.code != ErrorCode::NotInCache) return error;
  const std::string& revision = question.revision.text();
  const auto lowered = repo::CommitId::parse(to_lower(revision));
  if (lowered && !question.revision.commit()) add_hint(error, "a commit is written in small letters: " + lowered->hex());  // R-107
  // "org/m@feature/x" is the file x at "feature".
  if (!question.path.empty()) add_hint(error, "a '/' in a branch is written %2F in a reference, and plainly in --revision");
  return error;
}

}  // namespace

std::string object_name(const repo::RepoId& repo, const repo::Revision& revision) { return repo.text() + "@" + revision.text(); }

Result<repo::ResolvedRevision> find_commit(Services& services, const TargetQuestion& question, const CancelToken& cancel) {
  repo::ResolvedRevision resolved;
  resolved.asked = question.revision;
  if (question.offline) {
    auto found = find_offline(services, question);
    if (!found) return fail(with_spelling_hint(question, std::move(found.error())));
    resolved.commit = *found;
    return resolved;
  }
  if (const auto commit = question.revision.commit()) {
    resolved.commit = *commit;
    return resolved;
  }
  auto asked = services.hub.resolve_revision(question.repo, question.revision, cancel);
  if (!asked) return fail(with_spelling_hint(question, with_offline_hint(services, question, std::move(asked.error()))));
  return asked;
}

std::vector<std::string> moved_warnings(const TargetQuestion& question, const repo::ResolvedRevision& resolved) {
  if (resolved.canonical_id.empty()) return {};
  return {fmt::format("{} is now called {} on the Hub; the cache keeps the name you typed", question.repo.text(), resolved.canonical_id)};
}

tl::unexpected<Error> no_listing() { return fail(ErrorCode::NotInCache, "no listing of this commit in the cache"); }

Result<Target> find_target(Services& services, const TargetQuestion& question, const CancelToken& cancel) {
  Target target;
  LARDER_TRY(target.resolved, find_commit(services, question, cancel));
  const auto& commit = target.resolved.commit;
  target.warnings = moved_warnings(question, target.resolved);
  if (!question.lists_anew || question.offline) {
    LARDER_TRY(target.tree, read_cached_tree(services, question, commit));
  }
  if (target.tree || question.offline) return target;
  const auto on_page = [&](std::size_t files) {
    if (files % 10'000 == 0) services.progress.note(fmt::format("listing {}: {} files so far", question.repo.text(), files));
  };
  auto listed = services.hub.list_tree(question.repo, commit, cancel, on_page);
  if (!listed) return fail(with_offline_hint(services, question, std::move(listed.error())));
  target.tree = std::move(*listed);
  target.tree_is_new = true;
  return target;
}

Result<Target> find_listed_target(Services& services, const TargetQuestion& question, const CancelToken& cancel) {
  auto target = find_target(services, question, cancel);
  if (target && !target->tree) return no_listing();
  return target;
}

}  // namespace larder::ops
