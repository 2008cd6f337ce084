#include <larder/auth/token_store.hpp>

#include "base/escape.hpp"
#include "base/hex.hpp"
#include "fs/atomic_file.hpp"
#include "fs/disk.hpp"
#include "fs/file_lock.hpp"
#include "fs/path.hpp"

#include <larder/base/token_text.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace larder::auth {
namespace {

constexpr std::uint64_t kLongestFile = 1U << 20U;
constexpr std::chrono::seconds kLockWait{30};
constexpr std::chrono::milliseconds kLockPause{100};
constexpr std::string_view kTemp = ".tmp";

std::vector<StoredToken>::iterator find_name(std::vector<StoredToken>& tokens, const std::string& name) {
  return std::find_if(tokens.begin(), tokens.end(), [&](const StoredToken& token) { return token.name() == name; });
}

auto unknown_name(const std::string& name) {
  return fail(ErrorCode::EntryNotFound, "no stored token is called '" + escape_text(name) + "'", "`larder auth list` shows the names");
}

void put(std::vector<StoredToken>& tokens, const StoredToken& token) {
  const auto there = find_name(tokens, token.name());
  if (there == tokens.end()) {
    tokens.push_back(token);
  } else {
    *there = token;  // the whole section: what is not in the new one must not stay
  }
}

/// `<file>.<8 hex digits>.tmp`
bool is_temp_of(const std::string& file, std::string_view path) {
  if (path.size() != file.size() + 1 + 8 + kTemp.size() || !path.starts_with(file + ".") || !path.ends_with(kTemp)) return false;
  return is_lower_hex(path.substr(file.size() + 1, 8));
}

}  // namespace

/// What a change works with: the state as it is under the lock.
class TokenStore::Locked {
 public:
  Locked(std::optional<fs::FileLock> lock, StoredState state) : state_(std::move(state)), lock_(std::move(lock)) {}
  StoredState& state() { return state_; }

 private:
  StoredState state_;
  std::optional<fs::FileLock> lock_;
};

bool StoredState::has_login() const {
  return std::any_of(tokens.begin(), tokens.end(), [](const StoredToken& token) { return !token.refresh_token().empty(); });
}

const StoredToken* StoredState::active_section() const {
  if (active.empty()) return nullptr;
  const auto found =
      std::find_if(tokens.begin(), tokens.end(), [&](const StoredToken& token) { return token.token().reveal() == active.reveal(); });
  return found == tokens.end() ? nullptr : &*found;
}

TokenStore::TokenStore(fs::Disk& disk, Clock& clock, Random& random, std::string token_file)
    : disk_(disk),
      clock_(clock),
      random_(random),
      token_file_(std::move(token_file)),
      folder_(fs::parent_of(token_file_)),
      stored_file_(folder_ + "/stored_tokens") {}

/// nullopt: not there.
Result<std::optional<std::string>> TokenStore::read_file(const std::string& path) const {
  LARDER_TRY(const auto facts, disk_.look_through(path));
  if (facts && facts->kind == fs::FileKind::Folder) {
    return fail(ErrorCode::IoFailed, escape_text(path) + ": is a folder where a file belongs", "see who put it there, and remove it");
  }
  return disk_.read_small(path, kLongestFile);
}

Result<StoredState> TokenStore::read() const {
  StoredState state;
  LARDER_TRY(const auto token, read_file(token_file_));
  if (token) state.active = Secret(clean_token(*token));
  LARDER_TRY(const auto stored, read_file(stored_file_));
  if (stored) {
    LARDER_TRY(state.tokens, with_context(parse_stored_tokens(*stored), escape_text(stored_file_)));
  }
  return state;
}

Result<TokenStore::Locked> TokenStore::lock(const CancelToken& cancel) const {
  LARDER_CHECK(make_folder());
  LARDER_TRY(auto held, wait_for_lock(cancel));
  if (held) {
    for (const auto& path : left_behind()) (void)disk_.remove_file(path);  // secrets that nobody knows of
  }
  LARDER_TRY(auto state, read());
  return Locked(std::move(held), std::move(state));
}

Result<std::optional<fs::FileLock>> TokenStore::wait_for_lock(const CancelToken& cancel) const {
  const auto path = stored_file_ + ".lock";
  const auto deadline = clock_.now() + kLockWait;
  while (true) {
    LARDER_TRY(auto attempt, fs::FileLock::try_lock(path));
    // None: a file system without locks, where everybody is as well off.
    if (attempt.outcome != fs::FileLock::Outcome::Busy) return std::move(attempt.lock);
    if (clock_.now() >= deadline) return fail(ErrorCode::LockBusy, escape_text(path) + ": another program holds the lock");
    if (!clock_.wait_until(clock_.now() + kLockPause, cancel)) return fail(cancel.error());
  }
}

