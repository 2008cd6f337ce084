#include "support/hub_repo.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace larder::test {
namespace {

constexpr std::uint64_t kLargestRegular = 10'000'000;  // the Hub refuses larger files outside LFS
constexpr std::size_t kShortestCommit = 7;

bool belongs_in_lfs(const std::string& path, std::uint64_t size) {
  static constexpr std::array<std::string_view, 14> kSuffixes{".bin", ".safetensors", ".gguf", ".onnx", ".pt",  ".pth", ".ckpt",
                                                              ".h5",  ".msgpack",     ".zip",  ".gz",   ".npy", ".npz", ".parquet"};
  const auto has_suffix = [&](std::string_view suffix) {
    return path.size() > suffix.size() && std::string_view(path).substr(path.size() - suffix.size()) == suffix;
  };
  return size > kLargestRegular || std::any_of(kSuffixes.begin(), kSuffixes.end(), has_suffix);
}

std::string pointer_text(const std::string& sha256, std::uint64_t size) {
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256 + "\nsize " + std::to_string(size) + "\n";
}

}  // namespace

HubFile::HubFile(std::string file_path, Body bytes, Storage storage) : path(std::move(file_path)), body(std::move(bytes)) {
  is_lfs = storage == Storage::Lfs || (storage == Storage::Auto && belongs_in_lfs(path, body.size()));
  if (is_lfs) sha256 = body.sha256();
  oid = git_body().git_sha1();
}

Body HubFile::git_body() const { return is_lfs ? Body::text(pointer_text(sha256, body.size())) : body; }

const HubFile* HubCommit::find(const std::string& path) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const HubFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

std::string HubRepo::commit(std::vector<HubFile> files, const std::string& branch, std::string commit_id, std::string title) {
  std::sort(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) { return a.path < b.path; });
  if (commit_id.empty()) {
    std::string text = type + "/" + id + "#" + std::to_string(commits.size());
    for (const HubFile& file : files) text += "\n" + file.path + " " + file.oid;
    commit_id = made_up_id(text);
  }
  if (title.empty()) title = "Commit " + std::to_string(commits.size() + 1);
  branches[branch] = commit_id;
  commits.push_back({commit_id, std::move(title), std::move(files)});
  return commit_id;
}

const HubCommit* HubRepo::find_commit(const std::string& commit_id) const {
  const auto found = std::find_if(commits.begin(), commits.end(), [&](const HubCommit& commit) { return commit.id == commit_id; });
  return found == commits.end() ? nullptr : &*found;
}

const HubCommit* HubRepo::resolve(const std::string& revision) const {
  const auto named = [&](const std::map<std::string, std::string>& names, const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : find_commit(found->second);
  };
  const auto after = [&](std::string_view prefix) {
    return revision.rfind(prefix, 0) == 0 ? revision.substr(prefix.size()) : std::string();
  };
  if (revision == "HEAD") return named(branches, "main");
  for (const auto* names : {&branches, &tags, &refs}) {
    if (const HubCommit* found = named(*names, revision)) return found;
  }
  if (const HubCommit* found = named(branches, after("refs/heads/"))) return found;
  if (const HubCommit* found = named(tags, after("refs/tags/"))) return found;
  if (const HubCommit* found = find_commit(revision)) return found;
  if (!knows_short_commits || revision.size() < kShortestCommit) return nullptr;
  const auto begins = [&](const HubCommit& commit) { return commit.id.rfind(revision, 0) == 0; };
  const auto found = std::find_if(commits.begin(), commits.end(), begins);
  return found != commits.end() && std::count_if(commits.begin(), commits.end(), begins) == 1 ? &*found : nullptr;
}

std::string HubRepo::url_prefix() const { return type == "model" ? "" : type + "s/"; }

std::string made_up_id(const std::string& text) { return Body::text(text).git_sha1(); }

}  // namespace larder::test
