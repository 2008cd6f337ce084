#include "support/hub_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace larder::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kReadIntoMemory = 1U << 20U;  // larger files are read when asked for

Body body_of(const fs::path& path) {
  if (fs::file_size(path) > kReadIntoMemory) return Body::file(path.string());
  std::ifstream in(path, std::ios::binary);
  return Body::text(std::string(std::istreambuf_iterator<char>(in), {}));
}

Storage storage_of(const json& entry) {
  if (!entry.contains("lfs")) return Storage::Auto;
  return entry["lfs"].get<bool>() ? Storage::Lfs : Storage::Regular;
}

void replace_file(std::vector<HubFile>& files, HubFile file) {
  const auto same = [&](const HubFile& old) { return old.path == file.path; };
  files.erase(std::remove_if(files.begin(), files.end(), same), files.end());
  files.push_back(std::move(file));
}

void add_folder(std::vector<HubFile>& files, const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) replace_file(files, HubFile(fs::relative(entry.path(), folder).generic_string(), body_of(entry.path())));
  }
}

void add_entry(std::vector<HubFile>& files, const json& entry, const fs::path& base) {
  if (entry.contains("folder")) return add_folder(files, base / entry["folder"].get<std::string>());
  const auto path = entry.at("path").get<std::string>();
  Body body;
  if (entry.contains("source")) body = body_of(base / entry["source"].get<std::string>());
  if (entry.contains("text")) body = Body::text(entry["text"].get<std::string>());
  if (entry.contains("size")) body = Body::pattern(entry["size"].get<std::uint64_t>(), entry.value("seed", std::uint64_t{1}));
  HubFile file(path, body, storage_of(entry));
  file.xet_hash = entry.value("xet", "");
  replace_file(files, std::move(file));
}

Access access_of(const std::string& word) {
  if (word == "gated") return Access::Gated;
  if (word == "private") return Access::Private;
  if (word == "disabled") return Access::Disabled;
  if (word != "public") throw std::runtime_error("no such access: " + word);
  return Access::Public;
}

void read_names(const json& description, const char* key, const HubRepo& repo, std::map<std::string, std::string>& names) {
  if (!description.contains(key)) return;
  for (const auto& [name, index] : description[key].items()) names[name] = repo.commits.at(index.get<std::size_t>()).id;
}

HubRepo read_repo(const json& description, const fs::path& base, const std::string& type, const std::string& id) {
  HubRepo repo;
  repo.type = type;
  repo.id = id;
  repo.access = access_of(description.value("access", "public"));
  for (const json& commit : description.at("commits")) {
    std::vector<HubFile> files;
    if (commit.contains("from")) files = repo.commits.at(commit["from"].get<std::size_t>()).files;
    for (const json& entry : commit.at("files")) add_entry(files, entry, base);
    repo.commit(std::move(files), commit.value("branch", "main"), commit.value("id", ""), commit.value("title", ""));
  }
  read_names(description, "branches", repo, repo.branches);
  read_names(description, "tags", repo, repo.tags);
  read_names(description, "refs", repo, repo.refs);
  return repo;
}

}  // namespace

HubFolder read_hub_folder(const std::string& root) {
  HubFolder hub;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "repo.json") continue;
    try {
      const std::string where = fs::relative(entry.path().parent_path(), root).generic_string();
      const auto slash = where.find('/');
      const std::string type = where.substr(0, slash - 1);  // "models" → "model"
      const std::string id = where.substr(slash + 1);
      std::ifstream in(entry.path());
      const json description = json::parse(in);
      if (description.contains("moved_to")) {
        hub.moves.push_back({type, id, description["moved_to"].get<std::string>()});
      } else {
        hub.repos.push_back(read_repo(description, entry.path().parent_path(), type, id));
      }
    } catch (const std::exception& failure) {
      throw std::runtime_error(entry.path().string() + ": " + failure.what());
    }
  }
  return hub;
}

HubRepo repo_of_folder(const std::string& folder, const std::string& id, const std::string& type) {
  HubRepo repo;
  repo.type = type;
  repo.id = id;
  std::vector<HubFile> files;
  add_folder(files, folder);
  repo.commit(std::move(files));
  return repo;
}

}  // namespace larder::test
