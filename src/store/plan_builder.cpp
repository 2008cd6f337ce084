#include "store/plan_builder.hpp"

#include "base/escape.hpp"
#include "store/entry_name.hpp"
#include "store/scan_leftovers.hpp"
#include "store/scan_shared.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/base/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace larder::store {
namespace {

constexpr std::int64_t kBlobGraceNs = std::chrono::duration_cast<std::chrono::nanoseconds>(kBlobGrace).count();

/// Is the entry one that removal may touch, and is it its own bytes?
bool owns_bytes(const BlobRecord& blob) {
  return blob.place == BlobPlace::Local || (blob.place == BlobPlace::InSnapshot && !blob.is_foreign);
}

}  // namespace

std::string_view name(ItemKind kind) {
  switch (kind) {
    case ItemKind::Repo:
      return "repo";
    case ItemKind::Revision:
      return "revision";
    case ItemKind::File:
      return "file";
    case ItemKind::Blob:
      return "blob";
    case ItemKind::Partial:
      return "partial";
    case ItemKind::Payload:
      return "payload";
    case ItemKind::Temp:
      return "temp";
  }
  return "";
}

std::string_view name(RemovalReason reason) {
  switch (reason) {
    case RemovalReason::Asked:
      return "asked";
    case RemovalReason::Detached:
      return "detached";
    case RemovalReason::OlderThan:
      return "older-than";
    case RemovalReason::KeepLast:
      return "keep-last";
    case RemovalReason::MaxSize:
      return "max-size";
    case RemovalReason::Dead:
      return "dead";
    case RemovalReason::Unreferenced:
      return "unreferenced";
  }
  return "";
}

std::string_view name(KeptReason reason) {
  switch (reason) {
    case KeptReason::Pinned:
      return "pinned";
    case KeptReason::ByCommit:
      return "by-commit";
    case KeptReason::InUse:
      return "in-use";
    case KeptReason::Recent:
      return "recent";
  }
  return "";
}

bool is_removable(const RepoRecord& repo, const RevisionRecord& revision) {
  if (revision.commit && revision.kept_entries == 0) return true;
  return std::any_of(revision.blobs.begin(), revision.blobs.end(), [&](std::uint32_t index) {
    const BlobRecord& blob = repo.blobs[index];
    return blob.place != BlobPlace::Outside && !blob.is_foreign;
  });
}

PlanBuilder::PlanBuilder(const Inventory& inventory) : inventory_(inventory), repos_(inventory.repos.size()) {
  for (std::size_t i = 0; i < inventory.repos.size(); ++i) {
    const RepoRecord& repo = inventory.repos[i];
    repos_[i].uses.resize(repo.blobs.size());
    repos_[i].file_uses.resize(repo.blobs.size());
    repos_[i].is_gone.resize(repo.blobs.size());
    for (const RevisionRecord& revision : repo.revisions) {
      for (const std::uint32_t blob : revision.blobs) ++repos_[i].uses[blob];
    }
  }
  for (const PayloadRecord& payload : inventory.payloads) payloads_.push_back({payload.referrers.size(), false});
  count_everything();
}

void PlanBuilder::count_everything() {
  std::set<Inode> seen;
  std::uint64_t bytes = inventory_.shared_bytes + inventory_.partial_bytes;
  for (const RepoRecord& repo : inventory_.repos) {
    for (const BlobRecord& blob : repo.blobs) {
      if (blob.place != BlobPlace::Local && blob.place != BlobPlace::InSnapshot) continue;
      if (blob.links <= 1 || seen.emplace(blob.device, blob.inode).second) bytes += blob.bytes;
    }
  }
  plan_.bytes_before = bytes;
}

void PlanBuilder::add(RemovalItem item) {
  freed_ += item.bytes;
  plan_.items.push_back(std::move(item));
}

/// T53, C25: with several links the bytes go with the last one, and not at all when one lies elsewhere.
std::uint64_t PlanBuilder::free_inode(const BlobRecord& blob) {
  if (blob.links <= 1) return blob.bytes;
  return ++inode_links_[{blob.device, blob.inode}] == blob.links ? blob.bytes : 0;
}

