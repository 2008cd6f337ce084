#include <larder/store/inventory.hpp>

#include "base/bounded_queue.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"
#include "base/workers.hpp"
#include "store/entry_name.hpp"
#include "store/scan_leftovers.hpp"
#include "store/scan_repo.hpp"
#include "store/scan_shared.hpp"
#include "store/work_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <set>
#include <thread>
#include <utility>

namespace larder::store {
namespace {

/// R-807, C25: bytes on disk of the whole cache, each inode once.
class PhysicalTotal {
 public:
  void add(const RepoRecord& record) {
    for (const BlobRecord& blob : record.blobs) {
      if (!blob.is_linked || blob.place == BlobPlace::Absent || blob.place == BlobPlace::Shared) continue;
      const bool may_repeat = blob.links > 1 || blob.place == BlobPlace::Outside;
      if (may_repeat && !seen_.emplace(blob.device, blob.inode).second) continue;
      bytes_ += blob.bytes;
    }
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
  std::uint64_t bytes_ = 0;
};

bool is_passed_over(std::string_view name) {
  return name == ".locks" || name == "CACHEDIR.TAG" || is_helper_name(name);
}

/// A repository that cannot be read is listed as such: one broken one never hides the others.
RepoRecord unreadable(const repo::RepoId& repo, const std::string& folder, const Error& error) {
  RepoRecord record;
  record.repo = repo;
  record.folder = folder;
  record.is_link = true;  // nothing of it may be removed on what is known
  record.problems.push_back({ProblemKind::Missing, folder, "a readable repository", error.message});
  return record;
}

struct Scan {
  Store& store;
  const InventoryOptions& options;
  const CancelToken& cancel;
  Inventory inventory;
  std::atomic<std::uint64_t> files_seen{0};
};

/// One entry of the root: a repository, or what is none.
struct ScannedEntry {
  std::optional<RepoRecord> repo;
  std::optional<Problem> problem;
  std::optional<Error> error;  // ends the scan
};

ScannedEntry scan_entry(Scan& scan, const std::string& name) {
  ScannedEntry entry;
  const auto repo = repo::RepoId::from_folder_name(name);
  if (scan.options.only && (!repo || *repo != *scan.options.only)) return entry;
  const auto facts = scan.store.disk().look_through(scan.store.root() + "/" + name);
  const bool is_folder = facts && *facts && (*facts)->kind == fs::FileKind::Folder;
  if (!repo || !is_folder) {  // C21: not ours, never touched
    entry.problem = Problem{ProblemKind::Foreign, name, "", ""};
    return entry;
  }
  auto record =
      RepoScan(scan.store, ScanWants::of(scan.options.depth), scan.inventory.payloads, scan.files_seen, scan.cancel).run(*repo, name);
  if (record) {
    entry.repo = std::move(*record);
  } else if (scan.cancel.is_cancelled()) {
    entry.error = record.error();
  } else {
    entry.repo = unreadable(*repo, name, record.error());
  }
  return entry;
}

/// Names of the root that are to be scanned, sorted.
Result<std::vector<std::string>> scannable_names(Scan& scan) {
  LARDER_TRY(const bool has_shared, is_shared_store(scan.store.disk(), scan.store.root()));
  LARDER_TRY(auto names, scan.store.disk().list(scan.store.root()));
  std::erase_if(names, [&](const std::string& name) { return is_passed_over(name) || (name == "blobs" && has_shared); });
  return names;
}

/// What the scanning threads share.
struct SideBySide {
  Scan& scan;
  const std::vector<std::string>& names;
  std::vector<ScannedEntry> entries;  // by name
  std::atomic<std::size_t> next{0};
  BoundedQueue<std::size_t> done{QueueLimits{}};  // of `entries`; closed: a thread ended early
};

/// No memory, or a bug, must end the wait for it, not the process (house rule: caught at the top of each thread).
void scan_names(SideBySide& shared) noexcept {
  try {
    for (std::size_t i = shared.next.fetch_add(1); i < shared.names.size(); i = shared.next.fetch_add(1)) {
      if (!shared.scan.cancel.is_cancelled()) shared.entries[i] = scan_entry(shared.scan, shared.names[i]);
      (void)shared.done.try_push(std::size_t{i});
    }
  } catch (...) {
    shared.next = shared.names.size();
    shared.done.close();
  }
}

/// Until every name is done: the threads end by themselves soon after a cancel.
Result<void> wait_for_scan(SideBySide& shared, ProgressSink& progress) {
  Clock& clock = shared.scan.store.clock();
  WorkNotes notes(clock, progress);
  std::size_t repos = 0;
  for (std::size_t count = 0; count < shared.names.size();) {
    const auto finished = shared.done.pop_until(clock.now() + WorkNotes::kEvery, CancelToken{});
    if (finished.end == PopEnd::Closed) return fail(ErrorCode::Internal, "a scanning thread ended early");
    if (finished) ++count;
    if (finished && shared.entries[*finished.item].repo) ++repos;
    notes.tell(
        [&] { return fmt::format("scanning: {}, {}", counted(repos, "repository"), counted(shared.scan.files_seen.load(), "file")); });
  }
  return {};
}

/// Repositories are scanned side by side: nearly all of it is waiting for the file system.
Result<void> scan_repos(Scan& scan, ProgressSink& progress) {
  LARDER_TRY(const auto names, scannable_names(scan));
  SideBySide shared{scan, names, std::vector<ScannedEntry>(names.size())};
  Result<void> waited;
  {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    LARDER_TRY(const auto workers, start_workers(std::min(cores, names.size()), [&shared] { scan_names(shared); }));
    waited = wait_for_scan(shared, progress);
  }
  LARDER_CHECK(waited);
  if (scan.cancel.is_cancelled()) return fail(scan.cancel.error());
  for (ScannedEntry& entry : shared.entries) {
    if (entry.error) return fail(std::move(*entry.error));
    if (entry.problem) scan.inventory.problems.push_back(std::move(*entry.problem));
    if (entry.repo) scan.inventory.repos.push_back(std::move(*entry.repo));
  }
  return {};
}

void add_up(Scan& scan) {
  Inventory& inventory = scan.inventory;
  PhysicalTotal total;
  for (const RepoRecord& record : inventory.repos) {
    total.add(record);
    for (const BlobRecord& blob : record.blobs) {
      if (blob.payload != BlobRecord::kNone) ++inventory.payloads[blob.payload].entries;
    }
  }
  for (const PayloadRecord& payload : inventory.payloads) inventory.shared_bytes += payload.bytes;
  inventory.bytes = total.bytes() + inventory.shared_bytes;
  for (const Leftover& leftover : inventory.leftovers) inventory.partial_bytes += leftover.bytes;
  for (const RepoRecord& record : inventory.repos) {
    for (const Leftover& leftover : record.leftovers) inventory.partial_bytes += leftover.bytes;
  }
}

/// What a manifest does not say, the scan has seen: an entry that links to a payload keeps it, line or no line (R-576: when in doubt,
/// keep).
void add_seen_referrers(Inventory& inventory) {
  for (const RepoRecord& record : inventory.repos) {
    for (const BlobRecord& blob : record.blobs) {
      if (blob.payload == BlobRecord::kNone) continue;
      auto& referrers = inventory.payloads[blob.payload].referrers;
      std::string line = record.folder + "/blobs/" + blob.name;
      const auto place = std::lower_bound(referrers.begin(), referrers.end(), line);
      if (place == referrers.end() || *place != line) referrers.insert(place, std::move(line));
    }
  }
}

}  // namespace

std::string_view name(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::Digest:
      return "digest";
    case ProblemKind::Size:
      return "size";
    case ProblemKind::Missing:
      return "missing";
    case ProblemKind::Misnamed:
      return "misnamed";
    case ProblemKind::Empty:
      return "empty";
    case ProblemKind::Link:
      return "link";
    case ProblemKind::Ref:
      return "ref";
    case ProblemKind::Foreign:
      return "foreign";
    case ProblemKind::Partial:
      return "partial";
  }
  return "";
}

bool is_damage(ProblemKind kind) { return kind != ProblemKind::Foreign && kind != ProblemKind::Partial; }

Result<Inventory> take_inventory(Store& store, const InventoryOptions& options, ProgressSink& progress, const CancelToken& cancel) {
  Scan scan{store, options, cancel, {}, {0}};
  scan.inventory.root = store.root();
  LARDER_CHECK(store.check_root());
  LARDER_TRY(const auto root, store.disk().look_through(store.root()));
  if (!root) return std::move(scan.inventory);
  scan.inventory.exists = true;
  const Deadness deadness = options.depth == InventoryDepth::Removal ? Deadness::Judged : Deadness::NotAsked;
  if (!options.only) {
    LARDER_TRY(auto content, scan_payloads(store, deadness, cancel));
    scan.inventory.payloads = std::move(content.payloads);
    scan.inventory.problems = std::move(content.problems);
    scan.inventory.leftovers = std::move(content.leftovers);
  }
  LARDER_CHECK(scan_repos(scan, progress));
  if (options.depth == InventoryDepth::Removal && !options.only) {
    LARDER_CHECK(read_referrers(store, scan.inventory.payloads, cancel));
    add_seen_referrers(scan.inventory);
  }
  LARDER_TRY(auto unfinished, scan_unfinished_repos(store, deadness));
  std::move(unfinished.begin(), unfinished.end(), std::back_inserter(scan.inventory.leftovers));
  add_up(scan);
  for (PayloadRecord& payload : scan.inventory.payloads) {  // `prune` removes it if there is one
    if (payload.entries == 0 && deadness == Deadness::NotAsked) {
      payload.has_manifest = read_manifest(store.disk(), manifest_path(payload_path(store.root(), payload.name))).has_value();
    }
  }
  return std::move(scan.inventory);
}

}  // namespace larder::store
