#include "store/shared_store.hpp"

#include "base/escape.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "fs/file_lock.hpp"
#include "fs/path.hpp"
#include "store/file_digest.hpp"
#include "store/folders.hpp"
#include "store/link_target.hpp"

#include <larder/base/log.hpp>

#include <sys/stat.h>

#include <fmt/format.h>

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::string_view kMarker = "/blobs/.huggingface-shared-blobs";
constexpr std::string_view kVersion = "1\n";
constexpr std::string_view kLinkStart = "../../blobs/";
constexpr std::size_t kXetLength = 64;
// A sweep holds the lock for an instant, an upload by Python as long as a rename: then the file is simply downloaded.
constexpr std::chrono::seconds kLockWait{10};
constexpr std::chrono::milliseconds kLockPoll{50};

/// Errors that end the run; the others only mean that the file is downloaded instead.
bool ends_the_run(const Error& error) {
  return error.code == ErrorCode::DiskFull || error.code == ErrorCode::ReadOnly || error.code == ErrorCode::Interrupted ||
         error.code == ErrorCode::TimedOut;
}

Result<bool> soft(Result<bool> result, const std::string& payload) {
  if (result || ends_the_run(result.error())) return result;
  log::warn(fmt::format("{}: not used: {}", escape_text(payload), result.error().text()));
  return false;
}

Result<std::optional<fs::FileLock>> wait_for_lock(Clock& clock, const std::string& path, const CancelToken& cancel) {
  const SteadyTime deadline = clock.now() + kLockWait;
  while (true) {
    LARDER_TRY(auto attempt, fs::FileLock::try_lock(path, fs::FileLock::kEverybodyMode));
    // R-578 g: without working locks we stay out of the store.
    if (attempt.outcome != fs::FileLock::Outcome::Busy) return std::move(attempt.lock);
    if (clock.now() >= deadline) return std::optional<fs::FileLock>{};
    if (!clock.wait_until(clock.now() + kLockPoll, cancel)) return fail(cancel.error());
  }
}

}  // namespace

std::string payload_path(const std::string& root, std::string_view xet_hash) {
  return fmt::format("{}/blobs/{}/{}", root, xet_hash.substr(0, 2), xet_hash);
}

std::string payload_link_text(std::string_view xet_hash) { return fmt::format("{}{}/{}", kLinkStart, xet_hash.substr(0, 2), xet_hash); }

std::optional<std::string> xet_hash_of_link(std::string_view text) {
  if (text.size() != kLinkStart.size() + 3 + kXetLength) return std::nullopt;
  const std::string_view hash = text.substr(text.size() - kXetLength);
  if (!is_lower_hex(hash) || text != payload_link_text(hash)) return std::nullopt;
  return std::string(hash);
}

std::optional<std::string> payload_of_entry(const RepoLayout& layout, std::string_view text) {
  if (auto hash = xet_hash_of_link(text)) return hash;
  constexpr std::string_view kEntry = "blobs/entry";
  const std::string target = classify_link(layout, kEntry, text).path;
  if (target.size() < kXetLength) return std::nullopt;
  std::string hash = target.substr(target.size() - kXetLength);
  const bool is_payload = is_lower_hex(hash) && target == classify_link(layout, kEntry, payload_link_text(hash)).path;
  return is_payload ? std::optional(std::move(hash)) : std::nullopt;
}

Result<bool> is_shared_store(fs::Disk& disk, const std::string& root) {
  LARDER_TRY(const auto folder, disk.look(root + "/blobs"));
  if (!folder || folder->kind != fs::FileKind::Folder) return false;
  const std::string marker = root + std::string(kMarker);
  LARDER_TRY(const auto facts, disk.look(marker));
  if (!facts || facts->kind != fs::FileKind::Regular || facts->size != kVersion.size()) return false;
  const auto text = disk.read_small(marker, 16);
  return text && *text && **text == kVersion;
}

Result<bool> SharedStore::is_usable() const {
  if (!store_.options().has_symlinks || !store_.options().uses_shared_blobs) return false;
  return is_shared_store(store_.disk(), store_.root());
}

