// TokenStore: the token file and the named tokens beside it, shared with `hf` (R-404…R-408).
#pragma once

#include <larder/auth/stored_tokens.hpp>
#include <larder/base/cancel.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/random.hpp>
#include <larder/base/result.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace larder::fs {
class Disk;
class FileLock;
}  // namespace larder::fs

namespace larder::auth {

/// What is stored, at one moment.
struct StoredState {
  std::vector<StoredToken> tokens;  ///< as in the file
  Secret active;                    ///< of the token file, cleaned (R-403); empty: there is none
  /// The section that holds the active token; null: none does.
  [[nodiscard]] const StoredToken* active_section() const;
  /// Whether any section can be renewed.
  [[nodiscard]] bool has_login() const;
};

/// Writes whole files with mode 0600, by rename; changes are made under the lock `stored_tokens.lock`, which `hf` takes, too.
/// A folder it makes is 0700, the mode of one that is there is left alone. Thread: one at a time.
class TokenStore {
 public:
  /// `token_file`: absolute. Nothing is touched by being built.
  TokenStore(fs::Disk& disk, Clock& clock, Random& random, std::string token_file);

  /// Errors: InvalidConfig for a stored_tokens file that can't be understood; PermissionDenied, IoFailed.
  [[nodiscard]] Result<StoredState> read() const;
  /// Puts `token` into the named tokens, in place of one of the same name, and makes it the active one. Errors: InvalidArgument (a name
  /// that no section can have), LockBusy, those of `read` (then nothing is written), PermissionDenied, ReadOnly, DiskFull, IoFailed.
  Result<void> save(const StoredToken& token, const CancelToken& cancel);
  /// Makes a stored token the active one. Errors: EntryNotFound, those of `save`.
  Result<void> activate(const std::string& name, const CancelToken& cancel);
  /// Takes one away, and the token file if it holds that token. Errors: EntryNotFound, those of `save`.
  Result<void> remove(const std::string& name, const CancelToken& cancel);
  /// Takes both files away. False: there was nothing.
  Result<bool> remove_all(const CancelToken& cancel);
  /// Replaces the token `old` by what `renew` makes of its section, under the lock, unless another client did so meanwhile; the token file
  /// follows if it still holds `old`. Returns the token to use now. Errors: those of `renew` and `save`.
  Result<Secret> renew(const Secret& old, const std::function<Result<StoredToken>(const StoredToken&)>& renew, const CancelToken& cancel);

  [[nodiscard]] const std::string& token_file() const { return token_file_; }
  [[nodiscard]] const std::string& stored_file() const { return stored_file_; }

 private:
  class Locked;
  Result<Locked> lock(const CancelToken& cancel) const;
  /// Empty where there are no locks.
  Result<std::optional<fs::FileLock>> wait_for_lock(const CancelToken& cancel) const;
  Result<std::optional<std::string>> read_file(const std::string& path) const;
  Result<void> make_folder() const;
  /// What killed runs left of the files they were writing.
  [[nodiscard]] std::vector<std::string> left_behind() const;
  Result<void> write_secret(const std::string& path, std::string_view text) const;

  fs::Disk& disk_;
  Clock& clock_;
  Random& random_;
  std::string token_file_;
  std::string folder_;
  std::string stored_file_;
};

}  // namespace larder::auth
