// PartialStore: finds, takes over and makes the partials of one repository or local folder.
#pragma once

#include "store/lease.hpp"
#include "store/partial_blob.hpp"
#include "store/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace larder::store {

/// `<own>/partial/<blob>.<run>/`. A partial of a dead owner is taken over by renaming its folder to this run's name: exactly one taker
/// wins. One whose owner may live is never written to. So two writers never share an inode, whatever a lock says (L33).
/// Thread: one at a time.
class PartialStore {
 public:
  /// `own`: RepoLayout::own(), or the folder `larder` of a local folder.
  PartialStore(Store& store, std::string own) : store_(store), own_(std::move(own)) {}

  /// Bytes of the best partial of this blob that `open` could take. The folder is listed once in the life of this object: for plans.
  Result<std::uint64_t> resumable_bytes(const digest::Digest& blob, std::uint64_t size);

  /// This run's own partial if there is one, else one taken over, else a new one. Those of no use (no valid journal, other size) that
  /// nobody alive holds are removed. The run's lease must be held.
  Result<std::unique_ptr<PartialBlob>> open(const digest::Digest& blob, std::uint64_t size);

 private:
  [[nodiscard]] std::string partials() const { return own_ + "/partial"; }
  [[nodiscard]] std::string leases() const { return own_ + "/leases"; }
  [[nodiscard]] std::string folder(const std::string& blob, std::string_view run) const;
  [[nodiscard]] JournalHeader header(const digest::Digest& blob, std::uint64_t size);
  Result<std::vector<std::string>> dead_folders(const std::string& blob);
  Result<bool> take_over(const std::string& from, const std::string& to);
  Result<std::unique_ptr<PartialBlob>> reopen_or_remove(const std::string& folder, const JournalHeader& expected);
  Result<void> read_index();

  Store& store_;
  std::string own_;
  std::optional<std::string> boot_;
  std::optional<std::map<std::string, std::vector<std::string>>> index_;  // blob → folders of dead runs, as of the first look
};

/// Whether a partial is of use to a later run.
enum class PartialFate { Keep, Drop };

/// Ends work on a partial that will not be published now: its last ranges are recorded and it stays, or it goes. One without ranges, or
/// whose sync failed, goes in any case.
void put_aside(std::unique_ptr<PartialBlob> partial, PartialFate fate);

}  // namespace larder::store
