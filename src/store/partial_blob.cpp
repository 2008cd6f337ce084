#include "store/partial_blob.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/path.hpp"
#include "store/folders.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

namespace larder::store {
namespace {

// Rhythm of the records. What a kill loses is fetched twice: of four open files 4 MiB each, and what the pool holds, together 32 MiB.
constexpr std::uint64_t kRecordBytes = 4ULL << 20U;
constexpr std::chrono::milliseconds kRecordEvery{500};
constexpr std::uint64_t kSyncBytes = 256ULL << 20U;
constexpr std::chrono::seconds kSyncEvery{5};
constexpr std::uint64_t kJournalLimit = 1ULL << 20U;  // longer: rewritten

std::string records(char kind, const RangeSet& ranges) {
  std::string text;
  for (const auto& range : ranges.ranges()) text += format_record(kind, range);
  return text;
}

void add_all(RangeSet& into, const RangeSet& from) {
  for (const auto& range : from.ranges()) into.add(range);
}

/// True for a file that only this user can have open for writing: another's would still be his after the rename.
bool is_own_file(const fs::FileFacts& facts) { return facts.kind == fs::FileKind::Regular && facts.owner == geteuid() && facts.links == 1; }

/// The ranges of a journal that still hold, given the boot and the length of the data; nullopt: start anew.
struct Trusted {
  RangeSet durable;
  RangeSet written;
};

std::optional<Trusted> trusted_ranges(const JournalContent& journal, const JournalHeader& expected, std::uint64_t data_size) {
  if (journal.header.size != expected.size || journal.header.digest != expected.digest) return std::nullopt;
  Trusted trusted{journal.durable, {}};
  if (!expected.boot.empty() && journal.header.boot == expected.boot) trusted.written = journal.written;
  for (const auto* set : {&trusted.durable, &trusted.written}) {
    if (!set->empty() && set->ranges().back().end > data_size) return std::nullopt;
  }
  for (const auto& range : trusted.durable.ranges()) trusted.written.subtract(range);
  return trusted;
}

Result<std::optional<Trusted>> read_trusted(fs::Disk& disk, const std::string& folder, const JournalHeader& expected) {
  LARDER_TRY(const auto facts, disk.look(folder + "/data"));
  if (!facts || !is_own_file(*facts)) return std::optional<Trusted>{};
  LARDER_TRY(const auto journal, read_journal(disk, folder + "/journal"));
  if (!journal) return std::optional<Trusted>{};
  return trusted_ranges(*journal, expected, facts->size);
}

}  // namespace

PartialBlob::PartialBlob(fs::Disk& disk, Clock& clock, std::string folder, JournalHeader header)
    : disk_(disk),
      clock_(clock),
      folder_(std::move(folder)),
      header_(std::move(header)),
      last_record_(clock.now()),
      last_sync_(last_record_) {}

PartialBlob::~PartialBlob() = default;

Result<std::unique_ptr<PartialBlob>> PartialBlob::create(fs::Disk& disk, Clock& clock, std::string folder, const JournalHeader& header) {
  std::unique_ptr<PartialBlob> partial(new PartialBlob(disk, clock, std::move(folder), header));
  LARDER_TRY(const bool made, disk.make_folder(partial->folder_));
  if (!made) return fail(ErrorCode::IoFailed, fmt::format("{}: exists already", escape_text(partial->folder_)));
  LARDER_TRY(partial->data_, disk.create_new(partial->data_path()));
  LARDER_CHECK(disk.reserve(partial->fd(), header.size));
  LARDER_TRY(partial->journal_, disk.create_new(partial->journal_path()));
  const std::string text = format_header(header);
  LARDER_CHECK(disk.append(partial->journal_.value(), bytes_of(text)));
  partial->journal_bytes_ = text.size();
  return partial;
}

Result<std::unique_ptr<PartialBlob>> PartialBlob::reopen(fs::Disk& disk, Clock& clock, std::string folder, const JournalHeader& expected) {
  LARDER_TRY(const auto trusted, read_trusted(disk, folder, expected));
  if (!trusted) return std::unique_ptr<PartialBlob>{};
  std::unique_ptr<PartialBlob> partial(new PartialBlob(disk, clock, std::move(folder), expected));
  LARDER_TRY(partial->data_, disk.open_write(partial->data_path()));
  LARDER_TRY(const auto facts, disk.look_at(partial->fd()));
  if (!is_own_file(facts)) return std::unique_ptr<PartialBlob>{};
  if (facts.size > expected.size) LARDER_CHECK(disk.truncate(partial->fd(), expected.size));
  LARDER_CHECK(disk.reserve(partial->fd(), expected.size));
  partial->durable_ = trusted->durable;
  partial->written_ = trusted->written;
  partial->resumed_ = trusted->durable;
  add_all(partial->resumed_, trusted->written);
  LARDER_CHECK(partial->compact());  // a torn last line must not stand in front of new ones
  return partial;
}

Result<std::uint64_t> PartialBlob::resumable_bytes(fs::Disk& disk, const std::string& folder, const JournalHeader& expected) {
  LARDER_TRY(const auto trusted, read_trusted(disk, folder, expected));
  return trusted ? trusted->durable.bytes() + trusted->written.bytes() : 0;
}

bool PartialBlob::is_whole() const {
  RangeSet here = durable_;
  add_all(here, written_);
  add_all(here, pending_);
  return here.contains({0, header_.size});
}

Result<void> PartialBlob::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  LARDER_CHECK(disk_.write_at(fd(), bytes, offset));
  pending_.add({offset, offset + bytes.size()});
  return {};
}