Result<bool> SharedStore::has(const std::string& xet_hash, std::uint64_t size) const {
  const std::string payload = payload_path(store_.root(), xet_hash);
  LARDER_TRY(const auto shelf, store_.disk().look(fs::parent_of(payload)));
  if (!shelf || shelf->kind != fs::FileKind::Folder) return false;
  LARDER_TRY(const auto facts, store_.disk().look(payload));
  return facts && facts->kind == fs::FileKind::Regular && facts->size == size;
}

Result<bool> SharedStore::is_right(const std::string& payload, const SharedLink& what, const std::function<void(std::uint64_t)>& hashed,
                                   const CancelToken& cancel) {
  LARDER_TRY(const UniqueFd fd, store_.disk().open_read(payload));
  LARDER_TRY(const auto digest, digest_file(store_.disk(), fd.value(), {digest::Algorithm::Sha256, what.size}, hashed, cancel));
  if (digest == what.sha256) return true;
  log::warn(fmt::format("{}: not used: digest mismatch: expected {}, got {}", escape_text(payload), what.sha256.text(), digest.text()));
  return false;
}

// Append-only. A last line that somebody left torn must not swallow ours.
Result<bool> SharedStore::append_line(const std::string& refs, const std::string& line) {
  fs::Disk& disk = store_.disk();
  LARDER_TRY(const auto there, disk.look(refs));
  if (there && there->kind != fs::FileKind::Regular) return false;
  LARDER_TRY(const UniqueFd fd, there ? disk.open_write(refs) : disk.create_new(refs));
  if (!there) (void)::fchmod(fd.value(), 0666);  // whatever the umask; where that fails others cannot append, which costs a copy
  LARDER_TRY(const auto facts, disk.look_at(fd.value()));
  std::byte last{'\n'};
  if (facts.size > 0) LARDER_CHECK(disk.read_at(fd.value(), std::span(&last, 1), facts.size - 1));
  const std::string text = (last == std::byte{'\n'} ? "" : "\n") + line;
  LARDER_CHECK(disk.write_at(fd.value(), bytes_of(text), facts.size));
  LARDER_CHECK(disk.sync_file(fd.value()));
  if (!there) LARDER_CHECK(disk.sync_folder(fs::parent_of(refs)));
  return true;
}

Result<bool> SharedStore::link_locked(const RepoLayout& layout, const SharedLink& what) {
  const std::string payload = payload_path(store_.root(), what.xet_hash);
  const std::string blob = what.sha256.hex();
  const std::string temp = store_.temp_name(layout.tmp());
  LARDER_CHECK(store_.make_folders(layout.tmp()));
  LARDER_TRY(const bool noted, append_line(manifest_path(payload), layout.folder() + "/blobs/" + blob + "\n"));
  if (!noted) return false;
  LARDER_TRY(const bool made, store_.disk().make_symlink(payload_link_text(what.xet_hash), temp));
  if (!made) return false;
  auto renamed = store_.disk().rename(temp, layout.blob(blob));
  if (!renamed) {
    (void)store_.disk().remove_file(temp);
    return fail(std::move(renamed).error());
  }
  LARDER_CHECK(store_.disk().sync_folder(layout.blobs()));
  return true;
}

Result<bool> SharedStore::link(const RepoLayout& layout, const SharedLink& what, const std::function<void(std::uint64_t)>& hashed,
                               const CancelToken& cancel) {
  const std::string payload = payload_path(store_.root(), what.xet_hash);
  LARDER_TRY(const bool usable, is_usable());
  LARDER_TRY(const bool here, has(what.xet_hash, what.size));
  if (!usable || !here) return false;
  // Hashed before the lock is taken, which others wait for; under it only "still the same file" is asked.
  LARDER_TRY(const auto before, store_.disk().look(payload));
  LARDER_TRY(const bool right, soft(is_right(payload, what, hashed, cancel), payload));
  if (!right || !before) return false;
  auto lock = wait_for_lock(store_.clock(), payload + ".lock", cancel);
  if (!lock) return soft(fail(std::move(lock).error()), payload);
  if (!*lock) return false;
  LARDER_TRY(const auto now, store_.disk().look(payload));
  if (!now || now->inode != before->inode || now->size != before->size || now->mtime_ns != before->mtime_ns) return false;
  return soft(link_locked(layout, what), payload);
}

}  // namespace larder::store
