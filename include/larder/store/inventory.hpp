// Inventory: what is in the cache: repositories, revisions, sizes, leftovers. Values only; made by a scan, read by planners.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/progress.hpp>
#include <larder/base/result.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

class Store;

/// What can be wrong with something in a cache, by the words of `cache verify`.
enum class ProblemKind : std::uint8_t {
  Digest,    ///< the bytes are not those of the name
  Size,      ///< shorter or longer than the listing says
  Missing,   ///< a blob that links lead to is not there; a folder the layout needs is not there
  Misnamed,  ///< the bytes are right, under another blob's name
  Empty,     ///< no bytes, though the name is not that of an empty file
  Link,      ///< a snapshot entry that is absolute, leaves the repository, is no link, or leads to what is no blob
  Ref,       ///< a ref that holds no commit, or names a snapshot that is not there
  Foreign,   ///< not of the layout: a note, left alone
  Partial,   ///< an unfinished download or a leftover temporary file: a note
};
/// "digest", "size", …
std::string_view name(ProblemKind kind);
/// False for the notes: Foreign and Partial.
bool is_damage(ProblemKind kind);

/// Something that a scan saw. `path`: exact bytes, relative to the cache. `expected`, `actual`: digests, sizes, link texts, commits or a
/// few words; may be empty; exact bytes, so whoever prints them escapes them.
struct Problem {
  ProblemKind kind = ProblemKind::Foreign;
  std::string path;
  std::string expected;
  std::string actual;
};

/// Where the bytes of a blob lie. The first hop of a snapshot link decides (R-807, R-578 a).
enum class BlobPlace : std::uint8_t {
  Local,       ///< a regular file in blobs/
  Shared,      ///< a link in blobs/ into the shared store (R-570)
  InSnapshot,  ///< a regular file in a snapshot: its own blob (R-551)
  Outside,     ///< a snapshot link that leads out of the repository: counted at its target, never touched
  Absent,      ///< links lead to it and it is not there
};

/// One blob of a repository. 64 bytes and the name; a cache of a million links has up to a million of them (I9).
struct BlobRecord {
  std::string name;  ///< in blobs/; InSnapshot: "snapshots/<commit>/<path>"; Outside: the absolute target
  std::uint64_t bytes = 0;
  std::uint64_t device = 0;  ///< of the final file, as are inode, links, mtime and atime
  std::uint64_t inode = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t atime_ns = 0;
  std::int64_t ctime_ns = 0;  ///< of the entry itself
  std::uint32_t links = 1;
  std::uint32_t payload = kNone;  ///< Shared: index in Inventory::payloads
  BlobPlace place = BlobPlace::Local;
  bool is_linked = false;     ///< some snapshot leads to it
  bool is_locked = false;     ///< a running download or pull uses it: a held lock (R-540), or a lease of a commit that lists it
  bool is_condemned = false;  ///< no snapshot leads to it because a removal that was cut off took the links
  bool is_foreign = false;    ///< InSnapshot: no cache writer made it, it stays when its revision goes (I6, C18)
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
};

/// None, kept from prune because it was pulled by commit, kept from prune and gc by the user.
enum class PinState : std::uint8_t { None, Commit, User };

/// One folder in snapshots/.
struct RevisionRecord {
  std::string folder;                    ///< its name; not a commit for some other writers (R-553, R-804)
  std::optional<repo::CommitId> commit;  ///< set iff the name is one
  std::vector<std::uint32_t> blobs;      ///< indices in RepoRecord::blobs; sorted, unique
  std::uint64_t bytes = 0;               ///< sum over `blobs` (R-807)
  std::vector<std::string> refs;         ///< names that lead here, sorted; empty: detached
  std::int64_t modified_ns = 0;          ///< newest mtime of the targets, of the folder when it is empty (R-808)
  std::int64_t accessed_ns = 0;          ///< newest atime of the targets
  std::int64_t used_ns = 0;              ///< larder's own mark of the last use; 0: none
  PinState pin = PinState::None;
  bool is_in_use = false;           ///< a lease, or a held lock of one of its blobs (I7)
  bool is_being_filled = false;     ///< files of its listing are missing and its folders changed a moment ago: another client may be at it
  std::optional<bool> is_complete;  ///< against trees/<commit>.json; nullopt: no listing, or not asked for
  std::uint64_t entries = 0;        ///< links and files in it
  std::uint32_t kept_entries = 0;   ///< entries no cache writer makes: they stay when the revision goes (I6, C18)
  [[nodiscard]] std::int64_t last_used_ns() const { return used_ns > accessed_ns ? used_ns : accessed_ns; }
};

