// RemovalNote: what a removal is about to do, so that one that was cut off can be finished by the next.
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace larder::store {

/// `.larder/removing/<8 hex>.<run>`: written before the first link goes, gone after the last blob. Without it nothing would tell a blob
/// whose links were removed from one that is about to get a link, which has a day of grace (C7).
struct RemovalNote {
  std::string name;             ///< of the file
  std::string snapshot;         ///< folder in snapshots/ that goes; empty: only single files of it
  std::set<std::string> blobs;  ///< that its links led to
  std::int64_t made_ns = 0;     ///< what is newer is not of this removal
};

/// Returns the path of the note. Empty: there was nothing to note, or the disk took none: a full disk must not keep anybody from removing.
std::string write_removal_note(Store& store, const RepoLayout& layout, const std::string& snapshot, const std::set<std::string>& blobs);

/// All notes of a repository, sorted by name; what cannot be read counts as absent. Names in them are blob names and nothing else.
Result<std::vector<RemovalNote>> read_removal_notes(fs::Disk& disk, const RepoLayout& layout);
/// Names of the files that may be notes, sorted: without reading them, of which there may be one for each revision of a large repository.
Result<std::vector<std::string>> list_removal_notes(fs::Disk& disk, const RepoLayout& layout);
/// One of them; nullopt: there is no such note.
Result<std::optional<RemovalNote>> read_removal_note(fs::Disk& disk, const RepoLayout& layout, const std::string& name);

/// Which snapshots the notes of a repository name, read at the first question. Thread: one at a time.
class NotedSnapshots {
 public:
  /// Both are borrowed.
  NotedSnapshots(fs::Disk& disk, const RepoLayout& layout) : disk_(disk), layout_(layout) {}
  Result<bool> contains(const std::string& snapshot);

 private:
  fs::Disk& disk_;
  const RepoLayout& layout_;
  std::optional<std::set<std::string>> snapshots_;
};

}  // namespace larder::store
