#include "store/pin.hpp"

#include <nlohmann/json.hpp>

namespace larder::store {
namespace {

constexpr std::uint64_t kPinLimit = 4096;
constexpr int kVersion = 1;

std::string format_pin(PinKind kind) {
  nlohmann::ordered_json json;
  json["version"] = kVersion;
  json["kind"] = kind == PinKind::User ? "user" : "commit";
  return json.dump() + "\n";
}

std::optional<PinKind> parse_pin(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("version", nlohmann::json()) != kVersion) return std::nullopt;
  const auto kind = json.find("kind");
  if (kind == json.end() || !kind->is_string()) return std::nullopt;
  if (*kind == "user") return PinKind::User;
  if (*kind == "commit") return PinKind::Commit;
  return std::nullopt;
}

}  // namespace

Result<std::optional<PinKind>> read_pin(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit) {
  const std::string path = layout.pin(commit);
  LARDER_TRY(const auto facts, disk.look(path));
  if (!facts || facts->kind != fs::FileKind::Regular) return std::optional<PinKind>{};
  const auto text = disk.read_small(path, kPinLimit);
  const auto kind = text && *text ? parse_pin(**text) : std::nullopt;
  // Damaged, or of a larder to come: somebody wanted this commit kept, and what is removed may be nowhere else.
  return kind.value_or(PinKind::User);
}

Result<void> write_pin(Store& store, const RepoLayout& layout, const repo::CommitId& commit, PinKind kind) {
  LARDER_TRY(const auto old, read_pin(store.disk(), layout, commit));
  if (old && (*old == kind || *old == PinKind::User)) return {};
  return store.write_small(layout.tmp(), layout.pin(commit), format_pin(kind));
}

Result<bool> remove_pin(Store& store, const RepoLayout& layout, const repo::CommitId& commit) {
  return store.disk().remove_file(layout.pin(commit));
}

Result<void> mark_used(Store& store, const RepoLayout& layout, const repo::CommitId& commit) {
  const std::string path = layout.used(commit);
  LARDER_TRY(const auto facts, store.disk().look(path));
  if (facts && facts->kind == fs::FileKind::Regular) return store.disk().touch(path);
  return store.write_small(layout.tmp(), path, {}, Durability::None);
}

Result<void> mark_left(Store& store, const RepoLayout& layout, const repo::CommitId& commit) {
  LARDER_TRY(const bool is_marked, is_left(store.disk(), layout, commit));
  if (is_marked) return {};
  auto written = store.write_small(layout.tmp(), layout.left(commit), {});
  if (!written && written.error().code == ErrorCode::DiskFull) return {};
  return written;
}

Result<bool> is_left(fs::Disk& disk, const RepoLayout& layout, const repo::CommitId& commit) {
  LARDER_TRY(const auto facts, disk.look(layout.left(commit)));
  return facts && facts->kind == fs::FileKind::Regular;
}

}  // namespace larder::store