Result<void> PartialBlob::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  LARDER_TRY(const std::size_t got, disk_.read_at(fd(), bytes, offset));
  if (got != bytes.size()) return fail(ErrorCode::IoFailed, fmt::format("{}: shorter than what was written", escape_text(data_path())));
  return {};
}

Result<void> PartialBlob::tick() {
  const SteadyTime now = clock_.now();
  const std::uint64_t pending = pending_.bytes();
  if (pending >= kRecordBytes || (pending > 0 && now - last_record_ >= kRecordEvery)) {
    for (const auto& range : pending_.ranges()) disk_.start_writeback(fd(), range);
    LARDER_CHECK(checkpoint());
  }
  const std::uint64_t unsynced = written_.bytes();
  if (unsynced >= kSyncBytes || (unsynced > 0 && now - last_sync_ >= kSyncEvery)) return sync_all();
  return {};
}

Result<void> PartialBlob::checkpoint() {
  last_record_ = clock_.now();
  if (pending_.empty()) return {};
  LARDER_CHECK(append_records('w', pending_));
  add_all(written_, pending_);
  pending_.clear();
  return {};
}

Result<void> PartialBlob::sync_all() {
  if (auto synced = disk_.sync_data(fd()); !synced) {
    sync_failed_ = true;
    return synced;
  }
  LARDER_CHECK(sync_names());
  RangeSet fresh = written_;
  add_all(fresh, pending_);
  if (!fresh.empty()) {
    LARDER_CHECK(append_records('d', fresh));
    LARDER_CHECK(disk_.sync_data(journal_.value()));
  }
  add_all(durable_, fresh);
  written_.clear();
  pending_.clear();
  last_sync_ = clock_.now();
  last_record_ = last_sync_;
  return {};
}

// A durable range is of no use while the names of the files are not durable.
Result<void> PartialBlob::sync_names() {
  if (names_synced_) return {};
  LARDER_CHECK(disk_.sync_folder(folder_));
  LARDER_CHECK(disk_.sync_folder(fs::parent_of(folder_)));
  names_synced_ = true;
  return {};
}

Result<void> PartialBlob::append_records(char kind, const RangeSet& ranges) {
  const std::string text = records(kind, ranges);
  LARDER_CHECK(disk_.append(journal_.value(), bytes_of(text)));
  journal_bytes_ += text.size();
  // Where the ranges themselves take that much, rewriting at every record would cost more than it saves.
  if (journal_bytes_ <= std::max(kJournalLimit, 2 * compact_bytes_)) return {};
  // What was just recorded is in neither set yet.
  RangeSet& into = kind == 'd' ? durable_ : written_;
  add_all(into, ranges);
  return compact();
}

Result<void> PartialBlob::compact() {
  const std::string temp = journal_path() + ".new";
  (void)disk_.remove_file(temp);  // of a run that died here
  LARDER_TRY(UniqueFd fresh, disk_.create_new(temp));
  const std::string text = format_header(header_) + records('d', durable_) + records('w', written_);
  LARDER_CHECK(disk_.append(fresh.value(), bytes_of(text)));
  LARDER_CHECK(disk_.sync_file(fresh.value()));
  LARDER_CHECK(disk_.rename(temp, journal_path()));
  names_synced_ = false;
  journal_ = std::move(fresh);
  journal_bytes_ = text.size();
  compact_bytes_ = text.size();
  return {};
}

Result<void> PartialBlob::restart() {
  resumed_.clear();
  pending_.clear();
  written_.clear();
  durable_.clear();
  LARDER_CHECK(compact());  // first: a crash in between must not leave ranges of a file that is empty
  LARDER_CHECK(disk_.truncate(fd(), 0));
  return disk_.reserve(fd(), header_.size);
}

Result<void> PartialBlob::remove() { return remove_folder(disk_, folder_); }

Result<void> PartialBlob::remove_folder(fs::Disk& disk, const std::string& folder) {
  // The journal first: without it the data is of no use to anybody, the other way round it would lie.
  for (const char* name : {"/journal", "/journal.new", "/data"}) LARDER_CHECK(disk.remove_file(folder + name));
  LARDER_CHECK(disk.remove_folder(folder));
  return {};
}

}  // namespace larder::store
