#include "store/payload_sweep.hpp"

#include "fs/atomic_file.hpp"
#include "fs/file_lock.hpp"
#include "fs/path.hpp"
#include "store/scan_shared.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace larder::store {
namespace {

/// Lines that are true, first come first, each once; nullopt: of one it cannot be told.
std::optional<std::vector<std::string>> valid_lines(Store& store, const std::vector<std::string>& lines, std::string_view name) {
  std::vector<std::string> kept;
  for (const std::string& line : lines) {
    const auto is_valid = is_valid_referrer(store, line, name);
    if (!is_valid) return std::nullopt;
    if (*is_valid && std::find(kept.begin(), kept.end(), line) == kept.end()) kept.push_back(line);
  }
  return kept;
}

/// The store's own names for temps: `<XET>.refs.<8 hex>.tmp`, in the same folder, then rename.
Result<void> rewrite_manifest(Store& store, const std::string& manifest, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  LARDER_TRY(auto file, fs::AtomicFile::create(store.disk(), manifest + "." + store.random().hex8() + ".tmp"));
  LARDER_CHECK(file.append(text));
  (void)::fchmod(file.fd(), 0666);  // always, whatever the umask; where that fails others cannot append, which costs a copy
  LARDER_CHECK(file.sync());
  return file.rename_to(manifest);
}

Result<PayloadSweep> sweep_locked(Store& store, const std::string& payload, std::string_view name, PayloadWish wish) {
  const std::string manifest = manifest_path(payload);
  const auto lines = read_manifest(store.disk(), manifest);
  if (!lines) return PayloadSweep::Kept;
  const auto kept = valid_lines(store, *lines, name);
  if (!kept) return PayloadSweep::Kept;
  if (!kept->empty()) {
    if (kept->size() != lines->size()) LARDER_CHECK(rewrite_manifest(store, manifest, *kept));
    return PayloadSweep::Kept;
  }
  if (wish == PayloadWish::PutRight) return PayloadSweep::Kept;
  // The payload first: a manifest that is gone would keep it for ever. A crash in between leaves a manifest of nothing, which the next
  // prune removes.
  LARDER_CHECK(store.disk().remove_file(payload));
  LARDER_CHECK(store.disk().remove_file(manifest));
  return PayloadSweep::Removed;
}

/// Does `sweep` with the lock of a payload held. Kept where the store is not one, or has no locks (R-578 g).
template <typename SweepLocked>
Result<PayloadSweep> with_lock(Store& store, const std::string& payload, const SweepLocked& sweep) {
  LARDER_TRY(const bool is_marked, is_shared_store(store.disk(), store.root()));
  if (!is_marked) return PayloadSweep::Kept;
  LARDER_TRY(const auto folder, store.disk().look(fs::parent_of(payload)));
  if (!folder || folder->kind != fs::FileKind::Folder) return PayloadSweep::Kept;
  LARDER_TRY(const auto attempt, fs::FileLock::try_lock(payload + ".lock", fs::FileLock::kEverybodyMode));
  switch (attempt.outcome) {
    case fs::FileLock::Outcome::Busy:
      return PayloadSweep::Busy;
    case fs::FileLock::Outcome::Unsupported:
      return PayloadSweep::Kept;
    case fs::FileLock::Outcome::Held:
      break;
  }
  return sweep();
}

}  // namespace

Result<PayloadSweep> sweep_payload(Store& store, std::string_view name, PayloadWish wish) {
  const std::string payload = payload_path(store.root(), name);
  return with_lock(store, payload, [&] { return sweep_locked(store, payload, name, wish); });
}

Result<PayloadSweep> remove_orphan_manifest(Store& store, const std::string& relative) {
  const std::string name = relative.substr(relative.rfind('/') + 1, 64);
  const std::string payload = payload_path(store.root(), name);
  return with_lock(store, payload, [&]() -> Result<PayloadSweep> {
    LARDER_TRY(const auto facts, store.disk().look(payload));
    if (facts || may_be_referred_to(store, manifest_path(payload), name)) return PayloadSweep::Busy;  // published again meanwhile
    LARDER_CHECK(store.disk().remove_file(manifest_path(payload)));
    return PayloadSweep::Removed;
  });
}

Result<PayloadSweep> remove_store_temp(Store& store, const std::string& relative) {
  const std::string path = store.root() + "/" + relative;
  LARDER_TRY(const bool is_marked, is_shared_store(store.disk(), store.root()));
  LARDER_TRY(const auto folder, store.disk().look(fs::parent_of(path)));
  if (!is_marked || !folder || folder->kind != fs::FileKind::Folder) return PayloadSweep::Kept;
  LARDER_TRY(const auto facts, store.disk().look(path));
  if (!facts) return PayloadSweep::Removed;
  if (!judge_store_temp(store, relative, *facts, Deadness::Judged).is_dead) return PayloadSweep::Busy;
  // A name of 8 random digits, a day old: no writer that begins now uses it, so no lock is held while it goes.
  LARDER_CHECK(store.disk().remove_file(path));
  return PayloadSweep::Removed;
}

}  // namespace larder::store
