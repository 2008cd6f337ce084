#include <larder/base/error.hpp>

#include <array>
#include <cerrno>
#include <system_error>

namespace larder {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit;
};

// In the order of the enum. Exit codes as in docs/manual.md "Exit codes".
constexpr std::array kRows{
    Row{ErrorCode::Internal, "Internal", 1},
    Row{ErrorCode::InvalidArgument, "InvalidArgument", 2},
    Row{ErrorCode::InvalidConfig, "InvalidConfig", 2},
    Row{ErrorCode::RepoNotFound, "RepoNotFound", 3},
    Row{ErrorCode::RevisionNotFound, "RevisionNotFound", 3},
    Row{ErrorCode::EntryNotFound, "EntryNotFound", 3},
    Row{ErrorCode::NotInCache, "NotInCache", 3},
    Row{ErrorCode::AuthRequired, "AuthRequired", 4},
    Row{ErrorCode::AccessDenied, "AccessDenied", 4},
    Row{ErrorCode::GatedRepo, "GatedRepo", 4},
    Row{ErrorCode::NameNotResolved, "NameNotResolved", 5},
    Row{ErrorCode::ConnectFailed, "ConnectFailed", 5},
    Row{ErrorCode::ProxyFailed, "ProxyFailed", 5},
    Row{ErrorCode::TlsFailed, "TlsFailed", 5},
    Row{ErrorCode::TimedOut, "TimedOut", 5},
    Row{ErrorCode::ConnectionLost, "ConnectionLost", 5},
    Row{ErrorCode::ServerError, "ServerError", 5},
    Row{ErrorCode::RateLimited, "RateLimited", 5},
    Row{ErrorCode::BadResponse, "BadResponse", 6},
    Row{ErrorCode::RangeIgnored, "RangeIgnored", 6},
    Row{ErrorCode::RemoteChanged, "RemoteChanged", 6},
    Row{ErrorCode::TooManyRedirects, "TooManyRedirects", 6},
    Row{ErrorCode::Unsupported, "Unsupported", 6},
    Row{ErrorCode::DigestMismatch, "DigestMismatch", 7},
    Row{ErrorCode::SizeMismatch, "SizeMismatch", 7},
    Row{ErrorCode::StoreDamaged, "StoreDamaged", 7},
    Row{ErrorCode::DiskFull, "DiskFull", 8},
    Row{ErrorCode::PermissionDenied, "PermissionDenied", 8},
    Row{ErrorCode::ReadOnly, "ReadOnly", 8},
    Row{ErrorCode::IoFailed, "IoFailed", 8},
    Row{ErrorCode::LockBusy, "LockBusy", 9},
    Row{ErrorCode::Partial, "Partial", 10},
    Row{ErrorCode::RefusedByPolicy, "RefusedByPolicy", 11},
    Row{ErrorCode::LocalChanges, "LocalChanges", 11},
    Row{ErrorCode::UnsafePath, "UnsafePath", 12},
    Row{ErrorCode::UnsafeRedirect, "UnsafeRedirect", 12},
    Row{ErrorCode::UnsafeLink, "UnsafeLink", 12},
    Row{ErrorCode::Interrupted, "Interrupted", 130},
};

constexpr bool is_in_order() {
  for (std::size_t at = 0; at < kRows.size(); ++at) {
    if (static_cast<std::size_t>(kRows[at].code) != at) return false;
  }
  return true;
}
static_assert(is_in_order() && kRows.back().code == ErrorCode::Interrupted, "each code needs a row, at its place");

// A value outside the enum is a bug, and shown as one.
const Row& row_of(ErrorCode code) {
  const auto at = static_cast<std::size_t>(code);
  return at < kRows.size() ? kRows[at] : kRows[static_cast<std::size_t>(ErrorCode::Internal)];
}

ErrorCode code_of_errno(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::DiskFull;
    case EACCES:
    case EPERM:
      return ErrorCode::PermissionDenied;
    case EROFS:
      return ErrorCode::ReadOnly;
    default:
      return ErrorCode::IoFailed;
  }
}

}  // namespace

std::string_view name(ErrorCode code) { return row_of(code).name; }

int exit_code(ErrorCode code) { return row_of(code).exit; }

ErrorCode shared_code(ErrorCode first, ErrorCode other) { return exit_code(first) == exit_code(other) ? first : ErrorCode::Partial; }

// All that are called "network" by their exit code, but for a certificate or protocol that will be no better the next time.
bool is_transient(ErrorCode code) { return exit_code(code) == exit_code(ErrorCode::ConnectionLost) && code != ErrorCode::TlsFailed; }

bool is_of_disk(ErrorCode code) { return code == ErrorCode::DiskFull || code == ErrorCode::ReadOnly || code == ErrorCode::IoFailed; }

std::string Error::text() const {
  std::string out;
  for (const auto& part : context) out.append(part).append(": ");
  out.append(message);
  return out;
}

Error os_error(int errno_value, std::string what) {
  Error error;
  error.code = code_of_errno(errno_value);
  error.os_error = errno_value;
  error.message = std::move(what);
  error.message.append(": ");
  // Without the word, a user with room on the disk would look for the fault in the wrong place.
  error.message.append(errno_value == EDQUOT ? "disk quota exceeded" : std::system_category().message(errno_value));
  return error;
}

}  // namespace larder
