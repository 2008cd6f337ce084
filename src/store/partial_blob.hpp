// PartialBlob: a growing file and its journal, private to this run.
#pragma once

#include "fs/disk.hpp"
#include "store/journal.hpp"
#include "store/owner.hpp"

#include <larder/base/clock.hpp>
#include <larder/base/range_set.hpp>

#include <memory>
#include <string>

namespace larder::store {

/// `<folder>/data` + `<folder>/journal`. Writes are positional. The rhythm of records is kept here: 'w' every 4 MiB or 0.5 s of a stream,
/// 'd' after an fdatasync every 256 MiB or 5 s; both only when `note_written` or `tick` is called. Thread: one at a time (the disk worker),
/// except `read_at`, which any thread may call for ranges that are written.
class PartialBlob {
 public:
  /// Makes the folder and both files; `data` has its size reserved, not set.
  static Result<std::unique_ptr<PartialBlob>> create(fs::Disk& disk, Clock& clock, std::string folder, const JournalHeader& header);
  /// Opens one that this run has taken over by renaming it to `folder`. nullptr: no valid journal, or another digest or size: the caller
  /// removes it.
  static Result<std::unique_ptr<PartialBlob>> reopen(fs::Disk& disk, Clock& clock, std::string folder, const JournalHeader& expected);

  /// Bytes that `reopen` would find in `folder`; 0: nothing of use. Reads the journal and lstats the data.
  static Result<std::uint64_t> resumable_bytes(fs::Disk& disk, const std::string& folder, const JournalHeader& expected);
  /// Removes the files of a partial and its folder; what else is in the folder stays, and so does the folder then.
  static Result<void> remove_folder(fs::Disk& disk, const std::string& folder);

  PartialBlob(const PartialBlob&) = delete;
  PartialBlob& operator=(const PartialBlob&) = delete;
  ~PartialBlob();  ///< closes; removes nothing

  /// Ranges that were there when it was opened: to be re-hashed, not fetched (resume trusts nothing else).
  [[nodiscard]] const RangeSet& resumed() const { return resumed_; }
  [[nodiscard]] std::uint64_t size() const { return header_.size; }
  [[nodiscard]] const digest::Digest& digest() const { return header_.digest; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string data_path() const { return folder_ + "/data"; }
  [[nodiscard]] int fd() const { return data_.value(); }
  /// Is anything recorded that a later run could use?
  [[nodiscard]] bool has_ranges() const { return !written_.empty() || !durable_.empty(); }
  /// Was every byte written, now or by the run it was taken over from? A digest taken from memory does not know of a write that failed.
  [[nodiscard]] bool is_whole() const;
  /// A sync failed once: nobody knows what reached the disk, so the partial must not be kept (docs/reliability.md "The commit order").
  [[nodiscard]] bool sync_failed() const { return sync_failed_; }

  /// pwrite; remembers the range for the next 'w' record. Errors: DiskFull, IoFailed …
  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Reads `bytes.size()` bytes at `offset`. Errors: IoFailed (also: file shorter).
  Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// Appends what is due by size or time: 'w' records, and fdatasync + 'd' records. Call after writes and about twice a second.
  Result<void> tick();
  /// Appends all outstanding 'w' records now, syncs nothing: an interrupt ends within its second.
  Result<void> checkpoint();
  /// fdatasync + 'd' for everything. Before publishing: `sync_file` follows in the caller.
  Result<void> sync_all();
  /// Forgets all ranges and starts anew from zero (digest failed, T20).
  Result<void> restart();
  /// Removes data, journal and folder.
  Result<void> remove();

 private:
  PartialBlob(fs::Disk& disk, Clock& clock, std::string folder, JournalHeader header);
  [[nodiscard]] std::string journal_path() const { return folder_ + "/journal"; }
  Result<void> append_records(char kind, const RangeSet& ranges);
  Result<void> compact();
  Result<void> sync_names();

  fs::Disk& disk_;
  Clock& clock_;
  std::string folder_;
  JournalHeader header_;
  UniqueFd data_;
  UniqueFd journal_;
  RangeSet resumed_;
  RangeSet pending_;  // written, no 'w' record yet
  RangeSet written_;  // has a 'w' record, not durable yet
  RangeSet durable_;
  std::uint64_t journal_bytes_ = 0;
  std::uint64_t compact_bytes_ = 0;  // of the journal when it was last rewritten
  SteadyTime last_record_;
  SteadyTime last_sync_;
  bool names_synced_ = false;
  bool sync_failed_ = false;
};

}  // namespace larder::store
