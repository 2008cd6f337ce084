#include "ops/prepare.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/disk.hpp"
#include "ops/chosen_names.hpp"
#include "store/folders.hpp"
#include "store/local_dir.hpp"
#include "store/store.hpp"
#include "transfer/cache_destination.hpp"
#include "transfer/local_dir_destination.hpp"

#include <fmt/format.h>

#include <climits>

namespace larder::ops {
namespace {

constexpr std::size_t kMissingNamed = 3;  // as upstream names up to three missing files

Result<void> require_pinned(const PullOptions& options) {
  if (!options.require_pinned || asked_revision(options).commit()) return {};
  return fail(ErrorCode::RefusedByPolicy, "revision '" + asked_revision(options).text() + "' is not a full commit (--require-pinned)",
              "`larder resolve REF` prints the commit; write ORG/NAME@COMMIT");
}

std::unique_ptr<transfer::Destination> make_destination(Services& services, const PullOptions& options, const Prepared& prepared,
                                                        const CancelToken& cancel) {
  const auto& commit = prepared.target.resolved.commit;
  const auto& repo = options.reference.repo;
  if (options.local_dir) {
    return std::make_unique<transfer::LocalDirDestination>(
        services.store, repo, commit, transfer::LocalDirOptions{*options.local_dir, options.hard_links, options.overwrite, options.force});
  }
  return std::make_unique<transfer::CacheDestination>(services.store, services.store.layout(repo), commit,
                                                      transfer::CacheDestinationOptions{.force = options.force,
                                                                                        .is_watched = prepared.purpose == Purpose::Pull,
                                                                                        .lock_timeout = options.engine.lock_timeout,
                                                                                        .cancel = cancel});
}

/// The folder itself, or the nearest one above it that exists.
Result<std::string> nearest_folder(fs::Disk& disk, std::string folder) {
  while (!folder.empty()) {
    LARDER_TRY(const auto facts, disk.look_through(folder));
    if (facts) return folder;
    folder.resize(folder.find_last_of('/'));
  }
  return "/";
}

/// Free space where the destination is or will be.
Result<FreeSpace> look_at_space(fs::Disk& disk, const std::string& folder, std::uint64_t needed) {
  FreeSpace space;
  space.needed = needed + needed / 100;
  LARDER_TRY(const auto nearest, nearest_folder(disk, folder));
  LARDER_TRY(const auto known, disk.space(nearest));
  space.is_known = known.has_value();
  if (known) space.present = known->free_bytes;
  return space;
}

/// Offline nothing may have to come over the network (N47).
Result<void> require_everything_here(const Prepared& prepared) {
  std::string names;
  std::size_t missing = 0;
  for (const auto& file : prepared.plan.files) {
    const bool is_missing = file.action == transfer::Action::Fetch || file.action == transfer::Action::Resume;
    if (!is_missing || ++missing > kMissingNamed) continue;
    names += (names.empty() ? "" : ", ") + escape_text(prepared.target.tree->at(file.index).path);
  }
  if (missing == 0) return {};
  return fail(ErrorCode::NotInCache, fmt::format("not here: {} of {}: {}{}", missing, counted(prepared.plan.files.size(), "file"), names,
                                                 missing > kMissingNamed ? ", …" : ""));
}

/// Longest path that fits below `folder`; in a local folder it is also that of the file's metadata (T7, R-601).
std::size_t room_below(const std::string& folder, repo::NamePlace place) {
  const std::size_t own = place == repo::NamePlace::LocalFolder ? store::LocalDirLayout(folder).metadata("").size() : folder.size() + 1;
  return own + 1 < PATH_MAX ? PATH_MAX - own - 1 : 0;
}

/// Every name that the pull will make fits into its place (T7).
Result<void> judge_names_here(Services& services, const PullOptions& options, const Prepared& prepared) {
  const auto place = options.local_dir ? repo::NamePlace::LocalFolder : repo::NamePlace::Cache;
  NameRoom room;
  room.path = room_below(prepared.folder, place);
  LARDER_TRY(const auto nearest, nearest_folder(services.disk, prepared.folder));
  LARDER_TRY(room.part, services.disk.longest_name(nearest));
  if (!options.local_dir) {
    LARDER_CHECK(judge_length(options.reference.repo.folder_name(), room));
    if (!asked_revision(options).commit()) LARDER_CHECK(judge_length(asked_revision(options).text(), room));
  }
  return judge_names(*prepared.target.tree, prepared.selection.chosen, place, room);
}

Result<void> plan_transfer(Services& services, const PullOptions& options, Prepared& prepared, const CancelToken& cancel) {
  prepared.destination = make_destination(services, options, prepared, cancel);
  const auto look = [&](const repo::FileEntry& file) { return prepared.destination->look(file); };
  LARDER_TRY(prepared.plan, transfer::make_plan(*prepared.target.tree, prepared.selection.chosen, look, options.force, options.overwrite));
  LARDER_TRY(prepared.space, look_at_space(services.disk, prepared.folder, prepared.plan.needed_space));
  return {};
}

/// A folder of the user's own counts only if hf or larder put something of that commit there.
Result<bool> has_snapshot(Services& services, const PullOptions& options, const PullReport& report) {
  if (options.local_dir) return store::holds_commit(services.disk, store::LocalDirLayout(*options.local_dir), report.commit);
  LARDER_TRY(const auto folder, services.disk.look_through(report.path));
  return folder && folder->kind == fs::FileKind::Folder;
}

/// `folder` may be "/".
std::string path_in(const std::string& folder, std::string_view name) { return (folder == "/" ? "" : folder) + "/" + std::string(name); }

}  // namespace

repo::Revision asked_revision(const PullOptions& options) { return options.reference.revision.value_or(repo::Revision()); }

Result<void> prepare(Services& services, const PullOptions& options, const CancelToken& cancel, Prepared& prepared) {
  LARDER_CHECK(require_pinned(options));
  if (options.local_dir) LARDER_CHECK(store::require_folder(services.disk, *options.local_dir, "--local-dir"));
  LARDER_CHECK(services.store.check_root());
  const TargetQuestion question{options.reference.repo, asked_revision(options), options.offline,
                                options.local_dir,      options.reference.path,  options.force};
  LARDER_TRY(prepared.target, find_target(services, question, cancel));
  const auto& commit = prepared.target.resolved.commit;
  prepared.folder = options.local_dir ? *options.local_dir : services.store.layout(question.repo).snapshot(commit);
  prepared.path = prepared.folder;
  if (!prepared.target.tree) return {};

  const auto& tree = *prepared.target.tree;
  LARDER_TRY(prepared.selection, select_files(tree, options));
  LARDER_CHECK(judge_names_here(services, options, prepared));
  LARDER_CHECK(plan_transfer(services, options, prepared, cancel));
  if (options.offline) LARDER_CHECK(require_everything_here(prepared));
  if (prepared.selection.is_single_file) {
    prepared.path = path_in(prepared.folder, tree.at(prepared.selection.chosen.front()).path);
  }
  return {};
}

void begin_report(const PullOptions& options, Prepared& prepared, SelectionReport& report) {
  report.repo = options.reference.repo;
  report.canonical_id = prepared.target.resolved.canonical_id;
  report.requested = asked_revision(options).text();
  report.commit = prepared.target.resolved.commit;
  report.path = prepared.path;
  report.left_out = std::move(prepared.selection.left_out);
  report.warnings = std::move(prepared.target.warnings);
  report.warnings.insert(report.warnings.end(), prepared.selection.warnings.begin(), prepared.selection.warnings.end());
  report.total_bytes = prepared.plan.total_bytes;
}

Result<std::optional<PullReport>> unlisted_snapshot(Services& services, const PullOptions& options, Prepared& prepared) {
  if (prepared.target.tree) return std::optional<PullReport>{};
  PullReport report;
  begin_report(options, prepared, report);
  LARDER_TRY(const bool here, has_snapshot(services, options, report));
  if (!here) return fail(ErrorCode::NotInCache, "commit " + report.commit.hex() + " is not in the cache");
  auto names = options.files;
  if (!options.reference.path.empty()) names.push_back(options.reference.path);
  for (const auto& name : names) {
    LARDER_CHECK(repo::check_name(name.ends_with('/') ? std::string_view(name).substr(0, name.size() - 1) : name, repo::NamePlace::Cache));
    const std::string path = path_in(prepared.folder, name);
    LARDER_TRY(const auto file, services.disk.look_through(path));
    if (!file) return fail(ErrorCode::NotInCache, escape_text(name) + ": not in the cached snapshot");
    if (names.size() == 1 && file->kind == fs::FileKind::Regular) report.path = path;
  }
  report.warnings.emplace_back("the cache has no listing of this commit: whether the snapshot is complete is unknown");
  return std::optional<PullReport>(std::move(report));
}

}  // namespace larder::ops
