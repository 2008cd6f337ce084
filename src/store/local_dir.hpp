// A local folder: plain files, with the bookkeeping of `hf` under .cache/huggingface (docs/cache-layout.md).
#pragma once

#include "fs/disk.hpp"

#include <larder/repo/revision.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// The tree below a local folder, as pure functions:
///
///     <DIR>/<path>                                                  the files
///     <DIR>/.cache/huggingface/CACHEDIR.TAG, .gitignore             R-601
///     <DIR>/.cache/huggingface/download/<path>.metadata             R-603
///     <DIR>/.cache/huggingface/download/<path>.lock                 R-604
///     <DIR>/.cache/huggingface/trees/<commit>.json                  R-530
///     <DIR>/.cache/huggingface/larder/{partial,tmp,leases}          ours
class LocalDirLayout {
 public:
  /// `folder`: absolute, without trailing "/".
  explicit LocalDirLayout(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string file(std::string_view path) const { return folder_ + "/" + std::string(path); }
  [[nodiscard]] std::string book() const { return folder_ + "/.cache/huggingface"; }
  [[nodiscard]] std::string metadata(std::string_view path) const { return book() + "/download/" + std::string(path) + ".metadata"; }
  [[nodiscard]] std::string lock(std::string_view path) const { return book() + "/download/" + std::string(path) + ".lock"; }
  [[nodiscard]] std::string trees() const { return book() + "/trees"; }
  [[nodiscard]] std::string tree(const repo::CommitId& commit) const { return trees() + "/" + commit.hex() + ".json"; }
  [[nodiscard]] std::string own() const { return book() + "/larder"; }
  [[nodiscard]] std::string tmp() const { return own() + "/tmp"; }
  [[nodiscard]] std::string leases() const { return own() + "/leases"; }

 private:
  std::string folder_;
};

/// What is known of one file: three lines, each ended by LF.
struct LocalMetadata {
  std::string commit;
  std::string etag;      ///< the blob's name: sha256 or git-sha1 in hex
  double timestamp = 0;  ///< seconds since the epoch, when it was written
};

/// As Python's `repr(float)` writes it: the shortest text that reads back the same, with a point or an exponent.
std::string format_python_float(double number);
std::string format_metadata(const LocalMetadata& metadata);
/// nullopt: fewer than three lines, or a third one that is no number. Further lines are ignored. Pure.
std::optional<LocalMetadata> parse_metadata(std::string_view text);

/// The metadata file at `path`; nullopt: none, or nothing that hf or larder wrote.
std::optional<LocalMetadata> read_metadata(fs::Disk& disk, const std::string& path);
/// The metadata of a file whose lstat gave `file`; nullopt: none, unreadable, or the file is newer than it (R-606: changed since).
Result<std::optional<LocalMetadata>> read_valid_metadata(fs::Disk& disk, const LocalDirLayout& layout, std::string_view path,
                                                         const fs::FileFacts& file);

/// The commits that the folder is at: those of its listings that its files' metadata name. One after any number of updates; several when
/// several repositories share the folder (R-602 tells them apart by commit only). Sorted.
Result<std::vector<repo::CommitId>> commits_of_folder(fs::Disk& disk, const LocalDirLayout& layout);
/// Does the metadata of any file name `commit`?
Result<bool> holds_commit(fs::Disk& disk, const LocalDirLayout& layout, const repo::CommitId& commit);

}  // namespace larder::store
