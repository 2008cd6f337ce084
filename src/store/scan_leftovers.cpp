#include "store/scan_leftovers.hpp"

#include "fs/plain_file.hpp"
#include "store/blob_lock.hpp"
#include "store/entry_name.hpp"
#include "store/journal.hpp"
#include "store/removal_note.hpp"
#include "store/run_name.hpp"
#include "store/shared_store.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::chrono::minutes kAsideGrace{1};

bool is_older(Store& store, std::int64_t then_ns, std::chrono::minutes age) {
  return unix_ns(store.clock().wall_now()) - then_ns > std::chrono::duration_cast<std::chrono::nanoseconds>(age).count();
}

/// "blobs/<2 hex>/<XET>"?
bool is_payload_entry(std::string_view relative) {
  constexpr std::string_view kStart = "blobs/";
  constexpr std::size_t kShelf = 2;
  if (!relative.starts_with(kStart) || relative.size() != kStart.size() + kShelf + 1 + 64) return false;
  const std::string_view name = relative.substr(kStart.size() + kShelf + 1);
  return is_digest_name(name) && relative.substr(kStart.size(), kShelf + 1) == std::string(name.substr(0, kShelf)) + "/";
}

/// Newest change of anything in `folder`, and the bytes on disk.
struct FolderFacts {
  std::int64_t newest_ns = 0;
  std::uint64_t bytes = 0;
};
Result<FolderFacts> look_into(fs::Disk& disk, const std::string& folder) {
  FolderFacts found;
  LARDER_TRY(const auto names, disk.list(folder));
  for (const std::string& name : names) {
    LARDER_TRY(const auto facts, disk.look(folder + "/" + name));
    if (!facts) continue;
    found.newest_ns = std::max(found.newest_ns, facts->mtime_ns);
    if (facts->kind == fs::FileKind::Regular) found.bytes += facts->allocated;
  }
  LARDER_TRY(const auto own, disk.look(folder));
  if (own) found.newest_ns = std::max(found.newest_ns, own->mtime_ns);
  return found;
}

/// "partial/<blob>.<run>/": dead when its owner is, and it can serve nobody: no valid journal, the blob is here, or a week old.
Result<bool> is_dead_partial(Store& store, const RepoLayout& layout, const std::string& name, const DeadRuns& dead,
                             const FolderFacts& facts) {
  const std::string_view run = run_of(name);
  if (!dead.contains(run)) return false;
  const std::string blob = name.substr(0, name.size() - run.size() - 1);
  LARDER_TRY(const auto published, store.disk().look_through(layout.blob(blob)));
  LARDER_TRY(const auto journal, read_journal(store.disk(), layout.partials() + "/" + name + "/journal"));
  if (published || !journal) return true;
  return is_older(store, facts.newest_ns, kPartialGrace);
}

/// Is every lease in the folder of leases of an unfinished repository void? False without any, and when one cannot be understood. They get
/// their names by a rename, so one without a byte is what a power cut left, and its run is dead.
Result<bool> are_all_void(Store& store, const std::string& leases) {
  LARDER_TRY(const auto names, store.disk().list(leases));
  for (const std::string& name : names) {
    LARDER_TRY(const auto text, fs::read_plain(store.disk(), leases + "/" + name, kLeaseLimit));
    const auto lease = text ? parse_lease(*text) : std::nullopt;
    const bool is_cut_off = text && text->empty();
    if (!is_cut_off && (!lease || !is_void(store.disk(), *lease, store.clock().wall_now()))) return false;
  }
  return !names.empty();
}

/// What lies in `.larder/` of one repository, thing by thing; nullopt: it is gone, or not of ours and left alone (I6).
class OwnLeftovers {
 public:
  OwnLeftovers(Store& store, const RepoLayout& layout, Deadness deadness) : store_(store), layout_(layout), deadness_(deadness) {}

  /// "partial/<blob>.<run>/".
  Result<std::optional<Leftover>> partial(const std::string& name, const DeadRuns& dead) {
    const std::string folder = layout_.partials() + "/" + name;
    LARDER_TRY(const auto facts, disk().look(folder));
    if (run_of(name).empty() || !facts || facts->kind != fs::FileKind::Folder) return std::optional<Leftover>{};
    LARDER_TRY(const auto inside, look_into(disk(), folder));
    Leftover leftover{LeftoverKind::Partial, relative("partial/", name), inside.bytes, false};
    if (is_judged()) {
      LARDER_TRY(leftover.is_dead, is_dead_partial(store_, layout_, name, dead, inside));
    }
    return std::optional(std::move(leftover));
  }