Result<void> TokenStore::make_folder() const {
  LARDER_TRY(const auto there, disk_.look_through(folder_));
  if (there) return {};
  std::vector<std::string> grown;  // they get an entry, which has to last as long as the token in it
  for (std::string at = folder_; at.size() > 1; at = fs::parent_of(at)) {
    LARDER_TRY(const auto facts, disk_.look_through(at));
    if (facts) break;
    grown.push_back(fs::parent_of(at));
  }
  LARDER_CHECK(disk_.make_folders(fs::parent_of(folder_)));
  LARDER_TRY(const bool made, disk_.make_folder(folder_));
  if (made && ::chmod(folder_.c_str(), 0700) != 0) return fail_os(errno, escape_text(folder_));
  for (const std::string& folder : grown) LARDER_CHECK(disk_.sync_folder(folder));
  return {};
}

std::vector<std::string> TokenStore::left_behind() const {
  std::vector<std::string> paths;
  const auto names = disk_.list(folder_);
  for (const auto& name : names.value_or(std::vector<std::string>())) {
    auto path = folder_ + "/" + name;
    if (is_temp_of(token_file_, path) || is_temp_of(stored_file_, path)) paths.push_back(std::move(path));
  }
  return paths;
}

Result<void> TokenStore::write_secret(const std::string& path, std::string_view text) const {
  LARDER_TRY(auto file, fs::AtomicFile::create(disk_, path + "." + random_.hex8() + std::string(kTemp)));
  // The mode first: the file is empty until then.
  if (::fchmod(file.fd(), 0600) != 0) return fail_os(errno, escape_text(path));
  LARDER_CHECK(file.append(text));
  LARDER_CHECK(file.sync());
  LARDER_CHECK(file.rename_to(path));  // over a link that was planted there, never through it (T44)
  return disk_.sync_folder(folder_);
}

Result<void> TokenStore::save(const StoredToken& token, const CancelToken& cancel) {
  if (!is_section_name(token.name())) {
    return fail(ErrorCode::InvalidArgument, "no token can be stored under the name '" + escape_text(token.name()) + "'");
  }
  LARDER_TRY(auto locked, lock(cancel));
  put(locked.state().tokens, token);
  LARDER_CHECK(write_secret(stored_file_, format_stored_tokens(locked.state().tokens)));
  return write_secret(token_file_, token.token().reveal());
}

Result<void> TokenStore::activate(const std::string& name, const CancelToken& cancel) {
  LARDER_TRY(auto locked, lock(cancel));
  const auto found = find_name(locked.state().tokens, name);
  if (found == locked.state().tokens.end() || found->token().empty()) return unknown_name(name);
  return write_secret(token_file_, found->token().reveal());
}

Result<void> TokenStore::remove(const std::string& name, const CancelToken& cancel) {
  LARDER_TRY(auto locked, lock(cancel));
  auto& tokens = locked.state().tokens;
  const auto found = find_name(tokens, name);
  if (found == tokens.end()) return unknown_name(name);
  const bool was_active = found->token().reveal() == locked.state().active.reveal();
  tokens.erase(found);
  LARDER_CHECK(write_secret(stored_file_, format_stored_tokens(tokens)));
  if (!was_active) return {};
  LARDER_CHECK(disk_.remove_file(token_file_));
  return disk_.sync_folder(folder_);
}

Result<bool> TokenStore::remove_all(const CancelToken& cancel) {
  LARDER_TRY(const auto token, disk_.look(token_file_));
  LARDER_TRY(const auto stored, disk_.look(stored_file_));
  if (!token && !stored && left_behind().empty()) return false;
  // Not `lock`: a file that can't be understood goes away all the same.
  LARDER_TRY(const auto held, wait_for_lock(cancel));
  for (const auto& path : left_behind()) LARDER_CHECK(disk_.remove_file(path));
  LARDER_CHECK(disk_.remove_file(token_file_));
  LARDER_CHECK(disk_.remove_file(stored_file_));
  LARDER_CHECK(disk_.sync_folder(folder_));
  return true;
}

Result<Secret> TokenStore::renew(const Secret& old, const std::function<Result<StoredToken>(const StoredToken&)>& renew,
                                 const CancelToken& cancel) {
  LARDER_TRY(auto locked, lock(cancel));
  auto& state = locked.state();
  // Another client may have been faster: then the token file holds its new token already.
  if (!state.active.empty() && state.active.reveal() != old.reveal()) return state.active;
  const auto* section = state.active_section();
  if (section == nullptr) return old;
  LARDER_TRY(const auto renewed, renew(*section));
  put(state.tokens, renewed);
  LARDER_CHECK(write_secret(stored_file_, format_stored_tokens(state.tokens)));
  LARDER_CHECK(write_secret(token_file_, renewed.token().reveal()));
  return renewed.token();
}

}  // namespace larder::auth
