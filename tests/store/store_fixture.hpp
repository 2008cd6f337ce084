// What tests of the store and of the destinations share: a temporary cache, the golden repository of the Hub's layout, ways to look at a
// disk.
#pragma once

#include "digest/hasher.hpp"
#include "fs/disk.hpp"
#include "store/store.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <larder/repo/tree.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

namespace larder::test {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, std::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// Every entry below `root`, relative, sorted: folders end in "/", links are shown as "name -> text".
inline std::vector<std::string> list_tree(const std::string& root) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    std::string name = std::filesystem::path(entry.path()).lexically_relative(root).string();
    if (entry.is_symlink()) {
      name += " -> " + std::filesystem::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      name += "/";
    }
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline digest::Digest sha256_of(std::string_view text) { return digest::digest_of(digest::Algorithm::Sha256, as_bytes(text)); }
inline digest::Digest git_sha1_of(std::string_view text) { return digest::digest_of(digest::Algorithm::GitSha1, as_bytes(text)); }

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const digest::Digest& digest) {
  std::array<std::uint8_t, N> bytes{};
  std::copy(digest.bytes().begin(), digest.bytes().end(), bytes.begin());
  return bytes;
}

/// An entry with the digests of `content`; `path` must outlive it.
inline repo::FileEntry regular_file(std::string_view path, std::string_view content) {
  repo::FileEntry file;
  file.path = path;
  file.size = content.size();
  file.git_oid = array_of<20>(git_sha1_of(content));
  return file;
}

inline repo::FileEntry lfs_file(std::string_view path, std::string_view content) {
  repo::FileEntry file = regular_file(path, "a pointer");
  file.size = content.size();
  file.lfs_sha256 = array_of<32>(sha256_of(content));
  return file;
}

inline repo::CommitId commit_of(char digit) { return *repo::CommitId::parse(std::string(40, digit)); }

/// 0…255, 4096 times: model.bin of the golden repository.
inline std::string megabyte() {
  std::string bytes(1048576, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 256);
  return bytes;
}

/// A cache in a temporary folder, and one run of larder working on it.
struct Run {
  explicit Run(std::string root, store::StoreOptions options = {}) : Run(fs::make_real_disk(), std::move(root), std::move(options)) {}
  Run(std::unique_ptr<fs::Disk> on, std::string root, store::StoreOptions options = {})
      : disk(std::move(on)), clock(make_system_clock()), random(make_system_random()), store([&] {
          options.root = std::move(root);
          return store::Store(*disk, *clock, *random, options);
        }()) {}
  std::unique_ptr<fs::Disk> disk;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;
  store::Store store;
};

inline repo::RepoId a_repo(std::string_view id = "org/m") { return repo::RepoId::make(repo::RepoType::Model, id).value(); }

/// A run with its repository prepared.
struct PreparedCache {
  TempDir temp;
  Run run{temp.path()};
  store::RepoLayout layout = run.store.layout(a_repo());
  PreparedCache() { REQUIRE(run.store.prepare(layout)); }
};

/// The umask of a block.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { umask(before_); }

 private:
  mode_t before_;
};

inline mode_t mode_of(const std::string& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
}

}  // namespace larder::test