  /// "tmp/*.<run>": dead with the owner. A run that has no lease may still be writing a ref or a pin: its temps get the grace of foreign
  /// ones. A blob is there without a lease only because a removal has put it aside.
  Result<std::optional<Leftover>> temp(const std::string& name, const DeadRuns& dead) {
    const std::string run(run_of(name));
    LARDER_TRY(const auto facts, disk().look(layout_.tmp() + "/" + name));
    if (run.empty() || !facts || facts->kind == fs::FileKind::Folder) return std::optional<Leftover>{};
    Leftover leftover{LeftoverKind::Temp, relative("tmp/", name), facts->kind == fs::FileKind::Regular ? facts->size : 0, false};
    if (is_judged() && dead.contains(run)) {
      LARDER_TRY(const auto lease, disk().look(layout_.leases() + "/" + run));
      leftover.is_dead = lease.has_value() || is_older(store_, facts->mtime_ns, kTempGrace);
      if (!leftover.is_dead && is_blob_aside(name)) {
        LARDER_TRY(leftover.is_dead, is_forgotten(*facts));
      }
    }
    return std::optional(std::move(leftover));
  }

  /// "leases/<run>", if it is void. It goes after its partials, so that their owner can still be told while they are here.
  Result<std::optional<Leftover>> lease(const std::string& run, const DeadRuns& dead) {
    LARDER_TRY(const auto facts, disk().look(layout_.leases() + "/" + run));
    if (!facts || facts->kind != fs::FileKind::Regular || !is_run(run) || !dead.contains(run)) return std::optional<Leftover>{};
    LARDER_TRY(const auto partials, disk().list(layout_.partials()));
    for (const std::string& name : partials) {
      if (run_of(name) != run) continue;
      LARDER_TRY(const auto leftover, partial(name, dead));
      if (leftover && !leftover->is_dead) return std::optional<Leftover>{};
    }
    return std::optional(Leftover{LeftoverKind::Temp, relative("leases/", run), facts->size, true});
  }

  /// "removing/<note>": a removal that was cut off, or one that is running: then whoever is first removes the rest, each under its locks.
  Result<std::optional<Leftover>> removal(const std::string& name) {
    LARDER_TRY(const auto facts, disk().look(layout_.removing() + "/" + name));
    if (run_of(name).empty() || !facts || facts->kind != fs::FileKind::Regular) return std::optional<Leftover>{};
    return std::optional(Leftover{LeftoverKind::Temp, relative("removing/", name), 0, is_judged()});
  }

  [[nodiscard]] bool is_judged() const { return deadness_ == Deadness::Judged; }

 private:
  /// Of a blob put aside: it waits for less than a second, and only where a snapshot is that may want it back.
  Result<bool> is_forgotten(const fs::FileFacts& facts) {
    LARDER_TRY(const auto snapshots, disk().list(layout_.snapshots()));
    return snapshots.empty() || is_older(store_, facts.ctime_ns, kAsideGrace);
  }
  [[nodiscard]] fs::Disk& disk() const { return store_.disk(); }
  [[nodiscard]] std::string relative(const char* folder, const std::string& name) const {
    return layout_.folder() + "/.larder/" + folder + name;
  }

  Store& store_;
  const RepoLayout& layout_;
  Deadness deadness_;
};

/// Each of `names` that `judge` calls a leftover.
template <class Judge>
Result<void> collect(const std::vector<std::string>& names, const Judge& judge, std::vector<Leftover>& found) {
  for (const std::string& name : names) {
    LARDER_TRY(auto leftover, judge(name));
    if (leftover) found.push_back(std::move(*leftover));
  }
  return {};
}

}  // namespace

bool is_blob_aside(std::string_view name) {
  const std::string_view run = run_of(name);
  return !run.empty() && is_digest_name(name.substr(0, name.size() - run.size() - 1));
}

Result<std::vector<Leftover>> scan_own_leftovers(Store& store, const RepoLayout& layout, Deadness deadness) {
  std::vector<Leftover> found;
  fs::Disk& disk = store.disk();
  LARDER_TRY(const auto folder, disk.look(layout.own()));
  if (!folder || folder->kind != fs::FileKind::Folder) return found;  // a link in its place is not followed (T49)
  OwnLeftovers own(store, layout, deadness);
  DeadRuns dead;
  std::vector<std::string> leases;
  if (own.is_judged()) {
    LARDER_TRY(dead, DeadRuns::look(disk, layout.leases(), store.clock().wall_now()));
    LARDER_TRY(leases, disk.list(layout.leases()));
  }
  LARDER_TRY(const auto partials, disk.list(layout.partials()));
  LARDER_TRY(const auto temps, disk.list(layout.tmp()));
  LARDER_TRY(const auto removals, list_removal_notes(disk, layout));
  const auto partial = [&](const std::string& name) { return own.partial(name, dead); };
  const auto temp = [&](const std::string& name) { return own.temp(name, dead); };
  const auto lease = [&](const std::string& name) { return own.lease(name, dead); };
  const auto removal = [&](const std::string& name) { return own.removal(name); };
  LARDER_CHECK(collect(partials, partial, found));
  LARDER_CHECK(collect(temps, temp, found));
  LARDER_CHECK(collect(leases, lease, found));
  LARDER_CHECK(collect(removals, removal, found));
  return found;
}