void PlanBuilder::lose_referrer(std::uint32_t payload) {
  PayloadState& state = payloads_[payload];
  const PayloadRecord& record = inventory_.payloads[payload];
  if (state.left > 0) --state.left;
  if (state.left > 0 || state.is_gone || !record.has_manifest) return;  // a missing manifest never leads to deletion
  state.is_gone = true;
  add({ItemKind::Payload, std::nullopt, "", payload_entry(record.name), record.bytes, RemovalReason::Unreferenced});
}

/// One blob entry goes; returns the bytes that frees, a payload's left out: it has an item of its own.
std::uint64_t PlanBuilder::remove_blob(std::size_t repo, std::uint32_t index) {
  const BlobRecord& blob = inventory_.repos[repo].blobs[index];
  if (repos_[repo].is_gone[index] || blob.is_locked) return 0;
  repos_[repo].is_gone[index] = true;
  if (blob.place == BlobPlace::Shared && blob.payload != BlobRecord::kNone) lose_referrer(blob.payload);
  return owns_bytes(blob) ? free_inode(blob) : 0;
}

void PlanBuilder::remove_revision(std::size_t repo, std::size_t revision, RemovalReason reason) {
  const RepoRecord& record = inventory_.repos[repo];
  const RevisionRecord& gone = record.revisions[revision];
  std::uint64_t bytes = 0;
  for (const std::uint32_t blob : gone.blobs) {
    if (--repos_[repo].uses[blob] == 0) bytes += remove_blob(repo, blob);
  }
  add({ItemKind::Revision, record.repo, gone.folder, record.folder + "/snapshots/" + gone.folder, bytes, reason});
}

void PlanBuilder::remove_repo(std::size_t repo, RemovalReason reason) {
  const RepoRecord& record = inventory_.repos[repo];
  std::uint64_t bytes = 0;
  for (std::uint32_t blob = 0; blob < record.blobs.size(); ++blob) {
    const BlobRecord& one = record.blobs[blob];
    const bool is_ours = one.is_linked || is_digest_name(one.name);  // anything else in blobs/ is foreign and stays
    if (is_ours) bytes += remove_blob(repo, blob);
  }
  for (const Leftover& leftover : record.leftovers) bytes += leftover.bytes;
  add({ItemKind::Repo, record.repo, "", record.folder, bytes, reason});
}

void PlanBuilder::remove_file(std::size_t repo, const FileTarget& file) {
  const RepoRecord& record = inventory_.repos[repo];
  std::uint64_t bytes = 0;
  if (file.blob != BlobRecord::kNone && ++repos_[repo].file_uses[file.blob] == file.uses) bytes = remove_blob(repo, file.blob);
  const std::string& commit = file.revision.commit;
  add({ItemKind::File, record.repo, commit, record.folder + "/snapshots/" + commit + "/" + file.path, bytes, RemovalReason::Asked,
       file.seen});
}

void PlanBuilder::remove_leftovers(const std::vector<Leftover>& leftovers, const RepoRecord* repo) {
  for (const Leftover& leftover : leftovers) {
    if (!leftover.is_dead) continue;
    const ItemKind kind = leftover.kind == LeftoverKind::Partial ? ItemKind::Partial : ItemKind::Temp;
    const auto owner = repo != nullptr ? std::optional(repo->repo) : std::nullopt;
    add({kind, owner, "", leftover.path, leftover.bytes, RemovalReason::Dead});
  }
}

/// C7: a blob without a link may be about to get one from a client that holds no lock; after a day it is not.
void PlanBuilder::remove_unlinked(std::size_t repo, std::int64_t now_ns) {
  const RepoRecord& record = inventory_.repos[repo];
  bool has_recent = false;
  for (std::uint32_t index = 0; index < record.blobs.size(); ++index) {
    const BlobRecord& blob = record.blobs[index];
    const bool is_entry = blob.place == BlobPlace::Local || blob.place == BlobPlace::Shared;
    if (blob.is_linked || blob.is_locked || !is_entry || !is_digest_name(blob.name)) continue;
    if (!blob.is_condemned && now_ns - blob.ctime_ns <= kBlobGraceNs) {
      has_recent = true;
      continue;
    }
    remove_unlinked_blob(repo, index);
  }
  if (has_recent) keep(record.repo, "", KeptReason::Recent);
}

