#include "store/scan_shared.hpp"

#include "base/utf8.hpp"
#include "fs/plain_file.hpp"
#include "store/entry_name.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::string_view kMarker = ".huggingface-shared-blobs";
constexpr std::uint64_t kMaxManifest = 256ULL << 20U;  // two million lines
constexpr std::size_t kXetLength = 64;

bool is_two_hex(std::string_view name) { return name.size() == 2 && is_digest_name(std::string(20, name[0]) + std::string(20, name[1])); }

bool is_bookkeeping(std::string_view name) {
  if (name.size() < kXetLength || !is_digest_name(name.substr(0, kXetLength))) return false;
  const std::string_view end = name.substr(kXetLength);
  return end == kManifestEnd || end == ".lock" || end == ".lock.soft";
}

/// A link that another name of the cache's root is written in leads there all the same.
std::optional<bool> is_same_file(Store& store, const std::string& link, std::string_view payload) {
  const auto target = store.disk().look_through(link);
  const auto wanted = store.disk().look(payload_path(store.root(), payload));
  if (!target || !wanted) return std::nullopt;
  return *target && *wanted && (*target)->device == (*wanted)->device && (*target)->inode == (*wanted)->inode;
}

class StoreScan {
 public:
  StoreScan(Store& store, Deadness deadness) : store_(store), deadness_(deadness) {}

  Result<void> add_root_entry(const std::string& name) {
    if (name == kMarker) return {};
    LARDER_TRY(const auto facts, store_.disk().look(store_.root() + "/blobs/" + name));
    if (facts && facts->kind == fs::FileKind::Folder && is_two_hex(name)) return add_shelf("blobs/" + name);
    if (facts) add_other("blobs/" + name, *facts);
    return {};
  }
  StoreContent finish() {
    std::sort(found_.payloads.begin(), found_.payloads.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(found_);
  }

 private:
  Result<void> add_shelf(const std::string& folder) {
    LARDER_TRY(const auto names, store_.disk().list(store_.root() + "/" + folder));
    for (const std::string& name : names) {
      if (is_bookkeeping(name)) {
        const bool is_orphan =
            is_manifest(folder + "/" + name) && !std::binary_search(names.begin(), names.end(), name.substr(0, kXetLength));
        if (is_orphan) LARDER_CHECK(add_orphan(folder + "/" + name));
        continue;
      }
      LARDER_TRY(const auto facts, store_.disk().look(store_.root() + "/" + folder + "/" + name));
      if (!facts) continue;
      const bool is_payload = facts->kind == fs::FileKind::Regular && name.size() == kXetLength && is_digest_name(name) &&
                              std::string_view(folder).substr(folder.size() - 2) == std::string_view(name).substr(0, 2);
      if (!is_payload) {
        add_other(folder + "/" + name, *facts);
        continue;
      }
      PayloadRecord payload;
      payload.name = name;
      payload.bytes = facts->size;
      found_.payloads.push_back(std::move(payload));
    }
    return {};
  }

  /// A manifest without its payload: a sweep was cut off between the two.
  Result<void> add_orphan(const std::string& path) {
    LARDER_TRY(const auto facts, store_.disk().look(store_.root() + "/" + path));
    if (!facts || facts->kind != fs::FileKind::Regular) return {};
    const std::string payload = path.substr(path.rfind('/') + 1, kXetLength);
    const bool is_dead = deadness_ == Deadness::Judged && !may_be_referred_to(store_, store_.root() + "/" + path, payload);
    found_.leftovers.push_back({LeftoverKind::Temp, path, facts->size, is_dead});
    return {};
  }

  void add_other(const std::string& path, const fs::FileFacts& facts) {
    if (is_store_temp(path) && facts.kind == fs::FileKind::Regular) {
      found_.leftovers.push_back(judge_store_temp(store_, path, facts, deadness_));
    } else {
      found_.problems.push_back({ProblemKind::Foreign, path, "", ""});
    }
  }

  Store& store_;
  Deadness deadness_;
  StoreContent found_;
};

}  // namespace

std::string payload_entry(std::string_view name) { return "blobs/" + std::string(name.substr(0, 2)) + "/" + std::string(name); }

Result<StoreContent> scan_payloads(Store& store, Deadness deadness, const CancelToken& cancel) {
  StoreScan scan(store, deadness);
  LARDER_TRY(const bool is_marked, is_shared_store(store.disk(), store.root()));
  if (!is_marked) return scan.finish();
  LARDER_TRY(const auto names, store.disk().list(store.root() + "/blobs"));
  for (const std::string& name : names) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    LARDER_CHECK(scan.add_root_entry(name));
  }
  return scan.finish();
}

std::optional<std::vector<std::string>> read_manifest(fs::Disk& disk, const std::string& path) {
  const auto text = fs::read_plain(disk, path, kMaxManifest);
  if (!text || !*text || !is_utf8(**text)) return std::nullopt;  // the client cannot read such a text either
  std::vector<std::string> lines;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

std::optional<bool> is_valid_referrer(Store& store, std::string_view line, std::string_view payload) {
  const std::size_t slash = line.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  const std::string_view folder = line.substr(0, slash);
  const std::string_view rest = line.substr(slash);
  constexpr std::string_view kBlobs = "/blobs/";
  if (folder == "." || folder == ".." || !rest.starts_with(kBlobs)) return false;
  const std::string_view entry = rest.substr(kBlobs.size());
  if (entry.empty() || entry == "." || entry == ".." || entry.find('/') != std::string_view::npos) return false;
  const std::string path = store.root() + "/" + std::string(line);
  const auto text = store.disk().read_link(path);
  if (!text) return std::nullopt;
  if (!*text) return false;
  if (payload_of_entry(RepoLayout(store.root(), std::string(folder)), **text) == payload) return true;
  return is_same_file(store, path, payload);
}

bool may_be_referred_to(Store& store, const std::string& manifest, std::string_view payload) {
  const auto lines = read_manifest(store.disk(), manifest);
  if (!lines) return true;
  return std::any_of(lines->begin(), lines->end(),
                     [&](const std::string& line) { return is_valid_referrer(store, line, payload).value_or(true); });
}

Result<void> read_referrers(Store& store, std::vector<PayloadRecord>& payloads, const CancelToken& cancel) {
  for (PayloadRecord& payload : payloads) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    const auto lines = read_manifest(store.disk(), manifest_path(payload_path(store.root(), payload.name)));
    payload.has_manifest = lines.has_value();
    for (const std::string& line : lines.value_or(std::vector<std::string>{})) {
      const auto is_valid = is_valid_referrer(store, line, payload.name);
      if (!is_valid) payload.has_manifest = false;
      if (is_valid.value_or(false)) payload.referrers.push_back(line);
    }
    std::sort(payload.referrers.begin(), payload.referrers.end());
    payload.referrers.erase(std::unique(payload.referrers.begin(), payload.referrers.end()), payload.referrers.end());
  }
  return {};
}

}  // namespace larder::store
