#include <larder/transfer/plan.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "transfer/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace larder::transfer {

namespace {

/// 16 bytes a file instead of a hash map's 80: a million files are planned in I9's memory.
struct DigestKey {
  std::uint64_t prefix;
  std::uint32_t position;  // in plan.files
};

std::uint64_t prefix_of(const digest::Digest& digest) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, digest.bytes().data(), sizeof prefix);
  return prefix;
}

bool needs_network(const PlannedFile& file) { return file.action == Action::Fetch || file.action == Action::Resume; }

Action action_for(Presence presence, bool force) {
  switch (presence) {
    case Presence::Missing:
    case Presence::Foreign:
      return Action::Fetch;
    case Presence::Partial:
      return Action::Resume;
    case Presence::Complete:
    case Presence::BlobHere:
      return force ? Action::Fetch : Action::Reuse;
    case Presence::SharedHere:
      return force ? Action::Fetch : Action::Share;
  }
  return Action::Fetch;
}

/// Marks every later file with the digest of an earlier one that is fetched: one download for all of them (C10). Digests are what a
/// server says: a million that begin alike must cost no more than others, so that equal ones are neighbours after one sort.
void mark_same(const repo::Tree& tree, std::vector<PlannedFile>& files) {
  std::vector<DigestKey> keys;
  for (std::uint32_t at = 0; at < files.size(); ++at) {
    if (needs_network(files[at])) keys.push_back({prefix_of(tree.at(files[at].index).digest()), at});
  }
  const auto digest = [&](const DigestKey& key) { return tree.at(files[key.position].index).digest(); };
  std::sort(keys.begin(), keys.end(), [&](const DigestKey& a, const DigestKey& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const digest::Digest left = digest(a);
    const digest::Digest right = digest(b);
    return left != right ? left < right : a.position < b.position;
  });
  for (std::size_t first = 0, next = 1; next < keys.size(); ++next) {
    if (keys[next].prefix == keys[first].prefix && digest(keys[next]) == digest(keys[first])) {
      files[keys[next].position].same_as = files[keys[first].position].index;
    } else {
      first = next;
    }
  }
}

Error local_changes(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  std::string list;
  for (std::size_t at = 0; at < std::min(names.size(), kShown); ++at) list += (at == 0 ? "" : ", ") + names[at];
  if (names.size() > kShown) list += fmt::format(" and {} more", names.size() - kShown);
  Error error;
  error.code = ErrorCode::LocalChanges;
  error.message = fmt::format("{} here {} not what larder wrote: {}", names.size() == 1 ? "a file" : fmt::format("{} files", names.size()),
                              names.size() == 1 ? "is" : "are", list);
  error.hint = names.size() == 1 ? "move it away, or use --overwrite" : "move them away, or use --overwrite";
  return error;
}

void count(TransferPlan& plan, std::uint64_t size, const PlannedFile& file) {
  plan.total_bytes += size;
  if (!needs_network(file) || file.same_as != PlannedFile::kNone) {
    plan.reuse_bytes += size;
    return;
  }
  const std::uint64_t missing = size - file.partial_bytes;
  plan.fetch_bytes += missing;
  plan.reuse_bytes += file.partial_bytes;
  plan.needed_space += missing;
  // The Hub answers `resolve` with a redirect, for small files too; the address then serves all ranges of a file.
  if (missing > 0) plan.expected_requests += 1 + expected_requests(missing);
}

}  // namespace

std::string_view name(Action action) {
  switch (action) {
    case Action::Fetch:
      return "fetch";
    case Action::Resume:
      return "resume";
    case Action::Reuse:
      return "reuse";
    case Action::Share:
      return "share";
  }
  return "fetch";
}

Result<TransferPlan> make_plan(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen,
                               const std::function<Result<PresenceFacts>(const repo::FileEntry&)>& look, bool force, bool overwrite) {
  TransferPlan plan;
  plan.files.reserve(chosen.size());
  std::vector<std::string> foreign;
  for (const std::uint32_t index : chosen) {
    const repo::FileEntry entry = tree.at(index);
    LARDER_TRY(const PresenceFacts facts, look(entry));
    if (facts.presence == Presence::Foreign && !overwrite) foreign.push_back(escape_text(entry.path));
    const Action action = action_for(facts.presence, force);
    if (action == Action::Reuse || action == Action::Share) plan.needed_space += facts.settle_bytes;
    const std::uint64_t here = action == Action::Resume ? std::min(facts.partial_bytes, entry.size) : 0;
    plan.files.push_back({index, action, facts.presence, here, PlannedFile::kNone});
  }
  if (!foreign.empty()) return fail(local_changes(foreign));
  mark_same(tree, plan.files);
  for (const PlannedFile& file : plan.files) count(plan, tree.at(file.index).size, file);
  return plan;
}

std::string reason(const repo::Tree& tree, const PlannedFile& file) {
  if (file.same_as != PlannedFile::kNone) return "same content as " + escape_text(tree.at(file.same_as).path);
  switch (file.presence) {
    case Presence::Missing:
      return "not here";
    case Presence::Partial:
      return "partial download: " + counted(file.partial_bytes, "byte");
    case Presence::Complete:
      return file.action == Action::Fetch ? "fetched again (--force)" : "in the snapshot";
    case Presence::BlobHere:
      return file.action == Action::Fetch ? "fetched again (--force)" : "blob is here";
    case Presence::SharedHere:
      return file.action == Action::Fetch ? "fetched again (--force)" : "in the shared store";
    case Presence::Foreign:
      return "replaces a file that is not ours (--overwrite)";
  }
  return "not here";
}

}  // namespace larder::transfer