void PlanBuilder::remove_unlinked_blob(std::size_t repo, std::uint32_t index) {
  const RepoRecord& record = inventory_.repos[repo];
  const std::uint64_t bytes = remove_blob(repo, index);
  add({ItemKind::Blob, record.repo, "", record.folder + "/blobs/" + record.blobs[index].name, bytes, RemovalReason::Unreferenced});
}

void PlanBuilder::finish_removals(std::size_t repo) {
  const RepoRecord& record = inventory_.repos[repo];
  const auto is_of_removal = [](const Leftover& leftover) {
    const std::string_view path = leftover.path;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::string_view folder = path.substr(0, path.size() - name.size());
    return folder.ends_with("/.larder/removing/") || (folder.ends_with("/.larder/tmp/") && is_blob_aside(name));
  };
  for (std::uint32_t index = 0; index < record.blobs.size(); ++index) {
    if (record.blobs[index].is_condemned && !record.blobs[index].is_locked) remove_unlinked_blob(repo, index);
  }
  std::vector<Leftover> left = record.leftovers;
  std::erase_if(left, [&](const Leftover& leftover) { return !is_of_removal(leftover); });
  remove_leftovers(left, &record);
}

void PlanBuilder::remove_dead(std::int64_t now_ns) {
  remove_leftovers(inventory_.leftovers, nullptr);
  for (std::size_t i = 0; i < inventory_.repos.size(); ++i) {
    const RepoRecord& repo = inventory_.repos[i];
    if (repo.is_link) continue;
    remove_leftovers(repo.leftovers, &repo);
    if (!repo.is_in_use) remove_unlinked(i, now_ns);
  }
  for (std::uint32_t i = 0; i < inventory_.payloads.size(); ++i) {
    if (inventory_.payloads[i].referrers.empty()) lose_referrer(i);
  }
}

void PlanBuilder::keep(const repo::RepoId& repo, std::string commit, KeptReason reason) {
  plan_.kept.push_back({repo, std::move(commit), reason});
}

/// Who waits for a run that has long ended, perhaps on a machine that is gone, has to know the file that keeps it.
void PlanBuilder::warn_of_doubtful_leases() {
  for (const RepoRecord& repo : inventory_.repos) {
    if (repo.doubtful_leases.empty()) continue;
    const bool is_kept = std::any_of(plan_.kept.begin(), plan_.kept.end(),
                                     [&](const KeptItem& kept) { return kept.repo == repo.repo && kept.reason == KeptReason::InUse; });
    if (!is_kept) continue;
    for (const DoubtfulLease& lease : repo.doubtful_leases) {
      const auto owner = lease.owner.empty() ? "a lease that cannot be understood" : "the lease of " + escape_text(lease.owner);
      const auto until = format_time(WallTime(std::chrono::seconds(lease.until_unix)));
      warn(fmt::format("{}: {} keeps {} until {}; if no larder works there any more, remove this file", escape_text(lease.path), owner,
                       escape_text(repo.repo.text()), until));
    }
  }
}

RemovalPlan PlanBuilder::finish() {
  warn_of_doubtful_leases();
  // Entries before what they lead to, repository by repository; a payload belongs to none and comes last.
  const auto rank = [](const RemovalItem& item) {
    const bool is_payload = item.kind == ItemKind::Payload;
    const std::string folder = item.repo ? item.repo->folder_name() : std::string();
    return std::make_tuple(is_payload, folder, item.kind, item.path);
  };
  std::stable_sort(plan_.items.begin(), plan_.items.end(), [&](const RemovalItem& a, const RemovalItem& b) { return rank(a) < rank(b); });
  plan_.bytes_freed = freed_;
  return std::move(plan_);
}

}  // namespace larder::store
