#include "store/ref_table.hpp"

#include "fs/path.hpp"
#include "store/file_times.hpp"

#include <algorithm>
#include <utility>

namespace larder::store {
namespace {

bool is_same(const fs::FileFacts& a, const fs::FileFacts& b) {
  return a.inode == b.inode && a.device == b.device && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.size == b.size &&
         a.kind == b.kind;
}

}  // namespace

Result<std::vector<std::string>> RefTable::names_of(const std::string& snapshot) {
  LARDER_CHECK(refresh());
  const auto found = by_content_.find(snapshot);
  if (found == by_content_.end() || snapshot.empty()) return std::vector<std::string>{};
  return std::vector<std::string>(found->second.begin(), found->second.end());
}

Result<void> RefTable::refresh() {
  const bool are_files_due = file_budget_.is_due(refs_.size());
  const bool are_folders_due = folder_budget_.is_due(folders_.size());
  const bool is_forced = std::exchange(is_doubted_, false) || are_files_due;
  if (!is_forced && !are_folders_due) return {};
  std::vector<std::string> waiting{""};
  while (!waiting.empty()) {
    const std::string folder = std::move(waiting.back());
    waiting.pop_back();
    LARDER_CHECK(refresh_folder(folder, is_forced, waiting));
  }
  return {};
}

/// A link in place of a folder leads nowhere (T49).
Result<void> RefTable::refresh_folder(const std::string& folder, bool is_forced, std::vector<std::string>& waiting) {
  LARDER_TRY(const auto facts, store_.disk().look(path_of(folder)));
  if (!facts || facts->kind != fs::FileKind::Folder) {
    drop_folder(folder);
    return {};
  }
  const auto known = folders_.find(folder);
  if (!is_forced && known != folders_.end() && is_same(known->second.facts, *facts)) {
    waiting.insert(waiting.end(), known->second.subfolders.begin(), known->second.subfolders.end());
    return {};
  }
  Folder fresh{*facts, {}, {}};
  const auto visit = [&](std::string name, const fs::FileFacts& file) -> Result<void> {
    LARDER_CHECK(take(name, file));
    fresh.files.push_back(std::move(name));
    return {};
  };
  LARDER_CHECK(list_ref_folder(store_.disk(), layout_, folder, visit, fresh.subfolders));
  std::sort(fresh.files.begin(), fresh.files.end());
  std::sort(fresh.subfolders.begin(), fresh.subfolders.end());
  const Folder before = std::exchange(folders_[folder], fresh);
  for (const std::string& name : before.files) {
    if (!std::binary_search(fresh.files.begin(), fresh.files.end(), name)) drop(name);
  }
  for (const std::string& name : before.subfolders) {
    if (!std::binary_search(fresh.subfolders.begin(), fresh.subfolders.end(), name)) drop_folder(name);
  }
  waiting.insert(waiting.end(), fresh.subfolders.begin(), fresh.subfolders.end());
  return {};
}

Result<void> RefTable::take(const std::string& name, const fs::FileFacts& facts) {
  const auto known = refs_.find(name);
  if (known != refs_.end() && known->second.is_settled && is_same(known->second.facts, facts)) return {};
  const bool settled = is_settled(store_.clock(), facts.ctime_ns);
  RefRecord record = read_ref_file(store_.disk(), layout_, name, facts);
  drop(name);
  by_content_[record.content].insert(name);
  refs_[name] = Ref{facts, std::move(record.content), settled};
  return {};
}

void RefTable::drop(const std::string& name) {
  const auto known = refs_.find(name);
  if (known == refs_.end()) return;
  const auto names = by_content_.find(known->second.content);
  names->second.erase(name);
  if (names->second.empty()) by_content_.erase(names);
  refs_.erase(known);
}

void RefTable::drop_folder(const std::string& folder) {
  std::vector<std::string> waiting{folder};
  while (!waiting.empty()) {
    const auto gone = folders_.find(waiting.back());
    waiting.pop_back();
    if (gone == folders_.end()) continue;
    for (const std::string& name : gone->second.files) drop(name);
    waiting.insert(waiting.end(), gone->second.subfolders.begin(), gone->second.subfolders.end());
    folders_.erase(gone);
  }
}

Result<void> RefTable::remove_refs_of(const std::string& snapshot) {
  LARDER_TRY(const auto names, names_of(snapshot));
  for (const std::string& name : names) LARDER_CHECK(remove_ref(name, snapshot));
  return {};
}

Result<void> RefTable::remove_ref(const std::string& name, const std::string& snapshot) {
  const std::string path = path_of(name);
  LARDER_TRY(const auto facts, store_.disk().look(path));
  if (!facts || read_ref_file(store_.disk(), layout_, name, *facts).content != snapshot) {
    is_doubted_ = true;
    return {};
  }
  const std::string folder = name.find('/') == std::string::npos ? std::string() : fs::parent_of(name);
  LARDER_TRY(const auto before, store_.disk().look(path_of(folder)));
  LARDER_CHECK(store_.disk().remove_file(path));
  drop(name);
  LARDER_CHECK(own_change(folder, before));
  return store_.disk().sync_folder(path_of(folder));
}

/// A change of our own is no reason to list a folder again, or removing n refs would list n refs n times. Somebody else's in the same tick
/// of the clock is found when the files are due.
Result<void> RefTable::own_change(const std::string& folder, const std::optional<fs::FileFacts>& before) {
  const auto known = folders_.find(folder);
  if (known == folders_.end() || !before || !is_same(known->second.facts, *before)) return {};
  LARDER_TRY(const auto after, store_.disk().look(path_of(folder)));
  if (after) known->second.facts = *after;
  return {};
}

}  // namespace larder::store
