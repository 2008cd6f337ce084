// plan_rm, plan_prune, plan_gc: who goes and who stays. Pure.
#include "store/plan_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace larder::store {
namespace {

struct Candidate {
  std::size_t repo = 0;
  std::size_t revision = 0;
};

const RevisionRecord& record_of(const Inventory& inventory, const Candidate& candidate) {
  return inventory.repos[candidate.repo].revisions[candidate.revision];
}

RevisionKey key_of(const Inventory& inventory, const Candidate& candidate) {
  return {inventory.repos[candidate.repo].repo, record_of(inventory, candidate).folder};
}

/// Every revision that removal may think about, in the order of the inventory.
std::vector<Candidate> all_revisions(const Inventory& inventory) {
  std::vector<Candidate> all;
  for (std::size_t repo = 0; repo < inventory.repos.size(); ++repo) {
    if (inventory.repos[repo].is_link) continue;
    for (std::size_t revision = 0; revision < inventory.repos[repo].revisions.size(); ++revision) {
      if (is_removable(inventory.repos[repo], inventory.repos[repo].revisions[revision])) all.push_back({repo, revision});
    }
  }
  return all;
}

bool is_in_use(const Inventory& inventory, const Candidate& candidate) {
  return inventory.repos[candidate.repo].is_in_use || record_of(inventory, candidate).is_in_use;
}

/// Why gc must leave it; nullopt: it may go. A pin of `pull` by commit keeps from prune only.
std::optional<KeptReason> gc_keeps(const Inventory& inventory, const Candidate& candidate, const GcPolicy& policy) {
  if (record_of(inventory, candidate).pin == PinState::User || policy.pins.contains(key_of(inventory, candidate)))
    return KeptReason::Pinned;
  if (is_in_use(inventory, candidate)) return KeptReason::InUse;
  return record_of(inventory, candidate).is_being_filled ? std::optional(KeptReason::Recent) : std::nullopt;
}

/// By the hour, then by larder's own marks: access times are coarse (relatime), and somebody who only reads through the cache, a backup or
/// a checksum tool, must not turn the order of an afternoon around.
void sort_least_recently_used_first(const Inventory& inventory, std::vector<Candidate>& candidates) {
  constexpr std::int64_t kHour = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::hours(1)).count();
  const auto rank = [&](const Candidate& candidate) {
    const RevisionRecord& record = record_of(inventory, candidate);
    return std::make_tuple(record.last_used_ns() / kHour, record.used_ns, candidate.repo, candidate.revision);
  };
  std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
}

/// Drops the `keep` last used of each repository. `candidates` are sorted, least recently used first.
void drop_last_used(std::vector<Candidate>& candidates, std::size_t repos, std::uint64_t keep) {
  std::vector<std::uint64_t> kept(repos);
  std::vector<Candidate> rest;
  for (auto candidate = candidates.rbegin(); candidate != candidates.rend(); ++candidate) {
    if (kept[candidate->repo]++ >= keep) rest.push_back(*candidate);
  }
  std::reverse(rest.begin(), rest.end());
  candidates = std::move(rest);
}

void drop_used_since(const Inventory& inventory, std::vector<Candidate>& candidates, std::int64_t limit_ns) {
  std::erase_if(candidates, [&](const Candidate& candidate) { return record_of(inventory, candidate).last_used_ns() > limit_ns; });
}

/// now - age, without overflow for ages longer than the calendar.
std::int64_t time_before(std::int64_t now_ns, std::chrono::seconds age) {
  const std::int64_t now_s = now_ns / 1'000'000'000;
  return age.count() > now_s ? -1 : (now_s - age.count()) * 1'000'000'000 + now_ns % 1'000'000'000;
}

RemovalReason reason_of(const GcPolicy& policy) {
  if (policy.max_size) return RemovalReason::MaxSize;
  return policy.older_than ? RemovalReason::OlderThan : RemovalReason::KeepLast;
}

/// nullptr: it is gone.
const RevisionRecord* find_revision(const RepoRecord& repo, const std::string& folder) {
  const auto found = std::lower_bound(repo.revisions.begin(), repo.revisions.end(), folder,
                                      [](const RevisionRecord& record, const std::string& wanted) { return record.folder < wanted; });
  return found != repo.revisions.end() && found->folder == folder ? &*found : nullptr;
}

void plan_files(const Inventory& inventory, const std::vector<FileTarget>& files, PlanBuilder& builder) {
  std::map<repo::RepoId, std::size_t> repos;
  for (std::size_t i = 0; i < inventory.repos.size() && !files.empty(); ++i) repos.emplace(inventory.repos[i].repo, i);
  for (const FileTarget& file : files) {
    const auto found = repos.find(file.revision.repo);
    if (found == repos.end() || inventory.repos[found->second].is_link) continue;
    const RepoRecord& repo = inventory.repos[found->second];
    const RevisionRecord* revision = find_revision(repo, file.revision.commit);
    if (repo.is_in_use || (revision != nullptr && revision->is_in_use)) {
      builder.keep(repo.repo, file.revision.commit, KeptReason::InUse);
    } else {
      builder.remove_file(found->second, file);
    }
  }
}

