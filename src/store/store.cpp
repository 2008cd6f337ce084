#include "store/store.hpp"

#include "base/escape.hpp"
#include "base/scope_exit.hpp"
#include "fs/atomic_file.hpp"
#include "fs/path.hpp"
#include "store/folders.hpp"
#include "store/lease.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace larder::store {
namespace {

bool lost_the_race(const Error& error) { return error.os_error == ENOTEMPTY || error.os_error == EEXIST || error.os_error == ENOTDIR; }

}  // namespace

Store::Store(fs::Disk& disk, Clock& clock, Random& random, StoreOptions options)
    : disk_(disk), clock_(clock), random_(random), options_(std::move(options)), run_(random.hex8()) {
  // only the root may be a link; resolved once, so that every path below it is plain.
  options_.root = fs::resolved(options_.root);
}

std::string Store::temp_name(const std::string& tmp_folder) { return fmt::format("{}/{}.{}", tmp_folder, random_.hex8(), run_); }

Result<void> Store::make_folders(const std::string& path) {
  const bool inside = path.size() > root().size() && path.starts_with(root() + "/");
  // Outside the cache (a local folder) the caller has judged what is above; what is missing is made below that.
  Folders folders(disk_, inside ? root() : path);
  LARDER_CHECK(folders.make(path));
  return folders.sync();
}

Result<void> Store::check_root() const { return require_folder(disk_, root(), "--cache-dir"); }

Result<void> Store::prepare(const RepoLayout& layout) {
  LARDER_CHECK(disk_.make_folders(root()));
  LARDER_TRY(const auto facts, disk_.look(layout.repo()));
  if (!facts) LARDER_CHECK(make_repo(layout));
  LARDER_CHECK(check_repo(layout));
  // only if absent, errors ignored.
  if (auto written = write_tag(); !written && written.error().code == ErrorCode::Interrupted) return written;
  return {};
}

// Aside and renamed, never over what is there (T48: also not over a link).
Result<void> Store::write_tag() {
  const std::string tag = root() + "/CACHEDIR.TAG";
  LARDER_TRY(const auto facts, disk_.look(tag));
  if (facts) return {};
  // Below .locks, because a temp name at the root would be one more warning of the Python scanner (I4).
  const std::string folder = unfinished_repo(root(), run_);
  LARDER_CHECK(make_folders(folder));
  const ScopeExit clean([&] { (void)disk_.remove_folder(folder); });
  LARDER_TRY(auto file, fs::AtomicFile::create(disk_, folder + "/CACHEDIR.TAG"));
  LARDER_CHECK(file.append(cachedir_tag()));
  LARDER_CHECK(file.sync());  // else a power cut leaves the name without the bytes
  LARDER_CHECK(file.rename_new_to(tag));
  return {};
}

// Step 0: a repository without snapshots/ would make the Python scanner drop it, so it appears as a whole.
Result<void> Store::make_repo(const RepoLayout& layout) {
  const std::string folder = unfinished_repo(root(), run_);
  LARDER_CHECK(make_folders(folder));
  if (auto filled = fill_new_repo(folder); !filled) return filled;
  auto renamed = disk_.rename(folder, layout.repo());
  if (!renamed && lost_the_race(renamed.error())) {  // another process made it meanwhile: use that one
    for (const char* name : {"/.larder/leases/", "/.larder/leases", "/.larder/tmp", "/.larder", "/blobs", "/refs", "/snapshots", ""}) {
      const std::string path = folder + name;
      if (path.ends_with('/')) {
        (void)disk_.remove_file(path + run_);
      } else {
        (void)disk_.remove_folder(path);
      }
    }
    return {};
  }
  LARDER_CHECK(std::move(renamed));
  (void)disk_.remove_file(layout.leases() + "/" + run_);
  return disk_.sync_folder(root());
}

// The lease inside tells `prune` whose the folder is, should this run die before the rename.
Result<void> Store::fill_new_repo(const std::string& folder) {
  for (const char* name : {"/.larder", "/.larder/leases", "/.larder/tmp", "/blobs", "/refs", "/snapshots"}) {
    LARDER_CHECK(disk_.make_folder(folder + name));
    if (std::string_view(name) != "/.larder/tmp") continue;
    const std::string text = format_lease(own_identity(disk_), repo::CommitId{}, clock_.wall_now() + std::chrono::hours(24));
    LARDER_CHECK(write_small(folder + "/.larder/tmp", folder + "/.larder/leases/" + run_, text, Durability::None));
  }
  return disk_.sync_folder(folder);
}

// T49: writing below a link that is not of the layout would write elsewhere. A repository folder that is a link can only be read.
Result<void> Store::check_repo(const RepoLayout& layout) {
  Folders folders(disk_, root());
  for (const auto& path : {layout.repo(), layout.blobs(), layout.refs(), layout.snapshots(), layout.own(), layout.tmp()}) {
    LARDER_CHECK(folders.make(path));
  }
  for (const auto& path : {layout.trees(), layout.repo() + "/.no_exist", root() + "/.locks", layout.locks()}) {
    LARDER_CHECK(refuse_link(disk_, path));
  }
  return folders.sync();
}

Result<void> Store::write_small(const std::string& tmp_folder, const std::string& path, std::string_view content, Durability durability) {
  LARDER_CHECK(make_folders(tmp_folder));
  LARDER_CHECK(make_folders(fs::parent_of(path)));
  LARDER_TRY(auto file, fs::AtomicFile::create(disk_, temp_name(tmp_folder)));
  LARDER_CHECK(file.append(content));
  if (durability == Durability::Synced) LARDER_CHECK(file.sync());
  LARDER_CHECK(file.rename_to(path));
  return durability == Durability::Synced ? disk_.sync_folder(fs::parent_of(path)) : Result<void>{};
}

}  // namespace larder::store
