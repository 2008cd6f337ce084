#include "store/partial_store.hpp"

#include "store/run_name.hpp"

#include <algorithm>
#include <cerrno>

namespace larder::store {

std::string PartialStore::folder(const std::string& blob, std::string_view run) const {
  return partials() + "/" + blob + "." + std::string(run);
}

JournalHeader PartialStore::header(const digest::Digest& blob, std::uint64_t size) {
  if (!boot_) boot_ = boot_id(store_.disk());
  return {size, blob, *boot_};
}

Result<void> PartialStore::read_index() {
  LARDER_TRY(const auto names, store_.disk().list(partials()));
  std::map<std::string, std::vector<std::string>> index;
  if (!names.empty()) {
    LARDER_TRY(const auto dead, DeadRuns::look(store_.disk(), leases(), store_.clock().wall_now()));
    for (const auto& name : names) {
      const auto run = run_of(name);
      if (!run.empty() && dead.has_dead_owner(run)) index[name.substr(0, name.size() - run.size() - 1)].push_back(partials() + "/" + name);
    }
  }
  index_ = std::move(index);
  return {};
}

Result<std::uint64_t> PartialStore::resumable_bytes(const digest::Digest& blob, std::uint64_t size) {
  if (!index_) LARDER_CHECK(read_index());
  const auto found = index_->find(blob.hex());
  if (found == index_->end()) return 0;
  std::uint64_t most = 0;
  for (const auto& candidate : found->second) {
    LARDER_TRY(const std::uint64_t bytes, PartialBlob::resumable_bytes(store_.disk(), candidate, header(blob, size)));
    most = std::max(most, bytes);
  }
  return most;
}

Result<std::vector<std::string>> PartialStore::dead_folders(const std::string& blob) {
  LARDER_TRY(const auto names, store_.disk().list(partials()));
  std::vector<std::string> folders;
  for (const auto& name : names) {
    if (name.starts_with(blob + ".") && run_of(name).size() + blob.size() + 1 == name.size()) folders.push_back(name);
  }
  if (folders.empty()) return folders;
  LARDER_TRY(const auto dead, DeadRuns::look(store_.disk(), leases(), store_.clock().wall_now()));
  std::erase_if(folders, [&](const std::string& name) { return run_of(name) == store_.run() || !dead.has_dead_owner(run_of(name)); });
  for (auto& name : folders) name = partials() + "/" + name;
  return folders;
}

// The rename is the decision: whoever comes second finds nothing to rename.
Result<bool> PartialStore::take_over(const std::string& from, const std::string& to) {
  LARDER_TRY(const auto facts, store_.disk().look(from));
  if (!facts || facts->kind != fs::FileKind::Folder) return false;
  auto renamed = store_.disk().rename(from, to);
  if (renamed) return true;
  const int os = renamed.error().os_error;
  // EACCES, EPERM: another user's; ENOTEMPTY, EEXIST: a folder of our own is there after all.
  if (os == ENOENT || os == EACCES || os == EPERM || os == ENOTEMPTY || os == EEXIST) return false;
  return fail(std::move(renamed).error());
}

Result<std::unique_ptr<PartialBlob>> PartialStore::reopen_or_remove(const std::string& folder, const JournalHeader& expected) {
  LARDER_TRY(auto partial, PartialBlob::reopen(store_.disk(), store_.clock(), folder, expected));
  if (!partial) LARDER_CHECK(PartialBlob::remove_folder(store_.disk(), folder));
  return partial;
}

Result<std::unique_ptr<PartialBlob>> PartialStore::open(const digest::Digest& blob, std::uint64_t size) {
  const std::string mine = folder(blob.hex(), store_.run());
  const JournalHeader expected = header(blob, size);
  LARDER_CHECK(store_.make_folders(partials()));
  LARDER_TRY(const auto facts, store_.disk().look(mine));
  if (facts) {
    LARDER_TRY(auto partial, reopen_or_remove(mine, expected));
    if (partial) return partial;
  }
  LARDER_TRY(const auto candidates, dead_folders(blob.hex()));
  for (const auto& candidate : candidates) {
    LARDER_TRY(const bool taken, take_over(candidate, mine));
    if (!taken) continue;
    LARDER_TRY(auto partial, reopen_or_remove(mine, expected));
    if (partial) return partial;
  }
  return PartialBlob::create(store_.disk(), store_.clock(), mine, expected);
}

void put_aside(std::unique_ptr<PartialBlob> partial, PartialFate fate) {
  if (!partial) return;
  const bool keep = fate == PartialFate::Keep;
  if (keep) (void)partial->checkpoint();  // where even this fails (disk full), the earlier records still hold (L9)
  if (!keep || partial->sync_failed() || !partial->has_ranges()) (void)partial->remove();
}

}  // namespace larder::store