Result<std::optional<Leftover>> judge_own_leftover(Store& store, const RepoLayout& layout, std::string_view below) {
  OwnLeftovers own(store, layout, Deadness::Judged);
  const std::size_t slash = below.find('/');
  const std::string_view folder = below.substr(0, slash);
  const std::string name(slash == std::string_view::npos ? std::string_view() : below.substr(slash + 1));
  if (folder == "removing") return own.removal(name);
  const std::string run(folder == "leases" ? std::string_view(name) : run_of(name));
  LARDER_TRY(const auto dead, DeadRuns::look_at(store.disk(), layout.leases(), run, store.clock().wall_now()));
  if (folder == "partial") return own.partial(name, dead);
  if (folder == "tmp") return own.temp(name, dead);
  return folder == "leases" ? own.lease(name, dead) : Result<std::optional<Leftover>>(std::optional<Leftover>{});
}

Leftover judge_foreign_temp(Store& store, const RepoLayout& layout, std::string relative, const fs::FileFacts& facts, Deadness deadness) {
  const std::string name = relative.substr(relative.rfind('/') + 1);
  const bool is_partial = classify_blobs_name(name) == BlobsName::Incomplete;
  Leftover leftover{is_partial ? LeftoverKind::Partial : LeftoverKind::Temp, std::move(relative), facts.size, false};
  if (facts.kind != fs::FileKind::Regular) leftover.bytes = 0;
  if (deadness == Deadness::NotAsked || !is_older(store, facts.mtime_ns, kTempGrace)) return leftover;
  const std::string_view blob = blob_of_temporary(name);
  leftover.is_dead =
      !is_lock_held(store.disk(), store.root() + "/" + leftover.path) && (blob.empty() || !is_lock_held(store.disk(), layout.lock(blob)));
  return leftover;
}

bool is_store_temp(std::string_view relative) {
  constexpr std::string_view kMarker = "blobs/.huggingface-shared-blobs.";
  constexpr std::string_view kEnd = ".tmp";
  constexpr std::string_view kManifest = ".refs.";
  constexpr std::size_t kRandom = 8;
  if (!relative.ends_with(kEnd) || relative.size() < kRandom + kEnd.size()) return false;
  const std::string_view start = relative.substr(0, relative.size() - kRandom - kEnd.size());
  if (run_of(relative.substr(0, relative.size() - kEnd.size())).empty()) return false;  // not 8 hex digits behind a dot
  if (start == kMarker) return true;
  return start.ends_with(kManifest) && is_payload_entry(start.substr(0, start.size() - kManifest.size()));
}

bool is_manifest(std::string_view relative) {
  return relative.ends_with(kManifestEnd) && is_payload_entry(relative.substr(0, relative.size() - kManifestEnd.size()));
}

Leftover judge_store_temp(Store& store, std::string relative, const fs::FileFacts& facts, Deadness deadness) {
  Leftover leftover{LeftoverKind::Temp, std::move(relative), facts.size, false};
  if (deadness == Deadness::NotAsked || !is_older(store, facts.mtime_ns, kTempGrace)) return leftover;
  const std::size_t manifest = leftover.path.find(".refs.");
  leftover.is_dead =
      manifest == std::string::npos || !is_lock_held(store.disk(), store.root() + "/" + leftover.path.substr(0, manifest) + ".lock");
  return leftover;
}

Result<std::vector<Leftover>> scan_unfinished_repos(Store& store, Deadness deadness) {
  std::vector<Leftover> found;
  const std::string locks = store.root() + "/.locks";
  LARDER_TRY(const auto facts, store.disk().look(locks));
  if (!facts || facts->kind != fs::FileKind::Folder) return found;
  LARDER_TRY(const auto names, store.disk().list(locks));
  for (const std::string& name : names) {
    if (!name.starts_with(kUnfinishedRepo)) continue;
    const std::string folder = locks + "/" + name;
    LARDER_TRY(const auto inside, look_into(store.disk(), folder));
    LARDER_TRY(const bool owner_is_dead, are_all_void(store, folder + "/.larder/leases"));
    const bool is_dead = deadness == Deadness::Judged && (owner_is_dead || is_older(store, inside.newest_ns, kTempGrace));
    found.push_back({LeftoverKind::Temp, ".locks/" + name, inside.bytes, is_dead});
  }
  return found;
}

}  // namespace larder::store
