// BlobPublisher: gives verified bytes their final name, one large file at a time or many small ones in a group commit.
#pragma once

#include "store/partial_blob.hpp"
#include "store/store.hpp"

#include <larder/digest/digest.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// A small file in memory, its digest verified.
struct SmallBlob {
  digest::Digest digest;
  std::string_view content;
};

/// What the bytes of a finished file are.
struct FileIdentity {
  digest::Digest digest;
  std::uint64_t size = 0;
};

/// Step 4: is the partial still there, of its size and without a hole, then fsync. A failed fsync discards the partial (it is never asked
/// twice). Errors: SizeMismatch; IoFailed (also: a write failed, or another program removed it, R-519).
Result<void> seal(fs::Disk& disk, PartialBlob& partial);

/// For a target on another file system than `temp` (L35): copies beside the target, compares the digest, fsync, renames, removes `temp`.
Result<void> move_across(Store& store, const std::string& temp, const std::string& target, const FileIdentity& what);

/// What becomes of a good blob that is there already.
enum class Existing { Keep, Replace };

/// Publishing as docs/reliability.md "The commit order" has it, without the links. A name in blobs/ appears only when its bytes are
/// durable; an entry that is there is replaced, never written through. Thread: one at a time.
class BlobPublisher {
 public:
  BlobPublisher(Store& store, RepoLayout layout, Existing existing) : store_(store), layout_(std::move(layout)), existing_(existing) {}

  /// fsync, rename, folder fsync, then the rest of the partial's folder goes. The digest has been compared by the caller. A failed fsync
  /// discards the partial (it is never asked twice); after any other failure it stays. Errors: SizeMismatch, IoFailed, DiskFull …
  Result<void> publish(const digest::Digest& digest, PartialBlob& partial);

  /// Temps, one sync for all, renames, one folder fsync (engine.md §5.4). One result each, in order; the same digest twice is written once.
  std::vector<Result<void>> publish_small(std::span<const SmallBlob> blobs);

 private:
  struct Item;
  using Writers = std::map<digest::Digest, std::size_t>;  // index of the first blob with that digest
  Result<void> write_temp(Item& item, const SmallBlob& blob);
  void discard(const Item& item);
  std::vector<Item> write_temps(std::span<const SmallBlob> blobs, const Writers& writers, std::vector<Result<void>>& results);
  Result<void> sync_temps(const std::vector<Item>& items, std::size_t group);
  Result<void> install(const std::string& temp, const FileIdentity& what);
  Result<void> replace(const std::string& temp, const FileIdentity& what);

  Store& store_;
  RepoLayout layout_;
  Existing existing_;
};

/// True where one syncfs is cheaper than an fsync of each of `files` files. Measured on ext4: syncfs beats fsync from the second file on
/// (64 files: 2.4 ms against 31 ms), but it also waits for what others have written, so small groups don't use it.
constexpr bool one_sync_is_cheaper(std::size_t files) { return files >= 8; }

}  // namespace larder::store
