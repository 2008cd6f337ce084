#include "store/scan_refs.hpp"

#include "base/text.hpp"
#include "store/entry_name.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::uint64_t kMaxRef = 4096;
constexpr std::ptrdiff_t kMaxDepth = 64;  // as deep as a name may be (T7)

}  // namespace

RefRecord read_ref_file(fs::Disk& disk, const RepoLayout& layout, std::string name, const fs::FileFacts& facts) {
  RefRecord record{std::move(name), "", RefShape::Unreadable, facts};
  if (facts.kind != fs::FileKind::Regular || facts.size > kMaxRef) return record;
  const auto text = disk.read_small(layout.refs() + "/" + record.name, kMaxRef);
  if (!text || !*text) return record;
  record.content = trim(**text);
  const bool is_commit = repo::CommitId::parse(record.content).has_value();
  record.shape = !is_commit ? RefShape::Bad : (record.content == **text ? RefShape::Good : RefShape::Trimmable);
  return record;
}

Result<void> list_ref_folder(fs::Disk& disk, const RepoLayout& layout, const std::string& folder,
                             const std::function<Result<void>(std::string name, const fs::FileFacts& facts)>& visit,
                             std::vector<std::string>& subfolders) {
  LARDER_TRY(const auto names, disk.list(folder.empty() ? layout.refs() : layout.refs() + "/" + folder));
  for (const std::string& entry : names) {
    if (is_helper_name(entry)) continue;
    std::string name = folder.empty() ? entry : folder + "/" + entry;
    LARDER_TRY(const auto facts, disk.look(layout.refs() + "/" + name));
    if (!facts) continue;
    if (facts->kind != fs::FileKind::Folder) {
      LARDER_CHECK(visit(std::move(name), *facts));
    } else if (std::count(name.begin(), name.end(), '/') < kMaxDepth) {
      subfolders.push_back(std::move(name));
    }
  }
  return {};
}

Result<std::vector<RefRecord>> scan_refs(fs::Disk& disk, const RepoLayout& layout) {
  std::vector<RefRecord> records;
  const auto read = [&](std::string name, const fs::FileFacts& facts) -> Result<void> {
    records.push_back(read_ref_file(disk, layout, std::move(name), facts));
    return {};
  };
  std::vector<std::string> waiting{""};
  while (!waiting.empty()) {
    const std::string folder = std::move(waiting.back());
    waiting.pop_back();
    LARDER_CHECK(list_ref_folder(disk, layout, folder, read, waiting));
  }
  std::sort(records.begin(), records.end(), [](const RefRecord& a, const RefRecord& b) { return a.name < b.name; });
  return records;
}

}  // namespace larder::store
