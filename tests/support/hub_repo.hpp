// HubRepo: a repository as a Hub keeps it: commits of files, and the names that point at them.
#pragma once

#include "support/body.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace larder::test {

enum class Storage {
  Auto,     ///< by suffix and size, as the Hub does
  Regular,  ///< in git
  Lfs,      ///< a pointer in git, the bytes elsewhere
};

/// One file of a commit.
struct HubFile {
  std::string path;
  Body body;
  bool is_lfs = false;
  std::string oid;       ///< git blob id: of the bytes, or of the pointer of an LFS file
  std::string sha256;    ///< LFS only
  std::string xet_hash;  ///< 64 hex, empty: not listed

  HubFile(std::string file_path, Body bytes, Storage storage = Storage::Auto);
  HubFile(std::string file_path, const char* text, Storage storage = Storage::Auto) : HubFile(file_path, Body::text(text), storage) {}
  /// The name of its blob in a cache and its ETag.
  [[nodiscard]] const std::string& blob() const { return is_lfs ? sha256 : oid; }
  /// The three lines that git has of an LFS file; the bytes themselves otherwise.
  [[nodiscard]] Body git_body() const;
};

struct HubCommit {
  std::string id;  ///< 40 hex
  std::string title;
  std::vector<HubFile> files;  ///< sorted by path, bytewise
  [[nodiscard]] const HubFile* find(const std::string& path) const;
};

enum class Access {
  Public,
  Gated,     ///< listed for everybody, files for members
  Private,   ///< for members only, else as if it did not exist (R-422)
  Disabled,  ///< R-421 row 4
};

/// Not thread-safe: change it before requests come, or through FakeHub::change.
struct HubRepo {
  std::string type = "model";  ///< model, dataset, space or kernel
  std::string id;              ///< "org/name", or a legacy "name"
  Access access = Access::Public;
  bool knows_short_commits = true;              ///< false: a short commit is RevisionNotFound (R-107)
  std::vector<HubCommit> commits;               ///< oldest first
  std::map<std::string, std::string> branches;  ///< name → commit id
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> refs;  ///< "refs/pr/1", "refs/convert/parquet" → commit id

  /// A new commit with exactly these files; `branch` moves to it. `id` empty: derived from the content. Returns the commit's id.
  std::string commit(std::vector<HubFile> files, const std::string& branch = "main", std::string id = {}, std::string title = {});
  [[nodiscard]] const HubCommit* find_commit(const std::string& id) const;
  /// The commit of a branch, tag, ref, full or unambiguous short commit, or HEAD (S-3); nullptr: unknown.
  [[nodiscard]] const HubCommit* resolve(const std::string& revision) const;
  /// "", "datasets/", "spaces/", "kernels/": what stands before the id in file URLs.
  [[nodiscard]] std::string url_prefix() const;
};

/// sha1 of text, 40 hex: for made-up commit and folder ids.
std::string made_up_id(const std::string& text);

}  // namespace larder::test
