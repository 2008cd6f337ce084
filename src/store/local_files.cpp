#include "store/local_files.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/atomic_file.hpp"
#include "fs/path.hpp"
#include "store/blob_publisher.hpp"
#include "store/file_digest.hpp"
#include "store/lease.hpp"
#include "store/run_name.hpp"

#include <larder/store/layout.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace larder::store {
namespace {

Error local_changes(std::string_view path) {
  Error error;
  error.code = ErrorCode::LocalChanges;
  error.message = fmt::format("{}: was changed or put there by somebody else", escape_text(path));
  error.hint = "move it away, or allow it to be replaced with --overwrite";
  return error;
}

double unix_time(WallTime when) { return std::chrono::duration<double>(when.time_since_epoch()).count(); }

}  // namespace

LocalFiles::LocalFiles(Store& store, LocalDirLayout layout, repo::CommitId commit, Overwrite overwrite)
    : store_(store),
      layout_(std::move(layout)),
      commit_(std::move(commit)),
      overwrite_(overwrite),
      folders_(store.disk(), layout_.folder()) {}

// T11. nullopt: all folders on the way are there.
Result<std::optional<LocalState>> LocalFiles::look_at_parents(std::string_view path) {
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const std::string_view above = path.substr(0, slash);
    if (plain_.contains(above)) continue;
    LARDER_TRY(const auto facts, look_unlinked(store_.disk(), layout_.file(above)));
    if (!facts) return std::optional(LocalState::Absent);
    if (facts->kind != fs::FileKind::Folder) {
      LARDER_TRY(const LocalState state, blocked(above, "a file where a folder belongs"));
      return std::optional(state);
    }
    if (plain_.size() >= Folders::kRemembered) plain_.clear();
    plain_.emplace(above);
  }
  return std::optional<LocalState>{};
}

// Judged with the file, so that a link is refused before a byte is fetched.
Result<void> LocalFiles::refuse_linked_book(std::string_view path) {
  for (const std::string& name : {layout_.metadata(path), layout_.trees() + "/x", layout_.tmp() + "/x"}) {
    LARDER_CHECK(look_at_parents(std::string_view(name).substr(layout_.folder().size() + 1)));
  }
  return {};
}

Result<LocalState> LocalFiles::blocked(std::string_view path, std::string_view how) const {
  if (overwrite_ == Overwrite::No) return LocalState::Foreign;
  return fail(ErrorCode::LocalChanges, fmt::format("{}: is {}", escape_text(path), how), "move it away: --overwrite replaces only files");
}

Result<LocalState> LocalFiles::look(const LocalWanted& wanted) {
  LARDER_TRY(const auto parents, look_at_parents(wanted.path));
  LARDER_CHECK(refuse_linked_book(wanted.path));
  if (parents) return *parents;
  LARDER_TRY(const auto facts, look_unlinked(store_.disk(), layout_.file(wanted.path)));
  if (!facts) return LocalState::Absent;
  if (facts->kind != fs::FileKind::Regular) return blocked(wanted.path, "no file, and a file belongs there");
  return judge(wanted, *facts);
}

Result<LocalState> LocalFiles::judge(const LocalWanted& wanted, const fs::FileFacts& facts) {
  LARDER_TRY(const auto metadata, read_valid_metadata(store_.disk(), layout_, wanted.path, facts));
  if (metadata && metadata->etag != wanted.digest.hex()) return LocalState::Other;
  if (metadata && facts.size == wanted.size) return metadata->commit == commit_.hex() ? LocalState::Here : LocalState::HereBefore;
  if (facts.size != wanted.size) return LocalState::Foreign;
  LARDER_TRY(const bool same, has_wanted_bytes(wanted, facts));
  return same ? LocalState::SameBytes : LocalState::Foreign;
}

Result<bool> LocalFiles::has_wanted_bytes(const LocalWanted& wanted, const fs::FileFacts& facts) {
  const auto known = hashed_.find(wanted.path);
  if (known != hashed_.end() && known->second.inode == facts.inode && known->second.mtime_ns == facts.mtime_ns) {
    return known->second.is_wanted;
  }
  LARDER_TRY(const UniqueFd fd, store_.disk().open_read(layout_.file(wanted.path)));
  LARDER_TRY(const auto digest, digest_file(store_.disk(), fd.value(), {wanted.digest.algorithm(), wanted.size}, {}, {}));
  const bool is_wanted = digest == wanted.digest;
  hashed_[std::string(wanted.path)] = {facts.inode, facts.mtime_ns, is_wanted};
  return is_wanted;
}

Result<void> LocalFiles::prepare() {
  LARDER_CHECK(folders_.make(layout_.book() + "/download"));
  LARDER_CHECK(folders_.make(layout_.tmp()));
  LARDER_CHECK(folders_.make(layout_.leases()));
  LARDER_CHECK(folders_.make(layout_.own() + "/partial"));
  LARDER_CHECK(refuse_link(store_.disk(), layout_.book() + "/trees"));
  LARDER_CHECK(make_once(layout_.book() + "/.gitignore", "*"));
  LARDER_CHECK(make_once(layout_.book() + "/CACHEDIR.TAG", cachedir_tag()));
  return remove_leftovers();
}