/// A repository goes whole, or revision by revision when a part of it is in use.
void plan_repo(const Inventory& inventory, std::size_t repo, PlanBuilder& builder) {
  const RepoRecord& record = inventory.repos[repo];
  const bool is_partly_used = std::any_of(record.revisions.begin(), record.revisions.end(), [](const auto& r) { return r.is_in_use; }) ||
                              std::any_of(record.blobs.begin(), record.blobs.end(), [](const auto& b) { return b.is_locked; });
  if (record.is_in_use || (is_partly_used && record.revisions.empty())) {
    builder.keep(record.repo, "", KeptReason::InUse);
    return;
  }
  if (!is_partly_used) {
    builder.remove_repo(repo, RemovalReason::Asked);
    return;
  }
  for (std::size_t revision = 0; revision < record.revisions.size(); ++revision) {
    if (record.revisions[revision].is_in_use) {
      builder.keep(record.repo, record.revisions[revision].folder, KeptReason::InUse);
    } else {
      builder.remove_revision(repo, revision, RemovalReason::Asked);
    }
  }
}

void plan_revisions(const Inventory& inventory, std::size_t repo, const RmTargets& targets, PlanBuilder& builder) {
  const RepoRecord& record = inventory.repos[repo];
  for (std::size_t revision = 0; revision < record.revisions.size(); ++revision) {
    const RevisionRecord& one = record.revisions[revision];
    if (!targets.revisions.contains({record.repo, one.folder})) continue;  // by type, id and commit
    if (record.is_in_use || one.is_in_use) {
      builder.keep(record.repo, one.folder, KeptReason::InUse);
    } else {
      builder.remove_revision(repo, revision, RemovalReason::Asked);
    }
  }
}

}  // namespace

RemovalPlan plan_rm(const Inventory& inventory, const RmTargets& targets, const std::vector<FileTarget>& files) {
  PlanBuilder builder(inventory);
  for (std::size_t repo = 0; repo < inventory.repos.size(); ++repo) {
    if (inventory.repos[repo].is_link) continue;
    if (targets.repos.contains(inventory.repos[repo].repo)) {
      plan_repo(inventory, repo, builder);
    } else {
      plan_revisions(inventory, repo, targets, builder);
      if (!inventory.repos[repo].is_in_use) builder.finish_removals(repo);  // also those of an earlier `rm` that was cut off
    }
  }
  plan_files(inventory, files, builder);
  return builder.finish();
}

RemovalPlan plan_prune(const Inventory& inventory, std::int64_t now_ns) {
  PlanBuilder builder(inventory);
  for (const Candidate& candidate : all_revisions(inventory)) {
    const RevisionRecord& revision = record_of(inventory, candidate);
    const repo::RepoId& repo = inventory.repos[candidate.repo].repo;
    if (!revision.refs.empty()) continue;
    if (revision.pin == PinState::User) {
      builder.keep(repo, revision.folder, KeptReason::Pinned);
    } else if (revision.pin == PinState::Commit) {
      builder.keep(repo, revision.folder, KeptReason::ByCommit);
    } else if (is_in_use(inventory, candidate)) {
      builder.keep(repo, revision.folder, KeptReason::InUse);
    } else if (revision.is_being_filled) {
      builder.keep(repo, revision.folder, KeptReason::Recent);
    } else {
      builder.remove_revision(candidate.repo, candidate.revision, RemovalReason::Detached);
    }
  }
  builder.remove_dead(now_ns);
  return builder.finish();
}

RemovalPlan plan_gc(const Inventory& inventory, const GcPolicy& policy, std::int64_t now_ns) {
  PlanBuilder builder(inventory);
  builder.remove_dead(now_ns);
  std::vector<Candidate> chosen = all_revisions(inventory);
  sort_least_recently_used_first(inventory, chosen);
  if (policy.keep_last) drop_last_used(chosen, inventory.repos.size(), *policy.keep_last);
  if (policy.older_than) drop_used_since(inventory, chosen, time_before(now_ns, *policy.older_than));
  for (const Candidate& candidate : chosen) {
    if (policy.max_size && builder.bytes_after() <= *policy.max_size) break;
    const std::optional<KeptReason> kept = gc_keeps(inventory, candidate, policy);
    if (kept) {
      builder.keep(inventory.repos[candidate.repo].repo, record_of(inventory, candidate).folder, *kept);
    } else {
      builder.remove_revision(candidate.repo, candidate.revision, reason_of(policy));
    }
  }
  return builder.finish();
}

}  // namespace larder::store
