// Removal plans: what rm, prune and gc would remove and why. Pure functions over an Inventory, and the one sweep that carries them out.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/progress.hpp>
#include <larder/store/inventory.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace larder::store {

enum class ItemKind : std::uint8_t { Repo, Revision, File, Blob, Partial, Payload, Temp };
std::string_view name(ItemKind kind);  ///< "repo", "revision", …

enum class RemovalReason : std::uint8_t { Asked, Detached, OlderThan, KeepLast, MaxSize, Dead, Unreferenced };
std::string_view name(RemovalReason reason);  ///< "asked", "detached", "older-than", "keep-last", "max-size", "dead", "unreferenced"

enum class KeptReason : std::uint8_t { Pinned, ByCommit, InUse, Recent };
std::string_view name(KeptReason reason);  ///< "pinned", "by-commit", "in-use", "recent"

/// A file or a link as it was looked at: whatever comes in its place, or is written into it, shows.
struct EntryStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool is_link = false;
  friend bool operator==(const EntryStamp&, const EntryStamp&) = default;
};

/// One thing that goes. `bytes`: what its going frees; blobs that several items share count for the last of them, a payload of the shared
/// store for its own item, so the sum over a plan is what is freed.
struct RemovalItem {
  ItemKind kind = ItemKind::Revision;
  std::optional<repo::RepoId> repo;  ///< nullopt for what belongs to the cache itself: payloads, temps of the root
  std::string commit;                ///< folder in snapshots/; empty where it has none
  std::string path;                  ///< relative to the cache
  std::uint64_t bytes = 0;
  RemovalReason reason = RemovalReason::Asked;
  std::optional<EntryStamp> seen = std::nullopt;  ///< of a file: it goes only while it is this
};

/// One thing that a rule would have removed and that stays.
struct KeptItem {
  repo::RepoId repo;
  std::string commit;
  KeptReason reason = KeptReason::InUse;
};

/// Items in the order of the work: by repository, then revisions and files, blobs, leftovers; payloads last.
struct RemovalPlan {
  std::vector<RemovalItem> items;
  std::vector<KeptItem> kept;
  std::uint64_t bytes_before = 0;  ///< everything counted: linked and unlinked blobs, payloads, leftovers
  std::uint64_t bytes_freed = 0;   ///< sum of items
  std::size_t targets = 0;         ///< `rm`: how many things that are here the user named; what stays of them is worth an exit code
  std::vector<std::string> warnings;
  [[nodiscard]] std::uint64_t bytes_after() const { return bytes_before - bytes_freed; }
};

/// Keyed by (type, id, folder in snapshots/): never by the hash alone.
struct RevisionKey {
  repo::RepoId repo;
  std::string commit;
  friend auto operator<=>(const RevisionKey&, const RevisionKey&) = default;
};

/// What the user named, looked up in the inventory.
struct RmTargets {
  std::set<repo::RepoId> repos;  ///< whole
  std::set<RevisionKey> revisions;
  /// Files: `path` in the repository, a file or a folder; in one revision, or (commit empty) in all.
  std::set<std::pair<RevisionKey, std::string>> files;
};
/// The files in the revisions' snapshots have to be looked at on disk, so the caller has expanded `files` to single entries:
/// (key with a commit, path of one snapshot entry) and the index of its blob.
struct FileTarget {
  RevisionKey revision;
  std::string path;
  std::uint32_t blob = BlobRecord::kNone;  ///< index in RepoRecord::blobs
  std::uint32_t uses = 0;                  ///< snapshot entries of the whole repository that lead to that blob
  std::optional<EntryStamp> seen = std::nullopt;
};
/// `rm`: what was asked, never what is in use, and the rest of earlier removals that were cut off. Pure.
RemovalPlan plan_rm(const Inventory& inventory, const RmTargets& targets, const std::vector<FileTarget>& files);

/// `prune`: detached revisions (not pinned, not pulled by commit, not in use), dead leftovers, blobs no snapshot leads to with a ctime over
/// 24 h ago or condemned by a removal that was cut off, payloads nobody refers to. Pure. `now`: nanoseconds since the epoch, as in the
/// records.
RemovalPlan plan_prune(const Inventory& inventory, std::int64_t now_ns);

struct GcPolicy {
  std::optional<std::uint64_t> max_size;           ///< bytes of the whole cache
  std::optional<std::chrono::seconds> older_than;  ///< not used since
  std::optional<std::uint64_t> keep_last;          ///< all but the N last used of each repository
  std::set<RevisionKey> pins;                      ///< of --pins, besides those in the cache
};
/// `gc`: what prune removes, detached revisions excepted; then whole revisions, least recently used first. Pure.
RemovalPlan plan_gc(const Inventory& inventory, const GcPolicy& policy, std::int64_t now_ns);

struct SweepFailure {
  RemovalItem item;
  Error error;
};
/// What was done of a plan. An item that came into use meanwhile is in `kept`, not in `removed`.
struct SweepReport {
  std::vector<RemovalItem> removed;
  std::vector<KeptItem> kept;
  std::vector<SweepFailure> failures;
  std::uint64_t bytes_freed = 0;
  std::vector<std::string> warnings;
};
/// Carries out `plan`, in the order of docs/cache-layout.md backwards: refs, links, folders, then blob entries under their lock and looked
/// at again for links and leases, then payloads by R-576. Never through a link below the root; foreign files stay, and the folders they are
/// in. May be stopped at any point and run again. Errors of single items are in the report; the Result fails for Interrupted only.
Result<void> sweep(Store& store, const RemovalPlan& plan, SweepReport& report, ProgressSink& progress, const CancelToken& cancel);

}  // namespace larder::store