enum class LeftoverKind : std::uint8_t { Partial, Temp };

/// An unfinished download or a temporary file, ours or of another client.
struct Leftover {
  LeftoverKind kind = LeftoverKind::Partial;
  std::string path;  ///< relative to the cache
  std::uint64_t bytes = 0;
  bool is_dead = false;  ///< by docs/cache-layout.md "Whose turn it is to delete": prune and gc may remove it
};

/// A lease that counts although nobody can tell whether its run is alive: it cannot be understood, or is of another machine.
struct DoubtfulLease {
  std::string path;             ///< relative to the cache
  std::string owner;            ///< "process 4711 on host"; empty: not known. As the file says, not escaped
  std::int64_t until_unix = 0;  ///< it counts so long, seconds since the epoch
};

/// One repository folder.
struct RepoRecord {
  repo::RepoId repo;
  std::string folder;
  bool is_link = false;  ///< the folder is a link: read, never changed (T49)
  std::vector<BlobRecord> blobs;
  std::vector<RevisionRecord> revisions;  ///< sorted by folder
  std::uint64_t bytes = 0;                ///< sum over the linked blobs (R-807)
  std::uint64_t files = 0;                ///< count of the linked blobs
  std::vector<std::string> refs;          ///< all names, sorted, also those that lead nowhere
  std::int64_t accessed_ns = 0;
  std::int64_t modified_ns = 0;
  std::vector<Problem> problems;
  std::vector<Leftover> leftovers;
  bool is_in_use = false;                      ///< a running pull whose files cannot be told apart: nothing of this repository is removed
  std::vector<DoubtfulLease> doubtful_leases;  ///< of those that keep something. InventoryDepth Removal
};

/// One payload of the shared store.
struct PayloadRecord {
  std::string name;  ///< Xet hash
  std::uint64_t bytes = 0;
  std::uint32_t entries = 0;           ///< blob entries of repositories that lead here
  bool has_manifest = false;           ///< `.refs` is readable, and so is what it names; without it: never removed (R-576). InventoryDepth
                                       ///< Removal, and where `entries` is 0
  std::vector<std::string> referrers;  ///< "<repo folder>/blobs/<ETAG>" that are links to it now: lines of .refs, or seen by the scan
};

/// The whole cache.
struct Inventory {
  std::string root;
  bool exists = false;            ///< false: no such folder, everything below is empty
  std::vector<RepoRecord> repos;  ///< sorted by folder
  std::vector<PayloadRecord> payloads;
  std::vector<Problem> problems;    ///< of the root itself: foreign entries (notes)
  std::vector<Leftover> leftovers;  ///< of the root: repository folders that were never finished, temps of the shared store
  std::uint64_t bytes = 0;          ///< physical: linked repo-local blobs, each inode once, and every payload once (R-807, C25)
  std::uint64_t shared_bytes = 0;   ///< of the payloads
  std::uint64_t partial_bytes = 0;  ///< of all leftovers
};

enum class InventoryDepth : std::uint8_t {
  Sizes,         ///< enough for `cache ls`
  Completeness,  ///< and every listing is held against its snapshot (`cache ls --revisions`)
  Removal,       ///< and leases, locks, pins, deadness of leftovers, referrers of payloads
};

struct InventoryOptions {
  InventoryDepth depth = InventoryDepth::Sizes;
  std::optional<repo::RepoId> only;  ///< one repository (the shared store is left out then, totals are its own)
};

/// Scans the cache without changing anything; what vanishes meanwhile is left out (C27); what is broken is listed in `problems`, never an
/// error. No cache folder: `exists` is false. Errors: PermissionDenied, IoFailed for the root itself; Interrupted.
/// Thread: the caller's; blocks; 10,000 repositories with 1,000,000 links in seconds, under 400 bytes a link.
Result<Inventory> take_inventory(Store& store, const InventoryOptions& options, ProgressSink& progress, const CancelToken& cancel);

}  // namespace larder::store
