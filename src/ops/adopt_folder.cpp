#include "ops/adopt_folder.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/walk.hpp"
#include "store/adopt_match.hpp"

#include <larder/repo/repo_id.hpp>

#include <algorithm>

namespace larder::ops {
namespace {

bool is_bookkeeping(const std::string& path) {
  return path == ".git" || path == ".cache/huggingface" || path.ends_with("/.git") || path.ends_with("/.cache/huggingface");
}

bool is_folder(fs::Disk& disk, const std::string& path) {
  const auto facts = disk.look_through(path);
  return facts && *facts && (*facts)->kind == fs::FileKind::Folder;
}

}  // namespace

FolderKind folder_kind(fs::Disk& disk, const std::string& folder) {
  const auto names = disk.list(folder);
  if (!names) return FolderKind::Plain;
  for (const std::string& name : *names) {
    if (repo::RepoId::from_folder_name(name) && is_folder(disk, folder + "/" + name + "/snapshots")) return FolderKind::Cache;
  }
  const auto blobs = disk.list(folder + "/blobs");
  const bool has_ollama = blobs && std::any_of(blobs->begin(), blobs->end(), [](const auto& name) { return store::ollama_digest(name); });
  return has_ollama ? FolderKind::Ollama : FolderKind::Plain;
}

Result<std::vector<FolderFile>> list_folder(Adoption& run, FolderKind kind) {
  const std::string& folder = run.options.folder;
  std::vector<FolderFile> files;
  fs::WalkOptions options;
  options.unreadable = [&](const std::string& path, const Error& error) -> Result<fs::WalkStep> {
    if (path.empty()) return fail(error);
    run.leave(path, escape_text(error.message));
    return fs::WalkStep::Continue;
  };
  LARDER_CHECK(fs::walk(folder, options, [&](const fs::WalkEntry& entry) -> Result<fs::WalkStep> {
    if (run.cancel.is_cancelled()) return fail(run.cancel.error());
    if (entry.kind() == fs::FileKind::Folder) return is_bookkeeping(entry.path()) ? fs::WalkStep::Skip : fs::WalkStep::Continue;
    const auto facts = run.services.disk.look_through(folder + "/" + entry.path());
    if (!facts || !*facts || (*facts)->kind != fs::FileKind::Regular) {
      run.leave(entry.path(), "no regular file");
      return fs::WalkStep::Continue;
    }
    const auto claimed = kind == FolderKind::Ollama ? store::ollama_digest(entry.name()) : std::nullopt;
    files.push_back({entry.path(), **facts, claimed});
    run.notes.tell([&] { return "looking: " + counted(files.size(), "file"); });
    return fs::WalkStep::Continue;
  }));
  std::sort(files.begin(), files.end(), [](const FolderFile& a, const FolderFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace larder::ops
