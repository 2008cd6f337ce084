#include <larder/base/error.hpp>

#include <cerrno>
#include <system_error>

namespace larder {

// One line a code is what such a table is.  NOLINTNEXTLINE(readability-function-size)
std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::Internal:
      return "Internal";
    case ErrorCode::InvalidArgument:
      return "InvalidArgument";
    case ErrorCode::InvalidConfig:
      return "InvalidConfig";
    case ErrorCode::RepoNotFound:
      return "RepoNotFound";
    case ErrorCode::RevisionNotFound:
      return "RevisionNotFound";
    case ErrorCode::EntryNotFound:
      return "EntryNotFound";
    case ErrorCode::NotInCache:
      return "NotInCache";
    case ErrorCode::AuthRequired:
      return "AuthRequired";
    case ErrorCode::AccessDenied:
      return "AccessDenied";
    case ErrorCode::GatedRepo:
      return "GatedRepo";
    case ErrorCode::NameNotResolved:
      return "NameNotResolved";
    case ErrorCode::ConnectFailed:
      return "ConnectFailed";
    case ErrorCode::ProxyFailed:
      return "ProxyFailed";
    case ErrorCode::TlsFailed:
      return "TlsFailed";
    case ErrorCode::TimedOut:
      return "TimedOut";
    case ErrorCode::ConnectionLost:
      return "ConnectionLost";
    case ErrorCode::ServerError:
      return "ServerError";
    case ErrorCode::RateLimited:
      return "RateLimited";
    case ErrorCode::BadResponse:
      return "BadResponse";
    case ErrorCode::RangeIgnored:
      return "RangeIgnored";
    case ErrorCode::RemoteChanged:
      return "RemoteChanged";
    case ErrorCode::TooManyRedirects:
      return "TooManyRedirects";
    case ErrorCode::Unsupported:
      return "Unsupported";
    case ErrorCode::DigestMismatch:
      return "DigestMismatch";
    case ErrorCode::SizeMismatch:
      return "SizeMismatch";
    case ErrorCode::StoreDamaged:
      return "StoreDamaged";
    case ErrorCode::DiskFull:
      return "DiskFull";
    case ErrorCode::PermissionDenied:
      return "PermissionDenied";
    case ErrorCode::ReadOnly:
      return "ReadOnly";
    case ErrorCode::IoFailed:
      return "IoFailed";
    case ErrorCode::LockBusy:
      return "LockBusy";
    case ErrorCode::Partial:
      return "Partial";
    case ErrorCode::RefusedByPolicy:
      return "RefusedByPolicy";
    case ErrorCode::LocalChanges:
      return "LocalChanges";
    case ErrorCode::UnsafePath:
      return "UnsafePath";
    case ErrorCode::UnsafeRedirect:
      return "UnsafeRedirect";
    case ErrorCode::UnsafeLink:
      return "UnsafeLink";
    case ErrorCode::Interrupted:
      return "Interrupted";
  }
  return "Internal";  // a value outside the enum: a bug, shown as one
}

// The rows of the exit code table in docs/manual.md, in its order.
int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::Internal:
      return 1;
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidConfig:
      return 2;
    case ErrorCode::RepoNotFound:
    case ErrorCode::RevisionNotFound:
    case ErrorCode::EntryNotFound:
    case ErrorCode::NotInCache:
      return 3;
    case ErrorCode::AuthRequired:
    case ErrorCode::AccessDenied:
    case ErrorCode::GatedRepo:
      return 4;
    case ErrorCode::NameNotResolved:
    case ErrorCode::ConnectFailed:
    case ErrorCode::ProxyFailed:
    case ErrorCode::TlsFailed:
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionLost:
    case ErrorCode::ServerError:
    case ErrorCode::RateLimited:
      return 5;
    case ErrorCode::BadResponse:
    case ErrorCode::RangeIgnored:
    case ErrorCode::RemoteChanged:
    case ErrorCode::TooManyRedirects:
    case ErrorCode::Unsupported:
      return 6;
    case ErrorCode::DigestMismatch:
    case ErrorCode::SizeMismatch:
    case ErrorCode::StoreDamaged:
      return 7;
    case ErrorCode::DiskFull:
    case ErrorCode::PermissionDenied:
    case ErrorCode::ReadOnly:
    case ErrorCode::IoFailed:
      return 8;
    case ErrorCode::LockBusy:
      return 9;
    case ErrorCode::Partial:
      return 10;
    case ErrorCode::RefusedByPolicy:
    case ErrorCode::LocalChanges:
      return 11;
    case ErrorCode::UnsafePath:
    case ErrorCode::UnsafeRedirect:
    case ErrorCode::UnsafeLink:
      return 12;
    case ErrorCode::Interrupted:
      return 130;
  }
  return 1;
}

ErrorCode shared_code(ErrorCode first, ErrorCode other) { return exit_code(first) == exit_code(other) ? first : ErrorCode::Partial; }

bool is_of_disk(ErrorCode code) { return code == ErrorCode::DiskFull || code == ErrorCode::ReadOnly || code == ErrorCode::IoFailed; }

bool is_transient(ErrorCode code) {
  switch (code) {
    case ErrorCode::NameNotResolved:
    case ErrorCode::ConnectFailed:
    case ErrorCode::ProxyFailed:
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionLost:
    case ErrorCode::ServerError:
    case ErrorCode::RateLimited:
      return true;
    case ErrorCode::Internal:
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidConfig:
    case ErrorCode::RepoNotFound:
    case ErrorCode::RevisionNotFound:
    case ErrorCode::EntryNotFound:
    case ErrorCode::NotInCache:
    case ErrorCode::AuthRequired:
    case ErrorCode::AccessDenied:
    case ErrorCode::GatedRepo:
    case ErrorCode::TlsFailed:
    case ErrorCode::BadResponse:
    case ErrorCode::RangeIgnored:
    case ErrorCode::RemoteChanged:
    case ErrorCode::TooManyRedirects:
    case ErrorCode::Unsupported:
    case ErrorCode::DigestMismatch:
    case ErrorCode::SizeMismatch:
    case ErrorCode::StoreDamaged:
    case ErrorCode::DiskFull:
    case ErrorCode::PermissionDenied:
    case ErrorCode::ReadOnly:
    case ErrorCode::IoFailed:
    case ErrorCode::LockBusy:
    case ErrorCode::Partial:
    case ErrorCode::RefusedByPolicy:
    case ErrorCode::LocalChanges:
    case ErrorCode::UnsafePath:
    case ErrorCode::UnsafeRedirect:
    case ErrorCode::UnsafeLink:
    case ErrorCode::Interrupted:
      return false;
  }
  return false;
}

std::string Error::text() const {
  std::string out;
  for (const auto& part : context) out.append(part).append(": ");
  out.append(message);
  return out;
}

namespace {

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