/// Only if absent, and never half written.
Result<void> LocalFiles::make_once(const std::string& path, std::string_view content) {
  LARDER_TRY(const auto there, store_.disk().look(path));
  if (there) return {};
  LARDER_TRY(auto file, fs::AtomicFile::create(store_.disk(), store_.temp_name(layout_.tmp())));
  LARDER_CHECK(file.append(content));
  LARDER_CHECK(file.rename_new_to(path));
  return {};
}

// No `prune` ever comes to a local folder, so each run clears what dead ones left: temps, and partials whose data got its name. The leases
// are read after the names: whoever made one of them after that has its lease already.
Result<void> LocalFiles::remove_leftovers() {
  LARDER_TRY(const auto temps, store_.disk().list(layout_.tmp()));
  LARDER_TRY(const auto partials, store_.disk().list(layout_.own() + "/partial"));
  LARDER_TRY(const auto dead, DeadRuns::look(store_.disk(), layout_.leases(), store_.clock().wall_now()));
  const auto is_dead = [&](const std::string& name) {
    const auto run = run_of(name);
    return !run.empty() && run != store_.run() && dead.has_dead_owner(run);
  };
  for (const auto& name : temps) {
    if (!is_dead(name)) continue;
    LARDER_TRY(const auto facts, store_.disk().look(layout_.tmp() + "/" + name));
    if (facts && facts->kind != fs::FileKind::Folder) LARDER_CHECK(store_.disk().remove_file(layout_.tmp() + "/" + name));
  }
  for (const auto& name : partials) {
    if (!is_dead(name)) continue;
    const std::string folder = layout_.own() + "/partial/" + name;
    LARDER_TRY(const auto data, store_.disk().look(folder + "/data"));
    if (!data) LARDER_CHECK(PartialBlob::remove_folder(store_.disk(), folder));
  }
  return {};
}

Result<void> LocalFiles::make_folders_for(std::string_view path) {
  LARDER_CHECK(folders_.make(fs::parent_of(layout_.file(path))));
  return folders_.make(fs::parent_of(layout_.metadata(path)));
}

Result<void> LocalFiles::install(const std::string& temp, const LocalWanted& wanted) {
  LARDER_CHECK(make_folders_for(wanted.path));
  const std::string path = layout_.file(wanted.path);
  folders_.touched(fs::parent_of(path));
  // What was absent when it was planned may have come since: looked at again before anything is replaced.
  LARDER_TRY(const LocalState state, look(wanted));
  if (state == LocalState::Foreign && overwrite_ == Overwrite::No) return fail(local_changes(wanted.path));
  if (state == LocalState::Absent) {
    const auto placed = store_.disk().rename_new(temp, path);
    if (placed && *placed) return {};
    if (placed) return fail(local_changes(wanted.path));
  }
  return move_over(temp, wanted);
}

Result<void> LocalFiles::move_over(const std::string& temp, const LocalWanted& wanted) {
  const std::string path = layout_.file(wanted.path);
  auto renamed = store_.disk().rename(temp, path);
  if (!renamed && renamed.error().os_error == EXDEV) {
    return move_across(store_, temp, path, {wanted.digest, wanted.size});
  }
  if (!renamed && (renamed.error().os_error == EISDIR || renamed.error().os_error == ENOTEMPTY)) {
    renamed.error().code = ErrorCode::LocalChanges;
    renamed.error().message = fmt::format("{}: is a folder where a file belongs", escape_text(path));
    renamed.error().hint = "move it away";
  }
  if (renamed) (void)store_.disk().remove_file(temp);  // rename does nothing where both names are one file already (--link)
  return renamed;
}

Result<std::string> LocalFiles::stage_metadata(const LocalWanted& wanted) {
  const std::string temp = store_.temp_name(layout_.tmp());
  LARDER_TRY(const UniqueFd fd, store_.disk().create_new(temp));
  const LocalMetadata metadata{commit_.hex(), wanted.digest.hex(), unix_time(store_.clock().wall_now())};
  if (auto written = store_.disk().append(fd.value(), bytes_of(format_metadata(metadata))); !written) {
    (void)store_.disk().remove_file(temp);
    return fail(std::move(written).error());
  }
  return temp;
}

// Not synced: a metadata file that a power cut emptied is no metadata, and the file is then known by its digest.
Result<void> LocalFiles::write_metadata(const LocalWanted& wanted) {
  LARDER_CHECK(make_folders_for(wanted.path));
  LARDER_TRY(const std::string temp, stage_metadata(wanted));
  return install_metadata(temp, wanted.path);
}

Result<void> LocalFiles::install_metadata(const std::string& temp, std::string_view path) {
  const std::string metadata = layout_.metadata(path);
  auto renamed = store_.disk().rename(temp, metadata);
  if (!renamed) (void)store_.disk().remove_file(temp);
  folders_.touched(fs::parent_of(metadata));
  return renamed;
}

}  // namespace larder::store
