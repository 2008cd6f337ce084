// CacheBuilder: hand-made caches by the layout of the Hub's clients (docs/cache-layout.md), whole or broken on purpose.
#pragma once

#include "digest/hasher.hpp"

#include <larder/store/layout.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace larder::test {

/// How the bytes of a file lie in the cache.
enum class Lying {
  Blob,    ///< blobs/<name>, and a link to it
  Copy,    ///< the file itself in the snapshot, as clients without links leave it (R-550)
  Shared,  ///< a payload of the shared store, an entry that links to it, and a link to that (R-570)
  Absent,  ///< in the listing only
};

struct BuiltFile {
  std::string path;
  std::string content;
  bool is_lfs = false;
  Lying lying = Lying::Blob;
};

/// Writes what a client would leave behind. Everything throws where the file system does not play along.
class CacheBuilder {
 public:
  explicit CacheBuilder(std::string root) : root_(std::move(root)) { std::filesystem::create_directories(root_); }

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string operator/(std::string_view path) const { return root_ + "/" + std::string(path); }

  /// A commit of 40 times that digit.
  static std::string commit(char digit) { return std::string(40, digit); }
  /// Name of the blob that holds `content`.
  static std::string blob_name(std::string_view content, bool is_lfs) {
    const auto bytes = std::as_bytes(std::span(content.data(), content.size()));
    return digest::digest_of(is_lfs ? digest::Algorithm::Sha256 : digest::Algorithm::GitSha1, bytes).hex();
  }
  static std::string blob_name(const BuiltFile& file) { return blob_name(file.content, file.is_lfs); }
  /// A stand-in for a Xet hash: one to one with the content, and not its sha256.
  static std::string xet_hash(std::string_view content) { return blob_name("xet" + std::string(content), true); }

  /// A snapshot with its blobs, listing and refs. `repo`: folder name, "models--org--m".
  void add(const std::string& repo, const std::string& commit, const std::vector<BuiltFile>& files, const std::vector<std::string>& refs) {
    for (const char* folder : {"blobs", "refs", "snapshots"}) std::filesystem::create_directories(root_ + "/" + repo + "/" + folder);
    std::filesystem::create_directories(root_ + "/" + repo + "/snapshots/" + commit);
    for (const BuiltFile& file : files) add_file(repo, commit, file);
    write_tree(repo, commit, files);
    for (const std::string& ref : refs) write(repo + "/refs/" + ref, commit);
  }

  /// One file of a snapshot, without its listing.
  void add_file(const std::string& repo, const std::string& commit, const BuiltFile& file) {
    const std::string entry = repo + "/snapshots/" + commit + "/" + file.path;
    switch (file.lying) {
      case Lying::Absent:
        return;
      case Lying::Copy:
        write(entry, file.content);
        return;
      case Lying::Blob:
        if (!has(repo + "/blobs/" + blob_name(file))) write(repo + "/blobs/" + blob_name(file), file.content);
        break;
      case Lying::Shared:
        share(repo, file.content);
        break;
    }
    link(entry, store::link_text(file.path, blob_name(file)));
  }

  /// A payload, its manifest line and the repository's entry that links to it; sha256 names the entry.
  void share(const std::string& repo, const std::string& content) {
    const std::string xet = xet_hash(content);
    const std::string payload = "blobs/" + xet.substr(0, 2) + "/" + xet;
    if (!has("blobs/.huggingface-shared-blobs")) write("blobs/.huggingface-shared-blobs", "1\n");
    if (!has(payload)) write(payload, content);
    write(payload + ".lock", "");
    const std::string line = repo + "/blobs/" + blob_name(content, true) + "\n";
    write(payload + ".refs", (has(payload + ".refs") ? read(payload + ".refs") : "") + line);
    link(repo + "/blobs/" + blob_name(content, true), "../../" + payload);
  }

  /// trees/<commit>.json as R-530 draws it.
  void write_tree(const std::string& repo, const std::string& commit, const std::vector<BuiltFile>& files) {
    std::map<std::string, const BuiltFile*> sorted;
    for (const BuiltFile& file : files) sorted[file.path] = &file;
    std::string text = "{\n \"format_version\": 1,\n \"files\": {";
    for (const auto& [path, file] : sorted) {
      text += path == sorted.begin()->first ? "\n" : ",\n";
      text += "  \"" + path + "\": {\n   \"size\": " + std::to_string(file->content.size()) + ",\n   \"blob_id\": \"" +
              blob_name(file->is_lfs ? "pointer of " + path : file->content, false) + "\"";
      if (file->is_lfs) {
        text += ",\n   \"lfs_sha256\": \"" + blob_name(*file) + "\",\n   \"lfs_size\": " + std::to_string(file->content.size());
      }
      if (file->lying == Lying::Shared) text += ",\n   \"xet_hash\": \"" + xet_hash(file->content) + "\"";
      text += "\n  }";
    }
    write(repo + "/trees/" + commit + ".json", text + (sorted.empty() ? "}\n}" : "\n }\n}"));
  }

  void write(const std::string& path, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path, std::ios::binary | std::ios::trunc) << content;
  }
  void link(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    std::filesystem::remove(root_ + "/" + path);
    std::filesystem::create_symlink(text, root_ + "/" + path);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ + "/" + path); }
  [[nodiscard]] bool has(const std::string& path) const {
    return std::filesystem::symlink_status(root_ + "/" + path).type() != std::filesystem::file_type::not_found;
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    std::ifstream in(root_ + "/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  /// Access and change of content as if they had been that many seconds ago; of a link: of the link itself.
  void age(const std::string& path, std::int64_t seconds) const {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= seconds;
    const timespec times[2] = {now, now};
    utimensat(AT_FDCWD, (root_ + "/" + path).c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  /// Every entry below `folder` with its bytes or its link's text; folders end in "/". Equal maps mean an untouched tree.
  [[nodiscard]] std::map<std::string, std::string> picture(const std::string& folder = ".") const {
    std::map<std::string, std::string> entries;
    const std::filesystem::path base(root_ + "/" + folder);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base)) {
      const std::string name = entry.path().lexically_relative(base).string();
      if (entry.is_symlink()) {
        entries[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
      } else if (entry.is_directory()) {
        entries[name + "/"];
      } else if (entry.is_regular_file()) {
        std::ifstream in(entry.path(), std::ios::binary);
        entries[name] = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      } else {
        entries[name] = "special";
      }
    }
    return entries;
  }

 private:
  std::string root_;
};

}  // namespace larder::test
