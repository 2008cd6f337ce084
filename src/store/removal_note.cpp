#include "store/removal_note.hpp"

#include "base/text.hpp"
#include "store/entry_name.hpp"
#include "store/lease.hpp"
#include "store/run_name.hpp"

#include <larder/base/log.hpp>

#include <nlohmann/json.hpp>

namespace larder::store {
namespace {

constexpr std::uint64_t kNoteLimit = 128ULL << 20U;  // a million names
constexpr int kVersion = 1;

void add_text(std::set<std::string>& into, const nlohmann::json& value) {
  if (value.is_string() && is_digest_name(value.get_ref<const std::string&>())) into.insert(value.get<std::string>());
}

bool read_note(std::string_view text, RemovalNote& note) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("version", nlohmann::json()) != kVersion) return false;
  const auto snapshot = json.find("snapshot");
  if (snapshot != json.end() && snapshot->is_string() && repo::CommitId::parse(snapshot->get<std::string>())) {
    note.snapshot = snapshot->get<std::string>();
  }
  const auto blobs = json.find("blobs");
  if (blobs == json.end() || !blobs->is_array()) return false;
  for (const auto& blob : *blobs) add_text(note.blobs, blob);
  return true;
}

/// Under its own name at once: half a note is no note, and a temp would be one more thing to clean up. Durable before the first link goes:
/// else a power cut could keep the removals and lose the note (I11).
Result<void> write_note(Store& store, const RepoLayout& layout, const std::string& path, std::string_view text) {
  LARDER_CHECK(store.make_folders(layout.removing()));
  LARDER_TRY(const UniqueFd fd, store.disk().create_new(path));
  LARDER_CHECK(store.disk().append(fd.value(), bytes_of(text)));
  LARDER_CHECK(store.disk().sync_file(fd.value()));
  return store.disk().sync_folder(layout.removing());
}

}  // namespace

std::string write_removal_note(Store& store, const RepoLayout& layout, const std::string& snapshot, const std::set<std::string>& blobs) {
  if (snapshot.empty() && blobs.empty()) return {};
  nlohmann::ordered_json json{{"version", kVersion}};
  if (repo::CommitId::parse(snapshot)) json["snapshot"] = snapshot;
  json["blobs"] = blobs;
  std::string path = store.temp_name(layout.removing());
  const auto written = write_note(store, layout, path, json.dump() + "\n");
  if (written) return path;
  log::info(written.error().text());
  return {};
}

Result<std::vector<std::string>> list_removal_notes(fs::Disk& disk, const RepoLayout& layout) {
  for (const auto& folder : {layout.own(), layout.removing()}) {
    LARDER_TRY(const auto facts, disk.look(folder));
    if (!facts || facts->kind != fs::FileKind::Folder) return std::vector<std::string>{};
  }
  LARDER_TRY(auto names, disk.list(layout.removing()));
  std::erase_if(names, [](const std::string& name) { return run_of(name).empty(); });
  return names;
}

Result<std::optional<RemovalNote>> read_removal_note(fs::Disk& disk, const RepoLayout& layout, const std::string& name) {
  const std::string path = layout.removing() + "/" + name;
  LARDER_TRY(const auto facts, disk.look(path));
  if (run_of(name).empty() || !facts || facts->kind != fs::FileKind::Regular || facts->size > kNoteLimit) {
    return std::optional<RemovalNote>{};
  }
  const auto text = disk.read_small(path, kNoteLimit);
  RemovalNote note{name, {}, {}, facts->mtime_ns};
  if (text && *text && !read_note(**text, note)) note.blobs.clear();
  return std::optional(std::move(note));  // also one that says nothing: it is a leftover all the same
}

Result<std::vector<RemovalNote>> read_removal_notes(fs::Disk& disk, const RepoLayout& layout) {
  std::vector<RemovalNote> notes;
  LARDER_TRY(const auto names, list_removal_notes(disk, layout));
  for (const auto& name : names) {
    LARDER_TRY(auto note, read_removal_note(disk, layout, name));
    if (note) notes.push_back(std::move(*note));
  }
  return notes;
}

Result<bool> NotedSnapshots::contains(const std::string& snapshot) {
  if (!snapshots_) {
    LARDER_TRY(const auto notes, read_removal_notes(disk_, layout_));
    snapshots_.emplace();
    for (const RemovalNote& note : notes) snapshots_->insert(note.snapshot);
  }
  return snapshots_->contains(snapshot);
}

}  // namespace larder::store
