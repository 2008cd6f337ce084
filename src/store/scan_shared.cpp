#include "store/scan_shared.hpp"

#include "store/link_target.hpp"

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
  return end == ".refs" || end == ".lock" || end == ".lock.soft" || (end.starts_with(".refs.") && end.ends_with(".tmp"));
}

Result<void> scan_folder(Store& store, const std::string& folder, std::vector<PayloadRecord>& payloads, std::vector<Problem>& problems) {
  LARDER_TRY(const auto names, store.disk().list(store.root() + "/" + folder));
  for (const std::string& name : names) {
    if (is_bookkeeping(name)) continue;
    LARDER_TRY(const auto facts, store.disk().look(store.root() + "/" + folder + "/" + name));
    if (!facts) continue;
    const bool is_payload = facts->kind == fs::FileKind::Regular && name.size() == kXetLength && is_digest_name(name) &&
                            std::string_view(folder).substr(folder.size() - 2) == std::string_view(name).substr(0, 2);
    if (is_payload) {
      PayloadRecord payload;
      payload.name = name;
      payload.bytes = facts->size;
      payloads.push_back(std::move(payload));
    } else {
      problems.push_back({ProblemKind::Foreign, folder + "/" + name, "", ""});
    }
  }
  return {};
}

}  // namespace

std::string payload_entry(std::string_view name) { return "blobs/" + std::string(name.substr(0, 2)) + "/" + std::string(name); }

Result<std::vector<PayloadRecord>> scan_payloads(Store& store, std::vector<Problem>& problems, const CancelToken& cancel) {
  std::vector<PayloadRecord> payloads;
  LARDER_TRY(const bool is_marked, is_shared_store(store.disk(), store.root()));
  if (!is_marked) return payloads;
  LARDER_TRY(const auto names, store.disk().list(store.root() + "/blobs"));
  for (const std::string& name : names) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    if (std::string_view(name).starts_with(kMarker)) continue;
    LARDER_TRY(const auto facts, store.disk().look(store.root() + "/blobs/" + name));
    if (facts && facts->kind == fs::FileKind::Folder && is_two_hex(name)) {
      LARDER_CHECK(scan_folder(store, "blobs/" + name, payloads, problems));
    } else if (facts) {
      problems.push_back({ProblemKind::Foreign, "blobs/" + name, "", ""});
    }
  }
  std::sort(payloads.begin(), payloads.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return payloads;
}

std::optional<std::vector<std::string>> read_manifest(fs::Disk& disk, const std::string& path) {
  const auto facts = disk.look(path);
  if (!facts || !*facts || (*facts)->kind != fs::FileKind::Regular || (*facts)->size > kMaxManifest) return std::nullopt;
  const auto text = disk.read_small(path, kMaxManifest);
  if (!text || !*text) return std::nullopt;
  std::vector<std::string> lines;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

bool is_valid_referrer(Store& store, std::string_view line, std::string_view payload) {
  const std::size_t slash = line.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  const std::string_view folder = line.substr(0, slash);
  const std::string_view rest = line.substr(slash);
  constexpr std::string_view kBlobs = "/blobs/";
  if (folder == "." || folder == ".." || !rest.starts_with(kBlobs)) return false;
  const std::string_view entry = rest.substr(kBlobs.size());
  if (entry.empty() || entry == "." || entry == ".." || entry.find('/') != std::string_view::npos) return false;
  const auto text = store.disk().read_link(store.root() + "/" + std::string(line));
  return text && *text && xet_hash_of_link(**text) == payload;
}

Result<void> read_referrers(Store& store, std::vector<PayloadRecord>& payloads, const CancelToken& cancel) {
  for (PayloadRecord& payload : payloads) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    const auto lines = read_manifest(store.disk(), payload_path(store.root(), payload.name) + ".refs");
    payload.has_manifest = lines.has_value();
    if (lines) {
      for (const std::string& line : *lines) {
        if (is_valid_referrer(store, line, payload.name)) payload.referrers.push_back(line);
      }
    }
    std::sort(payload.referrers.begin(), payload.referrers.end());
    payload.referrers.erase(std::unique(payload.referrers.begin(), payload.referrers.end()), payload.referrers.end());
  }
  return {};
}

}  // namespace larder::store
