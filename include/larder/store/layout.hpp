// Every path of the cache, as pure functions: the layout is the Hub's own (docs/cache-layout.md).
#pragma once

#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

#include <string>
#include <string_view>

namespace larder::store {

/// The tree on disk, `<CACHE>` being the root:
///
///     <CACHE>/CACHEDIR.TAG
///     <CACHE>/.locks/<repo folder>/<blob>.lock              flock, empty
///     <CACHE>/.locks/.larder-new.<run>/                     a repository folder being made
///     <CACHE>/blobs/                                        shared store of the Python client: never written
///     <CACHE>/<type>s--<org>--<name>/                       one repository, called <REPO> below
///         blobs/<blob>                                      verified bytes, or a link into the shared store
///         refs/<revision>                                   40 hex, no newline
///         snapshots/<commit>/<path>                         relative link to ../../blobs/<blob>
///         trees/<commit>.json                               the whole listing
///         .no_exist/<commit>/<path>                         "this commit has no such file"
///         .larder/partial/<blob>.<run>/{data,journal}       a download under way
///         .larder/tmp/<anything>.<run>
///         .larder/leases/<run>  .larder/pins/<commit>  .larder/used/<commit>
///         .larder/removing/<anything>.<run>                 a removal under way
///         .larder/left/<commit>                             what a removal left in that snapshot is somebody's own
class RepoLayout {
 public:
  /// `root`: absolute, without trailing "/". `folder`: RepoId::folder_name().
  RepoLayout(std::string root, std::string folder) : root_(std::move(root)), folder_(std::move(folder)) {}
  RepoLayout(std::string root, const repo::RepoId& repo) : RepoLayout(std::move(root), repo.folder_name()) {}

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string repo() const { return root_ + "/" + folder_; }
  [[nodiscard]] std::string blobs() const { return repo() + "/blobs"; }
  [[nodiscard]] std::string blob(std::string_view name) const { return blobs() + "/" + std::string(name); }
  [[nodiscard]] std::string refs() const { return repo() + "/refs"; }
  [[nodiscard]] std::string ref(const repo::Revision& revision) const { return refs() + "/" + revision.text(); }
  [[nodiscard]] std::string snapshots() const { return repo() + "/snapshots"; }
  [[nodiscard]] std::string snapshot(const repo::CommitId& commit) const { return snapshots() + "/" + commit.hex(); }
  [[nodiscard]] std::string entry(const repo::CommitId& commit, std::string_view path) const {
    return snapshot(commit) + "/" + std::string(path);
  }
  [[nodiscard]] std::string trees() const { return repo() + "/trees"; }
  [[nodiscard]] std::string tree(const repo::CommitId& commit) const { return trees() + "/" + commit.hex() + ".json"; }
  [[nodiscard]] std::string no_exist(const repo::CommitId& commit, std::string_view path) const {
    return repo() + "/.no_exist/" + commit.hex() + "/" + std::string(path);
  }
  [[nodiscard]] std::string locks() const { return root_ + "/.locks/" + folder_; }
  [[nodiscard]] std::string lock(std::string_view blob) const { return locks() + "/" + std::string(blob) + ".lock"; }
  [[nodiscard]] std::string own() const { return repo() + "/.larder"; }
  [[nodiscard]] std::string partials() const { return own() + "/partial"; }
  [[nodiscard]] std::string partial(std::string_view blob, std::string_view run) const {
    return partials() + "/" + std::string(blob) + "." + std::string(run);
  }
  [[nodiscard]] std::string tmp() const { return own() + "/tmp"; }
  [[nodiscard]] std::string removing() const { return own() + "/removing"; }
  [[nodiscard]] std::string leases() const { return own() + "/leases"; }
  [[nodiscard]] std::string pins() const { return own() + "/pins"; }
  [[nodiscard]] std::string pin(const repo::CommitId& commit) const { return pins() + "/" + commit.hex(); }
  [[nodiscard]] std::string left(const repo::CommitId& commit) const { return own() + "/left/" + commit.hex(); }
  [[nodiscard]] std::string used(const repo::CommitId& commit) const { return own() + "/used/" + commit.hex(); }

 private:
  std::string root_;
  std::string folder_;
};

/// What the name of a repository's folder begins with while it is being made, or taken away, in `<CACHE>/.locks`.
inline constexpr std::string_view kUnfinishedRepo = ".larder-new.";
/// "<root>/.locks/.larder-new.<run>".
std::string unfinished_repo(const std::string& root, std::string_view run);

/// Text of the link at snapshots/<commit>/<path>: "../" × (2 + folders in path) + "blobs/<blob>".
std::string link_text(std::string_view path, std::string_view blob);

/// The 191 bytes of CACHEDIR.TAG.
std::string_view cachedir_tag();

}  // namespace larder::store
